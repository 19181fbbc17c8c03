//! Closed standard streams, whose descriptors the kernel assigns first: what is printed to them must reach no file.

use super::*;

/// Prints to the closed streams, and reads from standard input if it is one. Returns those that are closed for the
/// kernel and fail with `EBADF`.
fn failing_streams(closed: &[i32]) -> Vec<i32> {
    let is_closed = closed_streams();
    let fails = |&stream: &i32| {
        let result = match stream {
            0 if is_closed.contains(&0) => stdio::read_text().map(drop),
            1 if closed.contains(&1) => stdio::print("printed\n"),
            2 if closed.contains(&2) => stdio::eprint("printed\n"),
            _ => return false,
        };
        result == Err(Errno::EBADF) && is_closed.contains(&stream)
    };
    (0..3).filter(fails).collect()
}

/// Locks a path with closed streams. Returns the descriptor and its flags, the streams that fail, and whether others are
/// excluded.
fn lock_with_closed(closed: &[i32], path: &str) -> (i32, i32, Vec<i32>, bool) {
    with_closed_streams(closed, || {
        let fd = file::lock(path).unwrap().into_raw();
        let failing = failing_streams(closed);
        // SAFETY: the arguments are plain integers.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
        let excludes = fs::File::open(path).unwrap().try_lock().is_err();
        // SAFETY: the descriptor came from `into_raw`.
        unsafe { file::FileLock::from_raw(fd) }.unlock().unwrap();
        (fd, flags, failing, excludes)
    })
}

#[test]
fn lock_takes_a_descriptor_above_closed_standard_streams() {
    in_child(|temp| {
        let (file, directory) = (temp.file("file", "content"), temp.mkdir("directory"));
        for closed in CLOSED {
            for path in [&file, &directory, &temp.join("new")] {
                let (fd, flags, failing, excludes) = lock_with_closed(closed, path);
                assert!(fd > 2, "{fd} with {closed:?} closed");
                assert_eq!(flags, libc::FD_CLOEXEC, "with {closed:?} closed");
                assert_eq!(failing, closed);
                assert!(excludes, "with {closed:?} closed");
            }
            assert_eq!(fs::read(&file).unwrap(), b"content", "with {closed:?} closed");
            assert_eq!(fs::read(temp.join("new")).unwrap(), b"", "with {closed:?} closed");
            fs::remove_file(temp.join("new")).unwrap();
        }
    });
}

/// Returns the number of bytes in a pipe. See FIONREAD(2const).
fn bytes_in(pipe: &fs::File) -> usize {
    let mut count: libc::c_int = 0;
    // SAFETY: the call writes an int.
    checked(unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut count) });
    usize::try_from(count).unwrap()
}

/// Opens both ends of a named pipe, so that no other open of it waits.
fn open_both_ends(path: &str) -> fs::File {
    fs::File::options().read(true).write(true).open(path).unwrap()
}

/// Runs an operation on a named pipe with closed streams, and prints while it waits for the rest of the pipe. Returns the
/// streams that fail then, and the result of the operation.
fn while_it_reads<R: Send>(closed: &[i32], fifo: &str, operation: impl Fn() -> R + Sync) -> (Vec<i32>, R) {
    let mut pipe = open_both_ends(fifo);
    pipe.write_all(b"first, ").unwrap();
    with_closed_streams(closed, || {
        thread::scope(|scope| {
            let running = scope.spawn(&operation);
            while bytes_in(&pipe) > 0 {
                thread::yield_now();
            }
            let failing = failing_streams(closed);
            pipe.write_all(b"second").unwrap();
            drop(pipe);
            (failing, running.join().unwrap())
        })
    })
}

#[test]
fn read_text_and_copy_keep_closed_standard_streams_closed_while_they_read() {
    in_child(|temp| {
        let (fifo, copy) = (temp.mkfifo("fifo"), temp.join("copy"));
        for closed in CLOSED {
            let (failing, text) = while_it_reads(closed, &fifo, || file::read_text(&*fifo));
            assert_eq!(failing, closed);
            assert_eq!(text.unwrap(), "first, second", "with {closed:?} closed");
            let (failing, copied) = while_it_reads(closed, &fifo, || file::copy(&*fifo, &*copy));
            assert_eq!(failing, closed);
            assert_eq!(copied, Ok(()));
            assert_eq!(fs::read(&copy).unwrap(), b"first, second", "with {closed:?} closed");
        }
    });
}

#[test]
fn write_text_and_append_text_keep_closed_standard_streams_closed_while_they_write() {
    in_child(|temp| {
        let fifo = temp.mkfifo("fifo");
        let content = random_bytes(300_000);
        for closed in CLOSED {
            for append in [false, true] {
                let mut pipe = open_both_ends(&fifo);
                let (failing, read) = with_closed_streams(closed, || {
                    thread::scope(|scope| {
                        let running = scope.spawn(|| {
                            let write = if append { file::append_text } else { file::write_text };
                            write(fifo.as_str(), content.as_slice())
                        });
                        while bytes_in(&pipe) == 0 {
                            thread::yield_now();
                        }
                        let failing = failing_streams(closed);
                        let mut read = vec![0; content.len()];
                        pipe.read_exact(&mut read).unwrap();
                        running.join().unwrap().unwrap();
                        (failing, read)
                    })
                });
                assert_eq!(failing, closed);
                assert_same_bytes(&read, &content);
                assert_eq!(bytes_in(&pipe), 0, "with {closed:?} closed");
            }
        }
    });
}

/// Opens /dev/null until the limit of descriptors is reached.
fn use_up_descriptors() -> Vec<fs::File> {
    std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect()
}

/// With a closed stream a file can be opened at the limit, and not be moved.
#[test]
fn file_operations_fail_with_emfile_when_only_closed_standard_streams_are_free() {
    in_child(|temp| {
        let (path, new) = (temp.file("file", "content"), temp.join("new"));
        set_soft_limit(libc::RLIMIT_NOFILE, 600);
        for closed in CLOSED {
            let mut others = vec![];
            let (errors, one, still_closed) = with_closed_streams(closed, || {
                let streams: Vec<_> = closed.iter().map(|_| fs::File::open("/dev/null").unwrap()).collect();
                others = use_up_descriptors();
                drop(streams);
                let errors = [
                    file::read_text(&*path).map(drop),
                    file::lock(&*path).map(drop),
                    file::append_text(&*path, "x"),
                    file::copy(&*path, &*new),
                ];
                others.pop();
                // There is room for the source, and none for the destination.
                (errors, (file::copy(&*path, &*new), file::read_text(&*path)), closed_streams())
            });
            drop(others);
            assert_eq!(errors, [Err(Errno::EMFILE); 4], "with {closed:?} closed");
            assert_eq!(one.0, Err(Errno::EMFILE), "with {closed:?} closed");
            assert_eq!(one.1.unwrap(), "content");
            assert_eq!(still_closed, closed);
            assert!(!fs::exists(&new).unwrap(), "with {closed:?} closed");
            assert_eq!(fs::read(&path).unwrap(), b"content", "with {closed:?} closed");
        }
    });
}

#[test]
fn file_operations_with_closed_standard_streams_leak_no_descriptor() {
    in_child(|temp| {
        let path = temp.file("file", "content");
        for closed in CLOSED {
            let before = count_descriptors();
            let still_closed = with_closed_streams(closed, || {
                for _ in 0..10 {
                    file::read_text(&*path).unwrap();
                    file::copy(&*path, &*temp.join("copy")).unwrap();
                    file::copy(&*path, temp.path()).unwrap_err();
                    file::write_text(&*temp.join("written"), "x").unwrap();
                    file::write_text("/dev/full", "x").unwrap_err();
                    drop(file::lock(&*path).unwrap());
                    drop(file::lock(temp.path()).unwrap());
                }
                closed_streams()
            });
            assert_eq!(still_closed, closed);
            assert_eq!(count_descriptors(), before);
        }
    });
}
