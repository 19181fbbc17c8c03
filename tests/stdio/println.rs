use super::*;

fn println(stream: RawFd, line: &[u8]) -> ffi_syscalls::Result<()> {
    if stream == 1 { stdio::println(line) } else { stdio::eprintln(line) }
}

#[test]
fn println_and_eprintln_write_all_bytes_and_a_newline() {
    in_child(|_| {
        for stream in [1, 2] {
            let content = random_bytes(1 << 20);
            let line = [&*content, b"\n"].concat();
            for flags in [0, libc::O_NONBLOCK] {
                let written = written_to(stream, flags, || println(stream, &content).unwrap());
                assert_same_bytes(&written, &line);
            }
            assert_eq!(written_to(stream, 0, || println(stream, b"").unwrap()), b"\n");
            assert_eq!(written_to(stream, 0, || println(stream, b"a\0b\r").unwrap()), b"a\0b\r\n");
        }
    });
}

/// Threads that write lines to a file in append mode, each by one call, do not break each other's lines.
#[test]
fn println_keeps_the_lines_of_threads_whole() {
    const LINES: usize = 500;
    in_child(|temp| {
        let path = temp.file("lines", b"");
        let saved = duplicate(1);
        redirect(1, fs::File::options().append(true).open(&path).unwrap());
        thread::scope(|scope| {
            for letter in *b"abcd" {
                scope.spawn(move || {
                    for len in 1..=LINES {
                        stdio::println(vec![letter; len * 20]).unwrap();
                    }
                });
            }
        });
        redirect(1, &saved);
        let content = fs::read(path).unwrap();
        let lines: Vec<_> = content.strip_suffix(b"\n").unwrap().split(|&byte| byte == b'\n').collect();
        assert_eq!(lines.len(), 4 * LINES);
        assert!(lines.iter().all(|line| line.iter().all(|byte| *byte == line[0]) && line.len() % 20 == 0));
    });
}

#[test]
fn println_reports_why_it_failed() {
    in_child(|_| {
        let saved = duplicate(1);
        close(1);
        assert_eq!(stdio::println("x"), Err(Errno::EBADF));
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        assert_eq!(full.as_raw_fd(), 1);
        assert_eq!(stdio::println("x"), Err(Errno::ENOSPC));
        drop(full);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        redirect(1, &writer);
        assert_eq!(stdio::println("x"), Err(Errno::EPIPE));
        redirect(1, &saved);
    });
}
