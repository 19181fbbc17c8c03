//! Standard input, output and error, redirected to pipes, files and devices.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

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
