use super::*;

fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// The longest time that a call takes that does not wait for a program of 100 seconds.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn run_with_a_timeout_ends_the_program_and_keeps_partial_output() {
    in_child(|_| {
        for (handler, flags) in SIGCHLD {
            set_signal_handler(libc::SIGCHLD, handler, flags);
            let begin = Instant::now();
            let output =
                sh("echo partial; exec sleep 100", &[]).capture_out().timeout(milliseconds(300)).run().unwrap();
            assert!(begin.elapsed() >= milliseconds(300) && begin.elapsed() < SOON);
            assert_eq!((output.outcome, text(&output.out)), (Signaled(15), "partial\n"));
            assert!(output.timed_out && output.code() == 124);
            let output = Command::new("sleep").arg("100").timeout(milliseconds(20)).run().unwrap();
            assert_eq!((output.outcome, output.timed_out), (Signaled(15), true));
            let output = sh("exit 3", &[]).capture_out().timeout(SOON).run().unwrap();
            assert_eq!((output.outcome, output.timed_out, output.code()), (Exited(3), false, 3));
            assert_no_children();
        }
    });
}

#[test]
fn run_with_a_timeout_kills_a_program_that_ignores_sigterm_after_the_grace() {
    in_child(|_| {
        for (handler, flags) in SIGCHLD {
            set_signal_handler(libc::SIGCHLD, handler, flags);
            let begin = Instant::now();
            let mut command = sh("trap '' TERM; echo ready; while :; do read x; done", &[]);
            command.input(b"").capture_out().timeout(milliseconds(200)).grace(milliseconds(150));
            let output = command.run().unwrap();
            assert!(begin.elapsed() >= milliseconds(350) && begin.elapsed() < SOON);
            assert_eq!((output.outcome, text(&output.out), output.timed_out), (Signaled(9), "ready\n", true));
            let output =
                Command::new("sleep").arg("100").timeout(milliseconds(20)).grace(Duration::ZERO).run().unwrap();
            assert_eq!((output.outcome, output.code()), (Signaled(9), 124));
        }
    });
}

#[test]
fn run_with_a_timeout_lets_the_program_clean_up() {
    let script = "trap 'echo cleaned; exit 4' TERM; echo ready; while :; do sleep 0.01; done";
    let output = sh(script, &[]).capture_out().timeout(milliseconds(300)).grace(SOON).run().unwrap();
    assert_eq!((output.outcome, text(&output.out), output.code()), (Exited(4), "ready\ncleaned\n", 124));
}

#[test]
fn run_with_a_timeout_ends_the_whole_group() {
    in_child(|_| {
        for (handler, flags) in SIGCHLD {
            set_signal_handler(libc::SIGCHLD, handler, flags);
            let begin = Instant::now();
            let mut command = sh("sleep 100 & echo $!; wait", &[]);
            let output = command.capture_out().new_group().timeout(milliseconds(300)).run().unwrap();
            assert!(begin.elapsed() < SOON);
            assert!(output.timed_out);
            let sleeper: i32 = text(&output.out).trim().parse().unwrap();
            let is_gone = (0..2000).any(|_| {
                thread::sleep(milliseconds(1));
                let stat = fs::read_to_string(format!("/proc/{sleeper}/stat"));
                stat.is_err() || stat.is_ok_and(|stat| stat.contains(") Z "))
            });
            assert!(is_gone);
        }
    });
}

#[test]
fn run_with_a_process_left_behind_that_holds_a_stream_ends_after_the_grace() {
    in_child(|_| {
        for (handler, flags) in SIGCHLD {
            set_signal_handler(libc::SIGCHLD, handler, flags);
            for grace in [0, 200] {
                let begin = Instant::now();
                let mut command = sh("sleep 100 & echo $!; exit 3", &[]);
                let output = command.capture_out().capture_err().grace(milliseconds(grace)).run().unwrap();
                assert!(begin.elapsed() >= milliseconds(grace) && begin.elapsed() < SOON);
                assert_eq!((output.outcome, output.timed_out), (Exited(3), false));
                let sleeper: i32 = text(&output.out).trim().parse().unwrap();
                process::kill(sleeper, libc::SIGKILL).unwrap();
            }
        }
    });
}

#[test]
fn run_with_an_input_that_a_process_left_behind_does_not_read_ends_with_the_program() {
    let begin = Instant::now();
    let input = random_bytes(1 << 20);
    let output = sh("sleep 5 & exit 3", &[]).input(&input).run().unwrap();
    assert!(begin.elapsed() < milliseconds(4500));
    assert_eq!(output.outcome, Exited(3));
}

/// A sandbox denies pidfd_open(2), then waitid(2) too.
#[cfg(target_os = "linux")]
#[test]
fn run_with_works_without_newer_calls() {
    in_child(|_| {
        if is_emulated() {
            return support::report_not_in_an_emulator("filters of system calls");
        }
        for call in [libc::SYS_pidfd_open, libc::SYS_waitid] {
            support::deny_syscall(call);
            for (handler, flags) in SIGCHLD {
                set_signal_handler(libc::SIGCHLD, handler, flags);
                let output = sh("cat; exit 3", &[]).input(b"x").capture_out().run().unwrap();
                assert_eq!((output.outcome, text(&output.out)), (Exited(3), "x"));
                let output = sh("sleep 100", &[]).capture_out().new_group().timeout(milliseconds(100)).run().unwrap();
                assert!(output.timed_out);
                let mut command = sh("sleep 2 & exit 3", &[]);
                let output = command.capture_out().grace(milliseconds(50)).run().unwrap();
                assert_eq!((output.outcome, output.timed_out), (Exited(3), false));
            }
            set_signal_handler(libc::SIGCHLD, libc::SIG_DFL, 0);
            let pid = sh("sleep 0.2; exit 4", &[]).spawn().unwrap();
            assert_eq!(process::wait(pid, Some(milliseconds(20))), Err(Errno::ETIMEDOUT));
            assert_eq!(process::wait(pid, Some(SOON)), Ok(Exited(4)));
        }
    });
}
