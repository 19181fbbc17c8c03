use super::*;

#[test]
fn text_holds_any_bytes() {
    for content in [&b""[..], b"\0", b"a\0b\0", b"\xff\xfe", "\u{fc}\u{1f600}".as_bytes()] {
        let text = Text::new(content).unwrap();
        assert_eq!(text, content);
        assert_eq!(text.as_bytes(), content);
        assert_eq!(&*text, content);
        assert_eq!(text.as_ref(), content);
        assert_eq!(text.len(), content.len());
        assert_eq!(text.to_str().ok(), std::str::from_utf8(content).ok());
        assert_eq!(text.to_string(), String::from_utf8_lossy(content));
        let first = content.split(|&byte| byte == 0).next().unwrap();
        assert_eq!(text.as_c_str().to_bytes(), first);
    }
    assert_ne!(Text::new(b"a").unwrap(), "b");
    assert_eq!(format!("{:?}", Text::new(b"a\0\n\"\xff").unwrap()), r#""a\x00\n\"\xff""#);
}

#[test]
fn text_of_any_size_is_aligned_and_nul_terminated() {
    let bytes = random_bytes(20 << 20);
    let edges = (5..25).map(|shift| 1_usize << shift).filter(|&edge| edge < bytes.len());
    // Sizes at which the size class of a block changes: 16 bytes of header, and 4 classes per doubling.
    let sizes = edges.flat_map(|edge| [edge - 17, edge - 16, edge - 1, edge, edge + 1, edge * 5 / 4, edge * 7 / 4]);
    let mut kept = vec![];
    for len in (0..100).chain(sizes.filter(|&len| len <= bytes.len())) {
        let content = bytes.split_at(len).0;
        let text = Text::new(content).unwrap();
        assert_eq!(text.as_ptr().addr() % 16, 0, "{len}");
        assert_same_bytes(&text, content);
        assert_eq!(byte_after(&text), 0, "{len}");
        // Keep all of them alive, so that overlapping blocks are noticed.
        kept.push((len, text));
    }
    for (len, text) in kept {
        assert_same_bytes(&text, bytes.split_at(len).0);
    }
}

#[test]
fn text_survives_into_raw_and_from_raw() {
    for len in [0, 1, 1000, 1_000_000, 20_000_000] {
        let content = random_bytes(len);
        let raw = Text::new(&content).unwrap().into_raw();
        // SAFETY: `raw` points to a text of `len` bytes.
        assert_same_bytes(unsafe { std::slice::from_raw_parts(raw.as_ptr().cast(), len) }, &content);
        // SAFETY: `raw` comes from `into_raw` and is not used again.
        let text = unsafe { Text::from_raw(raw) };
        assert_eq!(text.len(), len);
        assert_same_bytes(&text, &content);
    }
}

#[test]
fn text_can_be_freed_by_another_thread() {
    let texts: Vec<_> = (0..2000).map(|i| Text::new(&vec![b'x'; i * 7]).unwrap()).collect();
    thread::spawn(move || {
        for (i, text) in texts.iter().enumerate() {
            assert_eq!(text.len(), i * 7);
        }
    })
    .join()
    .unwrap();
}

#[test]
fn texts_of_many_threads_do_not_overlap() {
    let (sender, receiver) = std::sync::mpsc::channel::<(u8, Text)>();
    thread::scope(|scope| {
        for thread in 1..=8_u8 {
            let sender = sender.clone();
            scope.spawn(move || {
                let mut kept = std::collections::VecDeque::new();
                for i in 0..3000_usize {
                    let len = i * usize::from(thread) % 3000 + if i % 500 == 0 { 300_000 } else { 0 };
                    kept.push_back(Text::new(&vec![thread; len]).unwrap());
                    if kept.len() > 20 {
                        let text = kept.pop_front().unwrap();
                        assert!(text.iter().all(|&byte| byte == thread));
                        sender.send((thread, text)).unwrap();
                    }
                }
            });
        }
        drop(sender);
        // This thread frees texts of the other threads while they create more.
        for (thread, text) in receiver {
            assert!(text.iter().all(|&byte| byte == thread));
        }
    });
}
