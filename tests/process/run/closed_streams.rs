use super::*;

/// A thread that prints while descriptors 0 to 2 are closed must not write into the pipe that reports the errno of exec.
#[test]
fn run_with_closed_streams_keeps_its_pipe_above_descriptor_2() {
    in_child(|temp| {
        env::set("PATH", USUAL_PATH).unwrap();
        let script = temp.executable("script", "#!/bin/sh\nexit 3\n");
        for fd in 0..3 {
            // SAFETY: no other thread of the child uses the standard streams yet.
            checked(unsafe { libc::close(fd) });
        }
        for sigchld in [libc::SIG_DFL, libc::SIG_IGN] {
            set_signal_handler(libc::SIGCHLD, sigchld, 0);
            support::while_repeating(
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

/// Returns the descriptors of this process with their status flags and descriptor flags. See F_GETFL(2const).
fn flags_of_descriptors() -> BTreeMap<i32, (i32, i32)> {
    let flags = |fd| {
        // SAFETY: the arguments are plain integers.
        let status = unsafe { libc::fcntl(fd, libc::F_GETFL) };
        // SAFETY: the arguments are plain integers.
        (status, unsafe { libc::fcntl(fd, libc::F_GETFD) })
    };
    (0..600).map(|fd| (fd, flags(fd))).filter(|(_, (status, _))| *status != -1).collect()
}

#[test]
fn run_opens_its_pipe_above_closed_streams_non_blocking_and_close_on_exec() {
    in_child(|temp| {
        let (ready, go_on) = (temp.mkfifo("ready"), temp.mkfifo("go on"));
        // Both ends, so that no open of them waits.
        let both_ends = |path: &str| fs::File::options().read(true).write(true).open(path).unwrap();
        let (mut ready_pipe, mut go_on_pipe) = (both_ends(&ready), both_ends(&go_on));
        for closed in support::CLOSED {
            let mut opened = support::with_closed_streams(closed, || {
                let before = flags_of_descriptors();
                thread::scope(|scope| {
                    let script = "echo > \"$1\"; read line < \"$2\"; exit 4";
                    let running = scope.spawn(|| sh(script, &[&ready, &go_on]));
                    ready_pipe.read_exact(&mut [0]).unwrap();
                    let during = flags_of_descriptors();
                    go_on_pipe.write_all(b"\n").unwrap();
                    assert_eq!(running.join().unwrap(), Exited(4));
                    assert_eq!(flags_of_descriptors(), before);
                    during.into_iter().filter(|(fd, _)| !before.contains_key(fd)).collect::<Vec<_>>()
                })
            });
            opened.sort_unstable_by_key(|(_, (status, _))| status & libc::O_ACCMODE);
            assert_eq!(opened.len(), 2, "{opened:?}");
            let ((reader, of_reader), (writer, of_writer)) = (opened[0], opened[1]);
            assert!(reader.min(writer) > 2, "{opened:?} with {closed:?} closed");
            assert_eq!(of_reader, (libc::O_RDONLY | libc::O_NONBLOCK, libc::FD_CLOEXEC));
            assert_eq!(of_writer, (libc::O_WRONLY | libc::O_NONBLOCK, libc::FD_CLOEXEC));
        }
    });
}
