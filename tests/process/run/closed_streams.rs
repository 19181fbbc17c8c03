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
