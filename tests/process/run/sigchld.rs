use super::*;

/// The two settings under which the kernel discards the status of children.
const DISCARDING: [(libc::sighandler_t, i32); 2] = [(libc::SIG_IGN, 0), (libc::SIG_DFL, libc::SA_NOCLDWAIT)];

#[test]
fn run_with_sigchld_ignored_returns_every_outcome() {
    in_child(|temp| {
        set_soft_limit(libc::RLIMIT_CORE, 0);
        env::set("PATH", USUAL_PATH).unwrap();
        let busy = temp.executable("no interpreter", "#!/nonexistent\n");
        for (handler, flags) in DISCARDING {
            set_signal_handler(libc::SIGCHLD, handler, flags);
            for code in [0, 1, 42, 126, 127, 255] {
                assert_eq!(sh(&format!("exit {code}"), &[]), Exited(code));
            }
            for signal in [1, 9, 11, 15] {
                assert_eq!(sh(&format!("kill -{signal} $$"), &[]), Signaled(signal));
            }
            assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(process::run("no-such-program", &NONE), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(process::run("/", &NONE), Ok(NotExecutable(Errno::EACCES)));
            assert_eq!(process::run(&*busy, &NONE), Ok(NotExecutable(Errno::ENOENT)));
            assert_no_children();
        }
    });
}

#[test]
fn run_with_sigchld_ignored_keeps_it_ignored_in_the_program() {
    in_child(|temp| {
        let is_ignored = || signals_of_child(temp, "SigIgn") & bit(libc::SIGCHLD) != 0;
        assert!(!is_ignored());
        set_signal_handler(libc::SIGCHLD, libc::SIG_IGN, 0);
        assert!(is_ignored());
        set_signal_handler(libc::SIGCHLD, libc::SIG_DFL, libc::SA_NOCLDWAIT);
        assert!(!is_ignored());
    });
}

#[test]
fn run_with_sigchld_ignored_does_not_wait_for_other_children() {
    in_child(|_| {
        for (handler, flags) in [(libc::SIG_DFL, 0)].into_iter().chain(DISCARDING) {
            set_signal_handler(libc::SIGCHLD, handler, flags);
            let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
            assert_eq!(sh("exit 3", &[]), Exited(3));
            assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
            // The other child runs and was not waited for.
            assert!(fs::exists(format!("/proc/{}/stat", other.id())).unwrap());
            other.kill().unwrap();
            let waited = other.wait();
            assert!(flags != 0 || handler == libc::SIG_IGN || waited.unwrap().signal() == Some(9));
        }
    });
}

/// Locks end with the caller, even if the program that it ran goes on: the supervisor must not hold them open.
#[test]
fn run_releases_the_locks_of_a_caller_that_is_killed() {
    in_child(|temp| {
        let (lock, started) = (temp.join("lock"), temp.join("started"));
        for (handler, flags) in [(libc::SIG_DFL, 0)].into_iter().chain(DISCARDING) {
            // SAFETY: the other threads, those of the test harness, wait and hold no lock that the child needs.
            let caller = checked(unsafe { libc::fork() });
            if caller == 0 {
                set_signal_handler(libc::SIGCHLD, handler, flags);
                let _lock = file::lock(&*lock).unwrap();
                let _ = process::run(
                    "sh",
                    &["-c", "echo $$ > \"$0.new\" && mv \"$0.new\" \"$0\" && exec sleep 1000", &started],
                );
                process::exit(1);
            }
            while !fs::exists(&started).unwrap() {
                thread::sleep(Duration::from_millis(1));
            }
            assert_eq!(file::lock(&*lock).err(), Some(Errno::EAGAIN));
            // SAFETY: the arguments are plain integers.
            checked(unsafe { libc::kill(caller, libc::SIGKILL) });
            assert_eq!(wait_for(caller).signal(), Some(libc::SIGKILL));
            let is_free = (0..5000).any(|_| {
                thread::sleep(Duration::from_millis(1));
                file::lock(&*lock).is_ok()
            });
            let program: i32 = fs::read_to_string(&started).unwrap().trim().parse().unwrap();
            // SAFETY: the arguments are plain integers.
            checked(unsafe { libc::kill(program, libc::SIGKILL) });
            assert!(is_free, "{handler} {flags}");
            fs::remove_file(&started).unwrap();
        }
    });
}

/// The kill arrives at a different moment of the call in each round.
#[test]
fn run_releases_the_locks_of_a_caller_that_is_killed_at_any_moment() {
    in_child(|temp| {
        let lock = temp.join("lock");
        for (round, (handler, flags)) in (0..60).flat_map(|round| DISCARDING.map(|way| (round, way))) {
            // The program reads its standard input to the end, which this process determines by closing `end`.
            let (input, end) = std::io::pipe().unwrap();
            let (mut ready, mut signal_ready) = std::io::pipe().unwrap();
            // SAFETY: the other threads, those of the test harness, wait and hold no lock that the child needs.
            let caller = checked(unsafe { libc::fork() });
            if caller == 0 {
                drop(end);
                // SAFETY: the arguments are plain integers.
                checked(unsafe { libc::dup2(input.as_raw_fd(), 0) });
                set_signal_handler(libc::SIGCHLD, handler, flags);
                let _lock = file::lock(&*lock).unwrap();
                signal_ready.write_all(b"x").unwrap();
                let _ = process::run("cat", &NONE);
                process::exit(1);
            }
            ready.read_exact(&mut [0]).unwrap();
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_micros(10 * round) {}
            // SAFETY: the arguments are plain integers.
            checked(unsafe { libc::kill(caller, libc::SIGKILL) });
            assert_eq!(wait_for(caller).signal(), Some(libc::SIGKILL));
            let is_free = (0..10_000).any(|_| {
                thread::sleep(Duration::from_millis(1));
                file::lock(&*lock).is_ok()
            });
            drop(end);
            assert!(is_free, "{round} {handler} {flags}");
        }
    });
}

#[test]
fn run_does_not_reap_other_children() {
    in_child(|_| {
        let mut other = Command::new("sh").args(["-c", "exit 12"]).spawn().unwrap();
        for _ in 0..20 {
            assert_eq!(sh("exit 3", &[]), Exited(3));
        }
        assert_eq!(other.wait().unwrap().code(), Some(12));
    });
}

#[test]
fn run_by_a_caller_started_with_sigchld_ignored_returns_the_exit_code() {
    in_child_with(
        |command, _| {
            let ignore = || {
                set_signal_handler(libc::SIGCHLD, libc::SIG_IGN, 0);
                Ok(())
            };
            // SAFETY: the closure only calls sigaction(2), which is async-signal-safe.
            unsafe { command.pre_exec(ignore) };
        },
        |_| {
            assert_eq!(sh("exit 42", &[]), Exited(42));
            assert_no_children();
        },
    );
}
