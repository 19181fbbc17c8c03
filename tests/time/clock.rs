use super::*;

fn micros_of_std() -> i64 {
    i64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// Returns the nanoseconds of the monotonic clock as libc reads it.
fn nanos_of_libc() -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one time.
    checked(unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) });
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Asserts that the clocks lie between two readings of the oracle.
#[track_caller]
fn assert_clocks() {
    for _ in 0..1000 {
        let before = micros_of_std();
        let micros = time::now_unix_micros();
        assert!((before..=micros_of_std()).contains(&micros), "{before} {micros}");
        let before = nanos_of_libc();
        let nanos = time::now_nanos();
        assert!((before..=nanos_of_libc()).contains(&nanos), "{before} {nanos}");
    }
}

#[test]
fn clocks_agree_with_std_and_libc() {
    assert_clocks();
    let before = micros_of_std();
    let now = Timestamp::now().micros();
    assert!((before..=micros_of_std()).contains(&now));
}

#[test]
fn clocks_never_go_back_between_threads() {
    let last = std::sync::atomic::AtomicI64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5000 {
                    let seen = last.load(std::sync::atomic::Ordering::SeqCst);
                    let now = time::now_nanos();
                    assert!(now >= seen);
                    last.fetch_max(now, std::sync::atomic::Ordering::SeqCst);
                }
            });
        }
    });
}

/// The kernel refuses the system call, so a right time comes from the vDSO.
#[test]
#[cfg(target_os = "linux")]
fn clocks_are_read_without_a_system_call() {
    if is_emulated() {
        report_not_in_an_emulator("a clock without a system call");
        return;
    }
    // SAFETY: the call takes a number.
    if unsafe { libc::getauxval(libc::AT_SYSINFO_EHDR) } == 0 {
        report_cannot_run("a clock without a system call: the kernel maps no vDSO");
        return;
    }
    in_child(|_| {
        deny_syscall(libc::SYS_clock_gettime);
        assert_clocks();
    });
}

/// The kernel does not show the auxiliary vector, so there is no vDSO to be found.
#[test]
#[cfg(target_os = "linux")]
fn clocks_are_right_where_the_vdso_cannot_be_found() {
    if is_emulated() {
        report_not_in_an_emulator("a refused system call");
        return;
    }
    in_child(|_| {
        deny_syscall(libc::SYS_openat);
        // The last one, since installing a filter takes this call.
        deny_syscall(libc::SYS_prctl);
        assert_clocks();
    });
}

#[test]
fn sleep_takes_at_least_as_long_as_requested() {
    for milliseconds in [0, 1, 25] {
        let (duration, start) = (Duration::from_millis(milliseconds), Instant::now());
        time::sleep(duration).unwrap();
        assert!(start.elapsed() >= duration);
    }
    let start = Instant::now();
    time::sleep(Duration::from_nanos(1)).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn sleep_goes_on_after_a_signal() {
    in_child(|_| {
        extern "C" fn nothing(_: i32) {}
        set_signal_handler(libc::SIGALRM, nothing as *const () as libc::sighandler_t, 0);
        let every = libc::timeval { tv_sec: 0, tv_usec: 2000 };
        let timer = libc::itimerval { it_interval: every, it_value: every };
        // SAFETY: the timer is valid, and the old one is not requested.
        checked(unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) });
        let (duration, start) = (Duration::from_millis(60), Instant::now());
        time::sleep(duration).unwrap();
        assert!(start.elapsed() >= duration);
    });
}

/// A sleep that returned at once would have its caller spin.
#[test]
#[cfg(target_os = "linux")]
fn sleep_reports_that_a_sandbox_refuses_it() {
    if is_emulated() {
        report_not_in_an_emulator("a refused system call");
        return;
    }
    in_child(|_| {
        deny_syscall(libc::SYS_nanosleep);
        deny_syscall(libc::SYS_clock_nanosleep);
        assert_eq!(time::sleep(Duration::from_secs(3600)), Err(Errno::EPERM));
    });
}
