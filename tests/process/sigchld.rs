use super::*;

/// The ways in which a caller lets the kernel forget its children.
const WAYS: [(libc::sighandler_t, i32); 2] = [(libc::SIG_IGN, 0), (libc::SIG_DFL, libc::SA_NOCLDWAIT)];

#[test]
fn that_is_ignored_hides_no_outcome() {
    in_child(|place| {
        set_limit(libc::RLIMIT_CORE, 0);
        env::set("PATH", USUAL_PATH).unwrap();
        let busy = place.executable("no interpreter", "#!/nonexistent\n");
        for (handler, flags) in WAYS {
            handle_signal(libc::SIGCHLD, handler, flags);
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
fn that_is_ignored_is_ignored_by_the_program_too() {
    in_child(|place| {
        let is_ignored = || signals_of_child(place, "SigIgn") & bit(libc::SIGCHLD) != 0;
        assert!(!is_ignored());
        handle_signal(libc::SIGCHLD, libc::SIG_IGN, 0);
        assert!(is_ignored());
        handle_signal(libc::SIGCHLD, libc::SIG_DFL, libc::SA_NOCLDWAIT);
        assert!(!is_ignored());
    });
}

#[test]
fn that_is_ignored_does_not_make_it_wait_for_other_children() {
    in_child(|_| {
        for (handler, flags) in [(libc::SIG_DFL, 0)].into_iter().chain(WAYS) {
            handle_signal(libc::SIGCHLD, handler, flags);
            let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
            assert_eq!(sh("exit 3", &[]), Exited(3));
            assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
            // It is alive, and nobody has waited for it.
            assert!(fs::exists(format!("/proc/{}/stat", other.id())).unwrap());
            other.kill().unwrap();
            let waited = other.wait();
            assert!(flags != 0 || handler == libc::SIG_IGN || waited.unwrap().signal() == Some(9));
        }
    });
}

/// The lock ends with the process at the latest, whether its program goes on or not.
#[test]
fn that_is_ignored_leaves_nobody_with_the_locks_of_a_caller_that_was_killed() {
    in_child(|place| {
        let (lock, started) = (place.at("lock"), place.at("started"));
        for (handler, flags) in [(libc::SIG_DFL, 0)].into_iter().chain(WAYS) {
            // SAFETY: no other thread holds a lock meanwhile: those of the harness wait.
            let caller = checked(unsafe { libc::fork() });
            if caller == 0 {
                handle_signal(libc::SIGCHLD, handler, flags);
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
            // SAFETY: takes numbers.
            checked(unsafe { libc::kill(caller, libc::SIGKILL) });
            assert_eq!(wait_for(caller).signal(), Some(libc::SIGKILL));
            let is_free = (0..5000).any(|_| {
                thread::sleep(Duration::from_millis(1));
                file::lock(&*lock).is_ok()
            });
            let program: i32 = fs::read_to_string(&started).unwrap().trim().parse().unwrap();
            // SAFETY: takes numbers.
            checked(unsafe { libc::kill(program, libc::SIGKILL) });
            assert!(is_free, "{handler} {flags}");
            fs::remove_file(&started).unwrap();
        }
    });
}

/// Whatever the call was about to do.
#[test]
fn that_is_ignored_leaves_nobody_with_the_locks_of_a_caller_that_was_killed_at_once() {
    in_child(|place| {
        let lock = place.at("lock");
        for (round, (handler, flags)) in (0..60).flat_map(|round| WAYS.map(|way| (round, way))) {
            // The program reads to the end of one, which is there when this process has closed it.
            let (input, end) = std::io::pipe().unwrap();
            let (mut told, mut tell) = std::io::pipe().unwrap();
            // SAFETY: no other thread holds a lock meanwhile: those of the harness wait.
            let caller = checked(unsafe { libc::fork() });
            if caller == 0 {
                drop(end);
                // SAFETY: takes numbers.
                checked(unsafe { libc::dup2(input.as_raw_fd(), 0) });
                handle_signal(libc::SIGCHLD, handler, flags);
                let _lock = file::lock(&*lock).unwrap();
                tell.write_all(b"x").unwrap();
                let _ = process::run("cat", &NONE);
                process::exit(1);
            }
            told.read_exact(&mut [0]).unwrap();
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_micros(10 * round) {}
            // SAFETY: takes numbers.
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
fn the_outcome_of_other_children_is_left_to_those_who_started_them() {
    in_child(|_| {
        let mut other = Command::new("sh").args(["-c", "exit 12"]).spawn().unwrap();
        for _ in 0..20 {
            assert_eq!(sh("exit 3", &[]), Exited(3));
        }
        assert_eq!(other.wait().unwrap().code(), Some(12));
    });
}

#[test]
fn a_caller_that_was_started_with_it_ignored() {
    in_child_with(
        |command, _| {
            let ignore = || {
                handle_signal(libc::SIGCHLD, libc::SIG_IGN, 0);
                Ok(())
            };
            // SAFETY: the closure makes one system call.
            unsafe { command.pre_exec(ignore) };
        },
        |_| {
            assert_eq!(sh("exit 42", &[]), Exited(42));
            assert_no_children();
        },
    );
}
