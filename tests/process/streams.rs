use super::*;

/// A pipe: where to read, and where to write.
fn pipe(flags: i32) -> (fs::File, OwnedFd) {
    let mut ends = [0; 2];
    // SAFETY: there is room for two descriptors.
    checked(unsafe { libc::pipe2(ends.as_mut_ptr(), flags | libc::O_CLOEXEC) });
    // SAFETY: a new descriptor, which nobody else owns.
    let reader = unsafe { fs::File::from_raw_fd(ends[0]) };
    // SAFETY: as above.
    (reader, unsafe { OwnedFd::from_raw_fd(ends[1]) })
}

/// What `action` writes to a standard stream that is the writer's end of a pipe.
fn written_to(fd: i32, flags: i32, action: impl FnOnce()) -> Vec<u8> {
    let (mut reader, writer) = pipe(flags);
    // SAFETY: it takes a number.
    let saved = checked(unsafe { libc::dup(fd) });
    // SAFETY: it takes numbers.
    checked(unsafe { libc::dup2(writer.as_raw_fd(), fd) });
    drop(writer);
    thread::scope(|scope| {
        let reading = scope.spawn(move || {
            // The flags are those of both ends; this one is to wait.
            // SAFETY: it takes numbers.
            checked(unsafe { libc::fcntl(reader.as_raw_fd(), libc::F_SETFL, 0) });
            let mut content = vec![];
            reader.read_to_end(&mut content).map(|_| content)
        });
        action();
        // SAFETY: it takes numbers. It closes the pipe's end, too.
        checked(unsafe { libc::dup2(saved, fd) });
        reading.join().unwrap().unwrap()
    })
}

/// Somebody who prints where nothing is open reaches nothing of the library's own.
#[test]
fn that_are_closed_are_no_way_to_what_a_child_has_to_say() {
    in_child(|place| {
        env::set("PATH", USUAL_PATH).unwrap();
        let script = place.executable("script", "#!/bin/sh\nexit 3\n");
        for fd in 0..3 {
            // SAFETY: takes a number. What is written there is lost.
            checked(unsafe { libc::close(fd) });
        }
        for sigchld in [libc::SIG_DFL, libc::SIG_IGN] {
            handle_signal(libc::SIGCHLD, sigchld, 0);
            support::meanwhile(
                || {
                    let _ = stdio::print("log\n");
                },
                || {
                    for _ in 0..100 {
                        assert_eq!(process::run(&*script, &NONE), Ok(Exited(3)));
                        assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
                    }
                },
            );
        }
    });
}

#[test]
fn read_text_reads_the_rest_of_the_input() {
    in_child(|place| {
        let content = support::noise(300_000);
        let mut file = fs::File::open(place.file("file", &content)).unwrap();
        file.read_exact(&mut [0; 1000]).unwrap();
        // SAFETY: it takes numbers.
        checked(unsafe { libc::dup2(file.as_raw_fd(), 0) });
        support::assert_same_bytes(&stdio::read_text().unwrap(), &content[1000..]);
        // At the end, and open still.
        assert_eq!(stdio::read_text().unwrap(), "");
        let (reader, writer) = pipe(0);
        // SAFETY: it takes numbers.
        checked(unsafe { libc::dup2(reader.as_raw_fd(), 0) });
        thread::scope(|scope| {
            scope.spawn(|| fs::File::from(writer).write_all(&content).unwrap());
            support::assert_same_bytes(&stdio::read_text().unwrap(), &content);
        });
        // SAFETY: nothing else reads there.
        checked(unsafe { libc::close(0) });
        assert_eq!(stdio::read_text().unwrap_err(), Errno::EBADF);
    });
}

#[test]
fn print_and_eprint_write_all_bytes() {
    in_child(|_| {
        let content = support::noise(1 << 20);
        for flags in [0, libc::O_NONBLOCK] {
            support::assert_same_bytes(&written_to(1, flags, || stdio::print(&content).unwrap()), &content);
            support::assert_same_bytes(&written_to(2, flags, || stdio::eprint(&content).unwrap()), &content);
        }
        assert_eq!(written_to(1, 0, || stdio::print("").unwrap()), b"");
        assert_eq!(written_to(1, 0, || stdio::print("a\0b\n").unwrap()), b"a\0b\n");
    });
}

#[test]
fn print_says_why_it_could_not() {
    in_child(|_| {
        // SAFETY: it takes a number.
        let saved = checked(unsafe { libc::dup(1) });
        // SAFETY: nothing else writes there meanwhile.
        checked(unsafe { libc::close(1) });
        assert_eq!(stdio::print("x"), Err(Errno::EBADF));
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        assert_eq!(full.as_raw_fd(), 1);
        assert_eq!(stdio::print("x"), Err(Errno::ENOSPC));
        drop(full);
        let (reader, writer) = pipe(0);
        drop(reader);
        // SAFETY: it takes numbers.
        checked(unsafe { libc::dup2(writer.as_raw_fd(), 1) });
        assert_eq!(stdio::print("x"), Err(Errno::EPIPE));
        // SAFETY: it takes numbers.
        checked(unsafe { libc::dup2(saved, 1) });
        std::io::stdout().flush().unwrap();
    });
}

#[test]
fn exit_ends_all_threads_with_the_low_8_bits() {
    for code in [0, 1, 86, 255, 256, 300, -1] {
        // SAFETY: the child calls only what needs neither locks nor memory.
        let child = checked(unsafe { libc::fork() });
        if child == 0 {
            process::exit(code);
        }
        assert_eq!(wait_for(child).code(), Some(code & 0xff));
    }
}
