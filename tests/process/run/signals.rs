use super::*;

extern "C" fn count(_: i32) {
    CALLS.fetch_add(1, Ordering::SeqCst);
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn counting_handler() -> libc::sighandler_t {
    count as extern "C" fn(i32) as libc::sighandler_t
}

/// Blocks these signals, and no others, in the calling thread.
pub(crate) fn block(signals: &[i32]) {
    // SAFETY: all zeroes are a valid value of this type.
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

/// Returns handler and flags of every signal.
pub(crate) fn handlers() -> Vec<(usize, i32)> {
    let handler = |signal| {
        // SAFETY: the struct has integer fields only, so all zeroes are a valid value.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: the action is writable.
        unsafe { libc::sigaction(signal, std::ptr::null(), &mut action) };
        (action.sa_sigaction, action.sa_flags)
    };
    (1..=64).map(handler).collect()
}

#[test]
fn run_keeps_blocked_signals_blocked() {
    in_child(|temp| {
        let many = without_emulated_numbers(&[libc::SIGUSR1, libc::SIGTERM, libc::SIGCHLD, 40, 64]);
        for blocked in [&[][..], &[libc::SIGUSR1], &many] {
            block(blocked);
            let wanted = blocked.iter().map(|&signal| bit(signal)).sum();
            assert_eq!(current_mask(), wanted);
            assert_eq!(signals_of_child(temp, "SigBlk"), wanted);
            assert_eq!(current_mask(), wanted);
            assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(current_mask(), wanted);
            set_signal_handler(libc::SIGCHLD, libc::SIG_IGN, 0);
            assert_eq!(signals_of_child(temp, "SigBlk"), wanted);
            assert_eq!(current_mask(), wanted);
            set_signal_handler(libc::SIGCHLD, libc::SIG_DFL, 0);
        }
    });
}

#[test]
fn run_keeps_ignored_signals_ignored_except_sigpipe() {
    in_child(|temp| {
        let own = signals_in(&fs::read_to_string("/proc/self/status").unwrap(), "SigIgn");
        assert_eq!(own & bit(libc::SIGPIPE), bit(libc::SIGPIPE), "Rust's runtime ignores it");
        assert_eq!(signals_of_child(temp, "SigIgn"), own & !bit(libc::SIGPIPE));
        let mut wanted = own & !bit(libc::SIGPIPE);
        for signal in without_emulated_numbers(&[libc::SIGHUP, libc::SIGUSR1, 50]) {
            set_signal_handler(signal, libc::SIG_IGN, 0);
            wanted |= bit(signal);
        }
        assert_eq!(signals_of_child(temp, "SigIgn"), wanted);
        assert_eq!(sh("kill -HUP $$; exit 3", &[]), Exited(3));
        assert_eq!(sh("kill -PIPE $$; exit 3", &[]), Signaled(13));
    });
}

#[test]
fn run_resets_handled_signals_to_their_default() {
    in_child(|temp| {
        for signal in [libc::SIGUSR1, libc::SIGTERM, libc::SIGINT, 45] {
            set_signal_handler(signal, counting_handler(), libc::SA_ONSTACK);
        }
        assert_eq!(signals_of_child(temp, "SigCgt"), 0);
        assert_eq!(sh("kill -USR1 $$; exit 3", &[]), Signaled(10));
        assert_eq!(sh("kill -TERM $$; exit 3", &[]), Signaled(15));
        assert_eq!(CALLS.load(Ordering::SeqCst), 0);
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::raise(libc::SIGUSR1) });
        assert_eq!(CALLS.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn run_keeps_the_signal_handlers_of_the_caller() {
    in_child(|_| {
        set_signal_handler(libc::SIGUSR1, counting_handler(), libc::SA_RESTART);
        set_signal_handler(libc::SIGUSR2, libc::SIG_IGN, 0);
        for sigchld in [libc::SIG_DFL, libc::SIG_IGN, counting_handler()] {
            set_signal_handler(libc::SIGCHLD, sigchld, libc::SA_NOCLDSTOP);
            let before = handlers();
            assert_eq!(sh("exit 3", &[]), Exited(3));
            assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(handlers(), before);
        }
    });
}

#[test]
fn run_is_not_disturbed_by_signals_that_arrive() {
    in_child(|_| {
        set_signal_handler(libc::SIGALRM, counting_handler(), 0);
        let every = libc::timeval { tv_sec: 0, tv_usec: 200 };
        let timer = libc::itimerval { it_interval: every, it_value: every };
        // SAFETY: the timer is readable.
        checked(unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) });
        for sigchld in [libc::SIG_DFL, libc::SIG_IGN] {
            set_signal_handler(libc::SIGCHLD, sigchld, 0);
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
fn run_calls_a_sigchld_handler_and_returns_the_exit_code() {
    in_child(|_| {
        set_signal_handler(libc::SIGCHLD, counting_handler(), 0);
        for code in 0..50 {
            assert_eq!(sh("exit $1", &[&code.to_string()]), Exited(code));
        }
        // Pending signals are merged, but at least one arrives, after the first child.
        assert!(CALLS.load(Ordering::SeqCst) >= 1);
        assert_no_children();
    });
}
