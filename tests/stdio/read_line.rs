use super::*;

/// Contents, and the lines in them.
const CONTENTS: [(&[u8], &[&[u8]]); 8] = [
    (b"", &[]),
    (b"one line\n", &[b"one line"]),
    (b"no newline", &[b"no newline"]),
    (b"\n\r\n\n", &[b"", b"", b""]),
    (b"a\r\nb\rc\n\r", &[b"a", b"b\rc", b"\r"]),
    (b"a\r\r\n", &[b"a\r"]),
    (b"with\0NUL\nlast", &[b"with\0NUL", b"last"]),
    (b"\r\n", &[b""]),
];

/// Reads all lines of the standard input.
fn lines() -> Vec<Vec<u8>> {
    std::iter::from_fn(|| stdio::read_line().unwrap()).map(|line| line.to_vec()).collect()
}

#[test]
fn read_line_returns_the_lines_of_a_file_and_of_a_pipe() {
    in_child(|temp| {
        for (content, expected) in CONTENTS {
            redirect(0, fs::File::open(temp.file("file", content)).unwrap());
            assert_eq!(lines(), expected, "{}", content.escape_ascii());
            // The end stays the end.
            assert_eq!(stdio::read_line().unwrap(), None);
            let (reader, mut writer) = std::io::pipe().unwrap();
            writer.write_all(content).unwrap();
            drop(writer);
            redirect(0, reader);
            assert_eq!(lines(), expected, "{}", content.escape_ascii());
            assert_eq!(stdio::read_line().unwrap(), None);
        }
    });
}

#[test]
fn read_line_returns_lines_of_any_length() {
    in_child(|temp| {
        let mut content = random_bytes(3 << 20);
        content.retain(|byte| !b"\r\n".contains(byte));
        let mut rest = content.as_slice();
        let mut text = Vec::new();
        let mut expected = Vec::new();
        for len in [255, 256, 257, 511, 512, 513, 4096, 100_000, 2_000_000] {
            let (line, others) = rest.split_at(len);
            rest = others;
            text.extend_from_slice(line);
            text.push(b'\n');
            expected.push(line.to_vec());
        }
        redirect(0, fs::File::open(temp.file("file", &text)).unwrap());
        assert!(lines() == expected);
    });
}

/// A child that reads the rest of the input is the next reader.
#[test]
fn read_line_leaves_what_follows_to_the_next_reader() {
    let rest_in_child = || {
        let mut child = std::process::Command::new("/bin/cat");
        child.stdin(std::process::Stdio::inherit()).output().unwrap().stdout
    };
    in_child(|temp| {
        let content = b"first\nsecond\nthird\nfourth\n";
        let file = fs::File::open(temp.file("file", content)).unwrap();
        redirect(0, &file);
        assert_eq!(stdio::read_line().unwrap().unwrap(), "first");
        let mut next = [0; 7];
        (&file).read_exact(&mut next).unwrap();
        assert_eq!(&next, b"second\n");
        assert_eq!(stdio::read_line().unwrap().unwrap(), "third");
        assert_eq!(rest_in_child(), b"fourth\n");
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(content).unwrap();
        drop(writer);
        redirect(0, reader);
        assert_eq!(stdio::read_line().unwrap().unwrap(), "first");
        assert_eq!(rest_in_child(), b"second\nthird\nfourth\n");
    });
}

#[test]
fn read_line_gives_each_line_to_one_thread() {
    in_child(|temp| {
        let expected: Vec<_> = (0..4000).map(|number| format!("line {number}").into_bytes()).collect();
        let text: Vec<u8> = expected.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
        redirect(0, fs::File::open(temp.file("file", &text)).unwrap());
        let mut found: Vec<_> = thread::scope(|scope| {
            let readers: Vec<_> = (0..4).map(|_| scope.spawn(lines)).collect();
            readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
        });
        found.sort_unstable_by_key(|line| (line.len(), line.clone()));
        assert!(found == expected);
    });
}

#[test]
fn read_line_waits_for_a_nonblocking_pipe() {
    in_child(|_| {
        let (reader, mut writer) = std::io::pipe().unwrap();
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::fcntl(reader.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) });
        redirect(0, reader);
        thread::scope(|scope| {
            scope.spawn(move || {
                for part in [&b"a li"[..], b"ne\nand ", b"more"] {
                    thread::sleep(std::time::Duration::from_millis(10));
                    writer.write_all(part).unwrap();
                }
            });
            assert_eq!(lines(), [&b"a line"[..], b"and more"]);
        });
    });
}

#[test]
fn read_line_reports_why_it_failed() {
    in_child(|temp| {
        redirect(0, fs::File::open(temp.path()).unwrap());
        assert_eq!(stdio::read_line(), Err(Errno::EISDIR));
        close(0);
        assert_eq!(stdio::read_line(), Err(Errno::EBADF));
    });
}
