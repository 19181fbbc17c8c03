use super::*;

extern "C" fn count(_: i32) {
    CALLS.fetch_add(1, Ordering::SeqCst);
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

fn counting() -> libc::sighandler_t {
    count as extern "C" fn(i32) as libc::sighandler_t
}

/// Blocks these signals, and no others, in the calling thread.
fn block(signals: &[i32]) {
    // SAFETY: all zeroes are a value of this type.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is writable.
    checked(unsafe { libc::sigemptyset(&mut set) });
    for &signal in signals {
        // SAFETY: the set is writable.
        checked(unsafe { libc::sigaddset(&mut set, signal) });
    }
    // SAFETY: the set is readable.
    assert_eq!(unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &set, std::ptr::null_mut()) }, 0);
}

/// Every signal's handler and flags.
fn handlers() -> Vec<(usize, i32)> {
    let handler = |signal| {
        // SAFETY: all zeroes are a value of this struct.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: the action is writable.
        unsafe { libc::sigaction(signal, std::ptr::null(), &mut action) };
        (action.sa_sigaction, action.sa_flags)
    };
    (1..=64).map(handler).collect()
}

#[test]
fn that_are_blocked_stay_blocked() {
    in_child(|place| {
        let many = same_everywhere(&[libc::SIGUSR1, libc::SIGTERM, libc::SIGCHLD, 40, 64]);
        for blocked in [&[][..], &[libc::SIGUSR1], &many] {
            block(blocked);
            let wanted = blocked.iter().map(|&signal| bit(signal)).sum();
            assert_eq!(current_mask(), wanted);
            assert_eq!(signals_of_child(place, "SigBlk"), wanted);
            assert_eq!(current_mask(), wanted);
            assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(current_mask(), wanted);
            handle_signal(libc::SIGCHLD, libc::SIG_IGN, 0);
            assert_eq!(signals_of_child(place, "SigBlk"), wanted);
            assert_eq!(current_mask(), wanted);
            handle_signal(libc::SIGCHLD, libc::SIG_DFL, 0);
        }
    });
}

#[test]
fn that_are_ignored_stay_ignored_but_for_sigpipe() {
    in_child(|place| {
        let own = signals_in(&fs::read_to_string("/proc/self/status").unwrap(), "SigIgn");
        assert_eq!(own & bit(libc::SIGPIPE), bit(libc::SIGPIPE), "Rust's runtime ignores it");
        assert_eq!(signals_of_child(place, "SigIgn"), own & !bit(libc::SIGPIPE));
        let mut wanted = own & !bit(libc::SIGPIPE);
        for signal in same_everywhere(&[libc::SIGHUP, libc::SIGUSR1, 50]) {
            handle_signal(signal, libc::SIG_IGN, 0);
            wanted |= bit(signal);
        }
        assert_eq!(signals_of_child(place, "SigIgn"), wanted);
        assert_eq!(sh("kill -HUP $$; exit 3", &[]), Exited(3));
        assert_eq!(sh("kill -PIPE $$; exit 3", &[]), Signaled(13));
    });
}

#[test]
fn that_are_handled_get_their_default() {
    in_child(|place| {
        for signal in [libc::SIGUSR1, libc::SIGTERM, libc::SIGINT, 45] {
            handle_signal(signal, counting(), libc::SA_ONSTACK);
        }
        assert_eq!(signals_of_child(place, "SigCgt"), 0);
        assert_eq!(sh("kill -USR1 $$; exit 3", &[]), Signaled(10));
        assert_eq!(sh("kill -TERM $$; exit 3", &[]), Signaled(15));
        assert_eq!(CALLS.load(Ordering::SeqCst), 0);
        // SAFETY: it takes a number.
        checked(unsafe { libc::raise(libc::SIGUSR1) });
        assert_eq!(CALLS.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn keep_the_callers_handlers() {
    in_child(|_| {
        handle_signal(libc::SIGUSR1, counting(), libc::SA_RESTART);
        handle_signal(libc::SIGUSR2, libc::SIG_IGN, 0);
        for sigchld in [libc::SIG_DFL, libc::SIG_IGN, counting()] {
            handle_signal(libc::SIGCHLD, sigchld, libc::SA_NOCLDSTOP);
            let before = handlers();
            assert_eq!(sh("exit 3", &[]), Exited(3));
            assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(handlers(), before);
        }
    });
}

#[test]
fn that_arrive_meanwhile_are_handled_and_do_no_harm() {
    in_child(|_| {
        handle_signal(libc::SIGALRM, counting(), 0);
        let every = libc::timeval { tv_sec: 0, tv_usec: 200 };
        let timer = libc::itimerval { it_interval: every, it_value: every };
        // SAFETY: the timer is readable.
        checked(unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) });
        for sigchld in [libc::SIG_DFL, libc::SIG_IGN] {
            handle_signal(libc::SIGCHLD, sigchld, 0);
            for code in 0..30 {
                assert_eq!(sh("exit $1", &[&code.to_string()]), Exited(code));
                assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
            }
        }
        assert!(CALLS.load(Ordering::SeqCst) > 0);
        let never = libc::timeval { tv_sec: 0, tv_usec: 0 };
        let timer = libc::itimerval { it_interval: never, it_value: never };
        // SAFETY: the timer is readable.
        checked(unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) });
    });
}

#[test]
fn a_handler_of_sigchld_is_called_and_the_code_is_right() {
    in_child(|_| {
        handle_signal(libc::SIGCHLD, counting(), 0);
        for code in 0..50 {
            assert_eq!(sh("exit $1", &[&code.to_string()]), Exited(code));
        }
        // Signals that wait together are one, but there is one after the first child at least.
        assert!(CALLS.load(Ordering::SeqCst) >= 1);
        assert_no_children();
    });
}
