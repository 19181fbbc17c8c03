//! Standard input, output and error, redirected to pipes, files and devices.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

mod println;
mod read_line;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::thread;

use ffi_syscalls::{Errno, stdio};

use support::{assert_same_bytes, checked, in_child, random_bytes};

/// Makes a standard stream refer to the open file of another descriptor.
fn redirect(stream: RawFd, to: impl AsFd) {
    // SAFETY: the test owns the standard streams of its child process.
    checked(unsafe { libc::dup2(to.as_fd().as_raw_fd(), stream) });
}

/// Closes a standard stream.
fn close(stream: RawFd) {
    // SAFETY: the test owns the standard streams of its child process, where no other thread uses them now.
    checked(unsafe { libc::close(stream) });
}

/// Duplicates a standard stream.
fn duplicate(stream: RawFd) -> OwnedFd {
    // SAFETY: the arguments are plain integers.
    let fd = checked(unsafe { libc::dup(stream) });
    // SAFETY: `fd` was just created and has no other owner.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

mod read_text {
    use super::*;

    #[test]
    fn read_text_reads_standard_input_to_its_end() {
        in_child(|temp| {
            let content = random_bytes(300_000);
            let mut file = fs::File::open(temp.file("file", &content)).unwrap();
            file.read_exact(&mut [0; 1000]).unwrap();
            redirect(0, &file);
            assert_same_bytes(&stdio::read_text().unwrap(), &content[1000..]);
            // The stream is at its end now, and still open.
            assert_eq!(stdio::read_text().unwrap(), "");
            let (reader, mut writer) = std::io::pipe().unwrap();
            redirect(0, &reader);
            thread::scope(|scope| {
                let content = &content;
                scope.spawn(move || writer.write_all(content).unwrap());
                assert_same_bytes(&stdio::read_text().unwrap(), content);
            });
            close(0);
            assert_eq!(stdio::read_text().unwrap_err(), Errno::EBADF);
        });
    }

    /// Messages of up to 60 KB, and of up to 200 KB: the buffer of a socket holds 208 KB by default.
    const MESSAGES: [&[usize]; 4] = [
        &[3000, 3000, 3000],
        &[4096, 1, 60_000, 60_000, 17, 60_000, 5000],
        &[200_000, 200_000, 3, 200_000],
        &[1, 200_000, 60_000, 200_000, 100, 200_000, 200_000, 200_000],
    ];

    /// Asserts that the standard input, which another thread writes in these messages, returns every one whole.
    fn assert_reads_messages(reader: impl AsFd, mut send: impl FnMut(&[u8]) + Send, lens: &[usize]) {
        redirect(0, reader);
        let content = random_bytes(lens.iter().sum());
        thread::scope(|scope| {
            let content = &*content;
            scope.spawn(move || {
                let mut rest = content;
                for &len in lens {
                    let (message, others) = rest.split_at(len);
                    send(message);
                    rest = others;
                }
                send(&[]);
            });
            assert_same_bytes(&stdio::read_text().unwrap(), content);
        });
    }

    /// Opens a pair of sockets of this type.
    fn sockets(kind: i32) -> (OwnedFd, OwnedFd) {
        let mut ends = [0; 2];
        // SAFETY: `ends` has two elements.
        checked(unsafe { libc::socketpair(libc::AF_UNIX, kind | libc::SOCK_CLOEXEC, 0, ends.as_mut_ptr()) });
        // SAFETY: the descriptors were just created and have no other owner.
        ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) }).into()
    }

    /// Sends a message. It may have no bytes.
    fn send(socket: &OwnedFd, message: &[u8]) {
        // SAFETY: the message is readable for its length.
        let sent = unsafe { libc::send(socket.as_raw_fd(), message.as_ptr().cast(), message.len(), 0) };
        assert_eq!(usize::try_from(sent), Ok(message.len()), "{}", std::io::Error::last_os_error());
    }

    #[test]
    fn read_text_joins_the_messages_of_a_socket() {
        in_child(|_| {
            for lens in MESSAGES {
                let (reader, writer) = sockets(libc::SOCK_SEQPACKET);
                let send_or_end = move |message: &[u8]| match message {
                    // SAFETY: the arguments are plain integers.
                    [] => drop(checked(unsafe { libc::shutdown(writer.as_raw_fd(), libc::SHUT_WR) })),
                    message => send(&writer, message),
                };
                assert_reads_messages(&reader, send_or_end, lens);
            }
        });
    }

    #[test]
    fn read_text_joins_datagrams_up_to_an_empty_one() {
        in_child(|_| {
            for lens in MESSAGES {
                let (reader, writer) = sockets(libc::SOCK_DGRAM);
                assert_reads_messages(&reader, |message| send(&writer, message), lens);
            }
        });
    }

    #[test]
    fn read_text_joins_the_packets_of_a_pipe() {
        in_child(|_| {
            for lens in [&[3000; 3][..], &[4096; 40], &[1; 300], &[4096, 1, 4000, 97, 4096, 300, 4096]] {
                let mut ends = [0; 2];
                // SAFETY: `ends` is writable.
                checked(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_DIRECT) });
                // SAFETY: the descriptors were just created and have no other owner.
                let [reader, writer] = ends.map(|end| unsafe { fs::File::from_raw_fd(end) });
                let mut writer = Some(writer);
                let send_or_end = |message: &[u8]| match message {
                    [] => writer = None,
                    message => assert_eq!(writer.as_mut().unwrap().write(message).unwrap(), message.len()),
                };
                assert_reads_messages(&reader, send_or_end, lens);
            }
        });
    }

    #[test]
    fn read_text_of_a_short_content_takes_little_memory() {
        in_child(|_| {
            let before = address_space();
            let texts: Vec<_> = (0..1000)
                .map(|_| {
                    let (reader, mut writer) = std::io::pipe().unwrap();
                    writer.write_all(b"short").unwrap();
                    drop(writer);
                    redirect(0, &reader);
                    stdio::read_text().unwrap()
                })
                .collect();
            assert!(texts.iter().all(|text| *text == "short"));
            let grown = address_space() - before;
            assert!(grown < 16 << 20, "{grown} bytes for a thousand texts of five");
        });
    }

    /// Returns the size of the process's address space in bytes.
    fn address_space() -> u64 {
        let pages: u64 = fs::read_to_string("/proc/self/statm").unwrap().split(' ').next().unwrap().parse().unwrap();
        pages * 4096
    }
}

/// Returns the bytes that `action` writes to a stream, which is a pipe with these status flags meanwhile.
fn written_to(stream: RawFd, flags: i32, action: impl FnOnce()) -> Vec<u8> {
    let (mut reader, writer) = std::io::pipe().unwrap();
    // SAFETY: the arguments are plain integers.
    checked(unsafe { libc::fcntl(writer.as_raw_fd(), libc::F_SETFL, flags) });
    let saved = duplicate(stream);
    redirect(stream, &writer);
    drop(writer);
    thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut content = vec![];
            reader.read_to_end(&mut content).map(|_| content)
        });
        action();
        // This also closes the last writing end of the pipe.
        redirect(stream, &saved);
        reading.join().unwrap().unwrap()
    })
}

/// Asserts that `write` writes all bytes to a stream, also if the stream is non-blocking.
fn assert_writes_all_bytes(stream: RawFd, write: fn(&[u8]) -> ffi_syscalls::Result<()>) {
    let content = random_bytes(1 << 20);
    for flags in [0, libc::O_NONBLOCK] {
        assert_same_bytes(&written_to(stream, flags, || write(&content).unwrap()), &content);
    }
    assert_eq!(written_to(stream, 0, || write(b"").unwrap()), b"");
    assert_eq!(written_to(stream, 0, || write(b"a\0b\n").unwrap()), b"a\0b\n");
}

mod print {
    use super::*;

    #[test]
    fn print_writes_all_bytes() {
        in_child(|_| assert_writes_all_bytes(1, |bytes| stdio::print(bytes)));
    }

    #[test]
    fn print_reports_why_it_failed() {
        in_child(|_| {
            let saved = duplicate(1);
            close(1);
            assert_eq!(stdio::print("x"), Err(Errno::EBADF));
            let full = fs::File::options().write(true).open("/dev/full").unwrap();
            assert_eq!(full.as_raw_fd(), 1);
            assert_eq!(stdio::print("x"), Err(Errno::ENOSPC));
            drop(full);
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            redirect(1, &writer);
            assert_eq!(stdio::print("x"), Err(Errno::EPIPE));
            redirect(1, &saved);
            std::io::stdout().flush().unwrap();
        });
    }
}

mod eprint {
    use super::*;

    #[test]
    fn eprint_writes_all_bytes() {
        in_child(|_| assert_writes_all_bytes(2, |bytes| stdio::eprint(bytes)));
    }
}
