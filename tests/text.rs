//! What is returned: texts and lists, and their memory.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

mod support;

use std::ffi::CStr;
use std::fs;
use std::thread;

use ffi_syscalls::{List, Text, dir, env, file, system};

use support::{
    Place, assert_memory_stays_flat, assert_same_bytes, byte_behind, entry, in_child, noise, resident_pages, set_limit,
};

mod texts {
    use super::*;

    #[test]
    fn hold_any_bytes() {
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
    fn of_any_size_are_aligned_and_end_with_nul() {
        let bytes = noise(20 << 20);
        let edges = (5..25).map(|shift| 1_usize << shift).filter(|&edge| edge < bytes.len());
        // The sizes around which a block gets another class: 16 bytes of header, and 4 classes to a doubling.
        let sizes = edges.flat_map(|edge| [edge - 17, edge - 16, edge - 1, edge, edge + 1, edge * 5 / 4, edge * 7 / 4]);
        let mut kept = vec![];
        for len in (0..100).chain(sizes.filter(|&len| len <= bytes.len())) {
            let content = bytes.split_at(len).0;
            let text = Text::new(content).unwrap();
            assert_eq!(text.as_ptr().addr() % 16, 0, "{len}");
            assert_same_bytes(&text, content);
            assert_eq!(byte_behind(&text), 0, "{len}");
            // All of them live at once, so that blocks that overlap are noticed.
            kept.push((len, text));
        }
        for (len, text) in kept {
            assert_same_bytes(&text, bytes.split_at(len).0);
        }
    }

    #[test]
    fn survive_the_way_through_a_raw_pointer() {
        for len in [0, 1, 1000, 1_000_000, 20_000_000] {
            let content = noise(len);
            let raw = Text::new(&content).unwrap().into_raw();
            // SAFETY: a text of this length and its NUL.
            assert_same_bytes(unsafe { std::slice::from_raw_parts(raw.as_ptr().cast(), len) }, &content);
            // SAFETY: the pointer was just given up, and is not used again.
            let text = unsafe { Text::from_raw(raw) };
            assert_eq!(text.len(), len);
            assert_same_bytes(&text, &content);
        }
    }

    #[test]
    fn are_freed_by_any_thread() {
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
    fn of_many_threads_do_not_overlap() {
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
            // This thread frees what the others have made, while they go on.
            for (thread, text) in receiver {
                assert!(text.iter().all(|&byte| byte == thread));
            }
        });
    }
}

mod lists {
    use super::*;

    #[test]
    fn survive_the_way_through_a_raw_pointer() {
        let place = Place::new();
        for i in 0..100 {
            place.file(&format!("{i}"), "");
        }
        let list = dir::list(place.path()).unwrap();
        let names: Vec<_> = list.iter().map(CStr::to_owned).collect();
        let raw = list.into_raw();
        // SAFETY: the pointer was just given up, and is not used again.
        let list = unsafe { List::from_raw(raw) };
        assert_eq!(list.len(), 100);
        assert_eq!(list.iter().len(), 100);
        assert!(list.iter().eq(names.iter().map(|name| &**name)));
        assert!(entry(&list, 100).is_null());
        // What std shows of the same strings.
        assert_eq!(format!("{list:?}"), format!("{names:?}"));
        thread::spawn(move || assert_eq!(list.len(), 100)).join().unwrap();
    }
}

mod memory {
    use super::*;

    #[test]
    fn stays_flat_over_20000_reads_of_small_files() {
        in_child(|place| {
            let path = place.file("file", noise(3000));
            assert_memory_stays_flat(20_000, || assert_eq!(file::read_text(&*path).unwrap().len(), 3000));
        });
    }

    #[test]
    fn stays_flat_over_20000_reads_of_files_of_64_kb() {
        in_child(|place| {
            let path = place.file("file", noise(1 << 16));
            assert_memory_stays_flat(20_000, || assert_eq!(file::read_text(&*path).unwrap().len(), 1 << 16));
        });
    }

    #[test]
    fn stays_flat_over_reads_of_large_files() {
        in_child(|place| {
            for (size, repetitions) in [(1 << 20, 500), (5 << 20, 100), (20 << 20, 20), (40 << 20, 10)] {
                let path = place.file("file", vec![7; size]);
                assert_memory_stays_flat(repetitions, || assert_eq!(file::read_text(&*path).unwrap().len(), size));
            }
        });
    }

    #[test]
    fn stays_flat_over_20000_lists() {
        in_child(|place| {
            for i in 0..30 {
                place.file(&i.to_string(), "");
            }
            assert_memory_stays_flat(20_000, || assert_eq!(dir::list(place.path()).unwrap().len(), 30));
        });
    }

    #[test]
    fn stays_flat_over_20000_questions_to_the_environment_and_the_system() {
        in_child(|_| {
            env::set("NAME", "value").unwrap();
            assert_memory_stays_flat(20_000, || {
                assert_eq!(env::get("NAME").unwrap(), "value");
                env::get("MISSING").unwrap_err();
                assert!(env::cwd().unwrap().starts_with(b"/"));
                system::hostname().unwrap();
            });
        });
    }

    /// What is kept for later is given back before memory is said to be short.
    #[test]
    fn what_is_free_is_used_when_it_is_short() {
        in_child(|place| {
            let (large, small) = (place.file("large", vec![1; 15 << 20]), place.file("small", vec![2; 7 << 20]));
            let size = fs::read_to_string("/proc/self/statm").unwrap();
            let pages: u64 = size.split(' ').next().unwrap().parse().unwrap();
            set_limit(libc::RLIMIT_AS, pages * 4096 + (60 << 20));
            let both = [file::read_text(&*large).unwrap(), file::read_text(&*large).unwrap()];
            drop(both);
            let other: Vec<u8> = Vec::with_capacity(20 << 20);
            assert_eq!(file::read_text(&*small).unwrap().len(), 7 << 20);
            drop(other);
        });
    }

    #[test]
    fn stays_flat_over_failures() {
        in_child(|place| {
            assert_memory_stays_flat(5000, || {
                file::read_text(place.path()).unwrap_err();
                file::read_text(&*place.at("missing")).unwrap_err();
                file::copy(place.path(), "/dev/null").unwrap_err();
                dir::list(&*place.at("missing")).unwrap_err();
                dir::create("", true).unwrap_err();
            });
        });
    }

    #[test]
    fn stays_flat_while_sizes_alternate_and_blocks_live_for_different_times() {
        in_child(|_| {
            let content = noise(1 << 19);
            let mut kept = std::collections::VecDeque::new();
            let mut i = 0_usize;
            let mut next = || {
                i = i.wrapping_mul(1_103_515_245).wrapping_add(12_345);
                let len = (i >> 8) % [100, 5000, 70_000, 500_000][(i >> 4) % 4];
                kept.push_back(Text::new(content.split_at(len).0).unwrap());
                if kept.len() > 20 {
                    kept.pop_front();
                }
            };
            // By then each size has been needed as often at once as it will be.
            (0..50_000).for_each(|_| next());
            assert_memory_stays_flat(50_000, next);
        });
    }

    #[test]
    fn of_very_large_texts_goes_back_to_the_kernel() {
        in_child(|place| {
            let path = place.file("file", vec![7; 60 << 20]);
            let before = resident_pages();
            let text = file::read_text(&*path).unwrap();
            assert!(resident_pages() >= before + (60 << 20) / 4096 / 2);
            drop(text);
            assert!(resident_pages() <= before + 1024);
        });
    }

    #[test]
    fn of_many_large_texts_goes_back_to_the_kernel() {
        in_child(|_| {
            let before = resident_pages();
            let texts: Vec<_> = (0..100).map(|_| Text::new(&vec![7; 2 << 20]).unwrap()).collect();
            assert!(resident_pages() >= before + (200 << 20) / 4096 / 2);
            drop(texts);
            // 32 MB may be kept for reuse.
            assert!(resident_pages() <= before + (40 << 20) / 4096);
        });
    }

    #[test]
    fn of_freed_small_blocks_is_used_again() {
        in_child(|place| {
            fs::write(place.at("file"), noise(100)).unwrap();
            let all = || -> Vec<_> { (0..50_000).map(|_| Text::new(&[7; 100]).unwrap()).collect() };
            drop(all());
            let before = resident_pages();
            for _ in 0..10 {
                drop(all());
            }
            assert!(resident_pages() <= before + 256);
        });
    }
}
