use super::*;

#[test]
fn any_size() {
    const KB: usize = 1 << 10;
    const MB: usize = 1 << 20;
    let place = Place::new();
    let path = place.at("file");
    let bytes = noise(40 * MB + 1);
    let edges = [4 * KB, 4 * KB + 256, 16 * KB, 17 * KB, 64 * KB, 256 * KB, MB, 2 * MB, 16 * MB, 40 * MB];
    let around = |edge: usize| [edge - 16, edge - 1, edge, edge + 1];
    for len in (0..10).chain(edges.into_iter().flat_map(around)).filter(|&len| len <= bytes.len()) {
        fs::write(&path, &bytes[..len]).unwrap();
        let text = file::read_text(&*path).unwrap();
        assert_same_bytes(&text, &bytes[..len]);
        assert_eq!(byte_behind(&text), 0, "{len}");
    }
}

#[test]
fn nul_bytes_and_line_ends_stay() {
    let place = Place::new();
    let content = b"\xef\xbb\xbfa\0b\r\n\0\xff\n\0";
    let path = place.file("file", content);
    assert_eq!(file::read_text(&*path).unwrap(), content);
}

#[test]
fn files_of_proc_whose_size_is_0() {
    for path in ["/proc/version", "/proc/filesystems", "/proc/self/cmdline", "/proc/self/limits", "/proc/kallsyms"] {
        let wanted = fs::read(path).unwrap();
        assert!(!wanted.is_empty());
        assert_eq!(fs::metadata(path).unwrap().len(), 0);
        assert_same_bytes(&file::read_text(path).unwrap(), &wanted);
    }
}

#[test]
fn files_of_sysfs_whose_size_is_a_page() {
    let path = "/sys/devices/system/cpu/possible";
    let wanted = fs::read(path).unwrap();
    assert_ne!(fs::metadata(path).unwrap().len(), wanted.len() as u64);
    assert_eq!(file::read_text(path).unwrap(), wanted);
}

#[test]
fn a_pipe_that_is_filled_slowly() {
    let place = Place::new();
    let path = place.fifo("fifo");
    let content = noise(300_000);
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
fn an_empty_pipe() {
    let place = Place::new();
    let path = place.fifo("fifo");
    thread::scope(|scope| {
        scope.spawn(|| drop(fs::File::options().write(true).open(&path).unwrap()));
        assert_eq!(file::read_text(&*path).unwrap(), "");
    });
}

#[test]
fn a_file_that_grows_meanwhile() {
    let place = Place::new();
    let start = noise(200_000);
    let path = place.file("file", &start);
    let mut file = fs::File::options().append(true).open(&path).unwrap();
    const MOST: usize = 5000;
    // So often while one is read: a reader that is slower than the writer would never come to an end.
    let left = AtomicUsize::new(0);
    let grow = || {
        if left.load(Ordering::Relaxed) == 0 {
            return thread::yield_now();
        }
        file.write_all(b"0123456789").unwrap();
        left.fetch_sub(1, Ordering::Relaxed);
    };
    let read_once = || {
        left.store(MOST, Ordering::Relaxed);
        while left.load(Ordering::Relaxed) == MOST {
            thread::yield_now();
        }
        file::read_text(&*path).unwrap()
    };
    let read = meanwhile(grow, || -> Vec<_> { (0..50).map(|_| read_once()).collect() });
    let end = fs::read(&path).unwrap();
    for text in &read {
        assert!(text.len() >= start.len());
        assert_same_bytes(text, &end[..text.len()]);
    }
}

#[test]
fn a_file_that_shrinks_meanwhile() {
    let place = Place::new();
    let content = noise(3_000_000);
    let path = place.file("file", &content);
    let other = fs::File::options().write(true).open(&path).unwrap();
    let change = || {
        other.set_len(1_000_000).unwrap();
        other.set_len(3_000_000).unwrap();
    };
    meanwhile(change, || {
        for _ in 0..50 {
            let text = file::read_text(&*path).unwrap();
            assert!((1_000_000..=3_000_000).contains(&text.len()));
            assert_same_bytes(text.split_at(1_000_000).0, content.split_at(1_000_000).0);
        }
    });
}

#[test]
fn what_is_no_text() {
    in_child(|place| {
        assert_eq!(file::read_text(place.path()).unwrap_err(), Errno::EISDIR);
        // A socket's path is short.
        std::env::set_current_dir(place.path()).unwrap();
        let _listener = UnixListener::bind("socket").unwrap();
        assert_same_error(file::read_text("socket"), fs::read("socket"));
        assert_eq!(file::read_text("/dev/null").unwrap(), "");
    });
}

#[test]
fn a_file_that_may_not_be_read() {
    as_ordinary_user(|place| {
        let path = place.file("file", "secret");
        set_mode(&path, 0o200);
        assert_eq!(file::read_text(&*path).unwrap_err(), Errno::EACCES);
    });
}

#[test]
fn a_file_without_end_ends_in_enomem() {
    if is_emulated() {
        return not_in_an_emulator("a file without end: limits of memory are the emulator's own");
    }
    in_child(|place| {
        let path = place.file("file", "still works");
        set_limit(libc::RLIMIT_AS, 600 << 20);
        assert_eq!(file::read_text("/dev/zero").unwrap_err(), Errno::ENOMEM);
        assert_eq!(file::read_text("/dev/zero").unwrap_err(), Errno::ENOMEM);
        assert_eq!(file::read_text(&*path).unwrap(), "still works");
    });
}

#[test]
fn no_descriptor_is_a_reason_to_fail_and_none_is_left_open() {
    in_child(|place| {
        let path = place.file("file", "x");
        let count = || fs::read_dir("/proc/self/fd").unwrap().count();
        let before = count();
        for _ in 0..100 {
            file::read_text(&*path).unwrap();
            file::read_text(place.path()).unwrap_err();
            file::copy(&*path, &*path).unwrap_err();
            file::copy(&*path, place.path()).unwrap_err();
            file::copy(&*path, &*place.at("copy")).unwrap();
            file::write_text("/dev/full", "x").unwrap_err();
            drop(file::lock(&*path).unwrap());
        }
        assert_eq!(count(), before);
        set_limit(libc::RLIMIT_NOFILE, 0);
        assert_eq!(file::read_text(&*path).unwrap_err(), Errno::EMFILE);
        assert_eq!(file::write_text(&*path, "x"), Err(Errno::EMFILE));
        assert_eq!(file::copy(&*path, &*place.at("copy")), Err(Errno::EMFILE));
        assert_eq!(file::lock(&*path).unwrap_err(), Errno::EMFILE);
        assert_eq!(file::size(&*path), Ok(1));
    });
}

/// A kernel that overcommits would grant the memory, and kill the process for using it.
#[test]
fn an_endless_file_ends_before_the_memory_of_the_control_group() {
    const GROUP: &str = "FFI_SYSCALLS_TEST_GROUP";
    let name = format!("ffi_syscalls-memory-{}", std::process::id());
    let limits = [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];
    let groups = limits.map(|(root, limit)| (format!("{root}/{name}"), limit));
    let made = std::env::var_os(GROUP).is_some()
        || groups.iter().any(|(group, limit)| {
            fs::create_dir(group).is_ok() && fs::write(format!("{group}/{limit}"), "300000000").is_ok()
        });
    let group = groups.iter().map(|(group, _)| group).find(|group| fs::exists(group).unwrap());
    if made {
        in_child_with(
            |command, _| {
                command.env(GROUP, group.unwrap());
            },
            |_| {
                let group = std::env::var(GROUP).unwrap();
                fs::write(format!("{group}/cgroup.procs"), std::process::id().to_string()).unwrap();
                assert_eq!(file::read_text("/dev/zero").err(), Some(Errno::ENOMEM));
            },
        );
    } else {
        loudly("an endless file in a control group: no group for memory can be made here (be root)");
    }
    if let Some(group) = group {
        fs::remove_dir(group).unwrap();
    }
}
