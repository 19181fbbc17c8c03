use super::*;

#[test]
fn read_text_returns_files_of_every_size_with_a_final_nul() {
    const KB: usize = 1 << 10;
    const MB: usize = 1 << 20;
    let temp = TempDir::new();
    let path = temp.join("file");
    let bytes = random_bytes(40 * MB + 1);
    let edges = [4 * KB, 4 * KB + 256, 16 * KB, 17 * KB, 64 * KB, 256 * KB, MB, 2 * MB, 16 * MB, 40 * MB];
    let around = |edge: usize| [edge - 16, edge - 1, edge, edge + 1];
    for len in (0..10).chain(edges.into_iter().flat_map(around)).filter(|&len| len <= bytes.len()) {
        fs::write(&path, &bytes[..len]).unwrap();
        let text = file::read_text(&*path).unwrap();
        assert_same_bytes(&text, &bytes[..len]);
        assert_eq!(byte_after(&text), 0, "{len}");
    }
}

#[test]
fn read_text_keeps_nul_bytes_and_line_ends() {
    let temp = TempDir::new();
    let content = b"\xef\xbb\xbfa\0b\r\n\0\xff\n\0";
    let path = temp.file("file", content);
    assert_eq!(file::read_text(&*path).unwrap(), content);
}

#[test]
fn read_text_reads_proc_files_of_size_0() {
    for path in ["/proc/version", "/proc/filesystems", "/proc/self/cmdline", "/proc/self/limits", "/proc/kallsyms"] {
        let wanted = fs::read(path).unwrap();
        assert!(!wanted.is_empty());
        assert_eq!(fs::metadata(path).unwrap().len(), 0);
        assert_same_bytes(&file::read_text(path).unwrap(), &wanted);
    }
}

#[test]
fn read_text_reads_sysfs_files_shorter_than_their_size() {
    let path = "/sys/devices/system/cpu/possible";
    let wanted = fs::read(path).unwrap();
    assert_ne!(fs::metadata(path).unwrap().len(), wanted.len() as u64);
    assert_eq!(file::read_text(path).unwrap(), wanted);
}

#[test]
fn read_text_reads_a_slow_pipe_to_its_end() {
    let temp = TempDir::new();
    let path = temp.mkfifo("fifo");
    let content = random_bytes(300_000);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut fifo = fs::File::options().write(true).open(&path).unwrap();
            for (i, piece) in content.chunks(999).enumerate() {
                fifo.write_all(piece).unwrap();
                if i % 50 == 0 {
                    thread::sleep(std::time::Duration::from_millis(1));
                }
            }
        });
        assert_same_bytes(&file::read_text(&*path).unwrap(), &content);
    });
}

#[test]
fn read_text_of_an_empty_pipe_is_empty() {
    let temp = TempDir::new();
    let path = temp.mkfifo("fifo");
    thread::scope(|scope| {
        scope.spawn(|| drop(fs::File::options().write(true).open(&path).unwrap()));
        assert_eq!(file::read_text(&*path).unwrap(), "");
    });
}

#[test]
fn read_text_of_a_growing_file_returns_a_prefix() {
    let temp = TempDir::new();
    let start = random_bytes(200_000);
    let path = temp.file("file", &start);
    let mut file = fs::File::options().append(true).open(&path).unwrap();
    const MAX_APPENDS: usize = 5000;
    // Bounds the growth during one read: a reader slower than the writer would never reach the end.
    let left = AtomicUsize::new(0);
    let grow = || {
        if left.load(Ordering::Relaxed) == 0 {
            return thread::yield_now();
        }
        file.write_all(b"0123456789").unwrap();
        left.fetch_sub(1, Ordering::Relaxed);
    };
    let read_once = || {
        left.store(MAX_APPENDS, Ordering::Relaxed);
        while left.load(Ordering::Relaxed) == MAX_APPENDS {
            thread::yield_now();
        }
        file::read_text(&*path).unwrap()
    };
    let read = while_repeating(grow, || -> Vec<_> { (0..50).map(|_| read_once()).collect() });
    let end = fs::read(&path).unwrap();
    for text in &read {
        assert!(text.len() >= start.len());
        assert_same_bytes(text, &end[..text.len()]);
    }
}

#[test]
fn read_text_of_a_shrinking_file_returns_what_remains() {
    let temp = TempDir::new();
    let content = random_bytes(3_000_000);
    let path = temp.file("file", &content);
    let other = fs::File::options().write(true).open(&path).unwrap();
    let change = || {
        other.set_len(1_000_000).unwrap();
        other.set_len(3_000_000).unwrap();
    };
    while_repeating(change, || {
        for _ in 0..50 {
            let text = file::read_text(&*path).unwrap();
            assert!((1_000_000..=3_000_000).contains(&text.len()));
            assert_same_bytes(text.split_at(1_000_000).0, content.split_at(1_000_000).0);
        }
    });
}

#[test]
fn read_text_of_a_directory_or_socket_fails_as_in_std() {
    in_child(|temp| {
        assert_eq!(file::read_text(temp.path()).unwrap_err(), Errno::EISDIR);
        // Bind by a relative path: that of a socket has at most 107 bytes.
        std::env::set_current_dir(temp.path()).unwrap();
        let _listener = UnixListener::bind("socket").unwrap();
        assert_same_error(file::read_text("socket"), fs::read("socket"));
        assert_eq!(file::read_text("/dev/null").unwrap(), "");
    });
}

#[test]
fn read_text_without_permission_fails_with_eacces() {
    as_ordinary_user(|temp| {
        let path = temp.file("file", "secret");
        set_mode(&path, 0o200);
        assert_eq!(file::read_text(&*path).unwrap_err(), Errno::EACCES);
    });
}

#[test]
fn read_text_of_a_file_without_end_fails_with_enomem() {
    if is_emulated() {
        return report_not_in_an_emulator("a file without end: the emulator limits memory in its own way");
    }
    in_child(|temp| {
        let path = temp.file("file", "still works");
        set_soft_limit(libc::RLIMIT_AS, 600 << 20);
        assert_eq!(file::read_text("/dev/zero").unwrap_err(), Errno::ENOMEM);
        assert_eq!(file::read_text("/dev/zero").unwrap_err(), Errno::ENOMEM);
        assert_eq!(file::read_text(&*path).unwrap(), "still works");
    });
}

/// A kernel that overcommits grants memory beyond the limit of the group and kills the process when it uses it.
#[test]
fn read_text_of_an_endless_file_fails_within_the_memory_of_its_control_group() {
    let limit = |group: &ControlGroup| {
        let file = if group.has("memory.limit_in_bytes") { "memory.limit_in_bytes" } else { "memory.max" };
        group.set(file, "300000000")
    };
    with_control_group(
        "memory",
        limit,
        |_| assert_eq!(file::read_text("/dev/zero").err(), Some(Errno::ENOMEM)),
        |group, run_in| run_in(group, ""),
    );
}
