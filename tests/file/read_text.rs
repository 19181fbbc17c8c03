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

/// Opens a pipe that keeps packets apart.
fn packet_pipe() -> (fs::File, fs::File) {
    let mut ends = [0; 2];
    // SAFETY: `ends` is writable.
    checked(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_DIRECT) });
    // SAFETY: the descriptors were just created and have no other owner.
    ends.map(|end| unsafe { fs::File::from_raw_fd(end) }).into()
}

/// Returns the path by which a descriptor can be opened again.
fn path_of_descriptor(file: &impl AsRawFd) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

#[test]
fn read_text_of_a_packet_pipe_returns_every_packet_whole() {
    let repeated = |len: usize, count| vec![len; count];
    let growing: Vec<usize> = (1..=4096).step_by(93).collect();
    let shrinking: Vec<usize> = growing.iter().rev().copied().collect();
    let mixed = vec![4096, 1, 4096, 300, 4000, 97, 3000, 4096, 5, 4096];
    for lens in [repeated(3000, 3), repeated(4096, 3), repeated(4095, 200), repeated(1, 500), growing, shrinking, mixed]
    {
        let content = random_bytes(lens.iter().sum());
        let (reader, mut writer) = packet_pipe();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut rest = &*content;
                for &len in &lens {
                    let (packet, others) = rest.split_at(len);
                    assert_eq!(writer.write(packet).unwrap(), len);
                    rest = others;
                }
                drop(writer);
            });
            // The pipe has a writer until its content is read, so the path may be opened at any time.
            let text = file::read_text(&*path_of_descriptor(&reader)).unwrap();
            assert_same_bytes(&text, &content);
        });
    }
}

/// Makes every read of at most this many bytes fail with EINVAL in this process until it exits. See seccomp(2).
fn refuse_short_reads(longest: u32) {
    use libc::{BPF_ABS, BPF_JEQ, BPF_JGT, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter, sock_fprog};
    let statement = |code: u32, k: u32, jt: u8, jf: u8| sock_filter { code: u16::try_from(code).unwrap(), jt, jf, k };
    // Offsets in struct seccomp_data: the call number, and the low half of the third argument.
    let mut filter = [
        statement(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0),
        statement(BPF_JMP | BPF_JEQ | BPF_K, u32::try_from(libc::SYS_read).unwrap(), 0, 3),
        statement(BPF_LD | BPF_W | BPF_ABS, 32, 0, 0),
        statement(BPF_JMP | BPF_JGT | BPF_K, longest, 1, 0),
        statement(BPF_RET | BPF_K, libc::SECCOMP_RET_ERRNO | libc::EINVAL.cast_unsigned(), 0, 0),
        statement(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let program = sock_fprog { len: u16::try_from(filter.len()).unwrap(), filter: filter.as_mut_ptr() };
    // SAFETY: the arguments are plain integers.
    checked(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) });
    // SAFETY: `filter` has `len` instructions and outlives the call, which copies them.
    checked(unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) });
}

/// A device may fail with EINVAL while the buffer has no room for a whole record, as /dev/kmsg does.
#[test]
fn read_text_of_a_device_that_requires_a_large_buffer_reads_it() {
    if is_emulated() {
        return report_not_in_an_emulator("a device that requires a large buffer: a filter stands for it");
    }
    in_child(|temp| {
        let content = random_bytes(300_000);
        let (fifo, file) = (temp.mkfifo("fifo"), temp.file("file", "short"));
        refuse_short_reads(100_000);
        thread::scope(|scope| {
            scope.spawn(|| fs::File::options().write(true).open(&fifo).unwrap().write_all(&content).unwrap());
            assert_same_bytes(&file::read_text(&*fifo).unwrap(), &content);
        });
        // A regular file has no records, so the error is reported.
        assert_eq!(file::read_text(&*file).err(), Some(Errno::EINVAL));
    });
}

/// A kernel that overcommits grants memory beyond the limit of the group and kills the process when it uses it.
#[test]
fn read_text_of_what_is_endless_fails_within_the_memory_of_its_control_group() {
    with_control_group(
        "memory",
        |group| set_memory_limit(group, 300_000_000),
        |_| {
            for _ in 0..2 {
                assert_eq!(file::read_text("/dev/zero").err(), Some(Errno::ENOMEM));
            }
            let (reader, mut writer) = std::io::pipe().unwrap();
            let path = path_of_descriptor(&reader);
            let reading = thread::spawn(move || file::read_text(&*path).err());
            let piece = random_bytes(1 << 16);
            while !reading.is_finished() {
                // A thread that has failed reads no more, and the pipe would be full for ever.
                if is_writable(&writer) {
                    writer.write_all(&piece[..4096]).unwrap();
                }
            }
            assert_eq!(reading.join().unwrap(), Some(Errno::ENOMEM));
        },
        |group, run_in| {
            const LIMITS: [usize; 7] = [300_000_000, 64 << 20, 32 << 20, 20_000_000, 16 << 20, 12 << 20, 8 << 20];
            // An emulator needs memory itself.
            let count = if is_emulated() { 1 } else { LIMITS.len() };
            for &limit in &LIMITS[..count] {
                set_memory_limit(group, limit).unwrap();
                run_in(group, "");
            }
        },
    );
}

/// Returns whether a pipe has room for 4096 bytes, after waiting for it for at most a hundredth of a second.
fn is_writable(writer: &impl AsRawFd) -> bool {
    let mut request = libc::pollfd { fd: writer.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: there is one pollfd.
    checked(unsafe { libc::poll(&raw mut request, 1, 10) }) == 1
}

/// A content may take most of the memory of a group.
#[test]
fn read_text_returns_a_content_of_half_the_memory_of_its_control_group() {
    if is_emulated() {
        return report_not_in_an_emulator("a small control group: the emulator needs more memory itself");
    }
    with_control_group(
        "memory",
        |group| set_memory_limit(group, 16 << 20),
        |argument| {
            let len: usize = argument.parse().unwrap();
            let (reader, mut writer) = std::io::pipe().unwrap();
            thread::scope(|scope| {
                scope.spawn(move || {
                    let piece = [b'x'; 5000];
                    let mut left = len;
                    while left > 0 {
                        let part = left.min(piece.len());
                        writer.write_all(&piece[..part]).unwrap();
                        left -= part;
                    }
                });
                let text = file::read_text(&*path_of_descriptor(&reader)).unwrap();
                assert_eq!(text.len(), len);
                assert!(text.iter().all(|&byte| byte == b'x'));
            });
        },
        |group, run_in| {
            for limit in [8 << 20, 16 << 20, 40_000_000, 64 << 20] {
                set_memory_limit(group, limit).unwrap();
                run_in(group, &(limit / 2).to_string());
            }
        },
    );
}
