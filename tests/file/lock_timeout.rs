use std::time::{Duration, Instant};

use super::*;

const MOMENT: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(60);

#[test]
fn lock_timeout_takes_a_free_lock_whatever_the_limit() {
    let temp = TempDir::new();
    let path = temp.join("file");
    for limit in [None, Some(Duration::ZERO), Some(Duration::from_nanos(1)), Some(LONG), Some(Duration::MAX)] {
        let lock = file::lock_timeout(&*path, limit).unwrap();
        assert!(!is_unlocked(&path), "{limit:?}");
        lock.unlock().unwrap();
        assert!(is_unlocked(&path), "{limit:?}");
    }
}

#[test]
fn lock_timeout_of_a_locked_file_fails_with_etimedout_after_the_limit() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let held = file::lock(&*path).unwrap();
    for limit in [Duration::from_nanos(1), Duration::from_millis(1), MOMENT, Duration::from_millis(170)] {
        let begin = Instant::now();
        assert_eq!(file::lock_timeout(&*path, Some(limit)).unwrap_err(), Errno::ETIMEDOUT);
        assert!(begin.elapsed() >= limit, "{limit:?}: {:?}", begin.elapsed());
        assert!(begin.elapsed() < limit + Duration::from_secs(5), "{limit:?}: {:?}", begin.elapsed());
    }
    let begin = Instant::now();
    assert_eq!(file::lock_timeout(&*path, Some(Duration::ZERO)).unwrap_err(), Errno::EAGAIN);
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(!is_unlocked(&path));
    drop(held);
    assert!(is_unlocked(&path));
}

/// Returns the processor time that this process has used.
fn processor_time() -> Duration {
    // SAFETY: the struct has integer fields only, so all zeroes are a valid value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the struct is writable.
    checked(unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) });
    let of = |time: libc::timeval| {
        Duration::new(time.tv_sec.unsigned_abs(), 0) + Duration::from_micros(time.tv_usec.unsigned_abs())
    };
    of(usage.ru_utime) + of(usage.ru_stime)
}

#[test]
fn lock_timeout_waits_without_using_the_processor() {
    in_child(|temp| {
        let path = temp.join("file");
        let _held = file::lock(&*path).unwrap();
        let before = processor_time();
        assert_eq!(file::lock_timeout(&*path, Some(Duration::from_millis(600))).unwrap_err(), Errno::ETIMEDOUT);
        let used = processor_time() - before;
        assert!(used < Duration::from_millis(200), "{used:?}");
    });
}

#[test]
fn lock_timeout_gets_a_lock_that_is_released_meanwhile() {
    for limit in [None, Some(LONG)] {
        let temp = TempDir::new();
        let path = temp.join("file");
        let held = file::lock(&*path).unwrap();
        let begin = Instant::now();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| file::lock_timeout(&*path, limit).unwrap());
            thread::sleep(MOMENT);
            held.unlock().unwrap();
            let lock = waiter.join().unwrap();
            assert!(begin.elapsed() >= MOMENT, "{limit:?}");
            assert!(begin.elapsed() < LONG / 2, "{limit:?}");
            assert!(!is_unlocked(&path));
            drop(lock);
        });
    }
}

/// The waiter gets the lock of a file that has lost its name, and must start over with the one that has it.
#[test]
fn lock_timeout_locks_the_file_that_replaced_another_during_the_wait() {
    for limit in [None, Some(LONG)] {
        let temp = TempDir::new();
        let path = temp.file("file", "first");
        let held = file::lock(&*path).unwrap();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| file::lock_timeout(&*path, limit).unwrap());
            thread::sleep(MOMENT);
            fs::rename(temp.file("new", "second"), &path).unwrap();
            held.unlock().unwrap();
            let lock = waiter.join().unwrap();
            assert!(!is_unlocked(&path), "{limit:?}");
            lock.unlock().unwrap();
            assert!(is_unlocked(&path), "{limit:?}");
        });
    }
}

/// With a limit, the file that is at the path now need not wait for the holder of the old one.
#[test]
fn lock_timeout_with_a_limit_does_not_wait_for_the_holder_of_a_replaced_file() {
    let temp = TempDir::new();
    let path = temp.file("file", "first");
    let held = file::lock(&*path).unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| file::lock_timeout(&*path, Some(LONG)).unwrap());
        thread::sleep(MOMENT);
        fs::rename(temp.file("new", "second"), &path).unwrap();
        drop(waiter.join().unwrap());
    });
    drop(held);
}

/// Each holder deletes the file before it releases the lock, so that waiters get locks of files without a name.
#[test]
fn lock_timeout_is_exclusive_while_holders_delete_the_file() {
    let rounds = if is_emulated() { 20 } else { 200 };
    for limit in [None, Some(LONG)] {
        let temp = TempDir::new();
        let path = temp.join("file");
        let (inside, entered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        let lock = file::lock_timeout(&*path, limit).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold the lock");
                        entered.fetch_add(1, Ordering::SeqCst);
                        assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1, "two hold the lock");
                        fs::remove_file(&path).unwrap();
                        drop(lock);
                    }
                });
            }
        });
        assert_eq!(entered.into_inner(), 4 * rounds);
    }
}

extern "C" fn ignore(_signal: i32) {}

/// The identity of a thread, which is a pointer in some libcs.
struct Thread(libc::pthread_t);

// SAFETY: any thread may use the identity of another.
unsafe impl Sync for Thread {}

impl Thread {
    fn interrupt(&self) {
        // SAFETY: the thread outlives those that interrupt it.
        assert_eq!(unsafe { libc::pthread_kill(self.0, libc::SIGUSR1) }, 0);
    }
}

/// A handler without SA_RESTART interrupts flock(2) and nanosleep(2) every millisecond.
#[test]
fn lock_timeout_is_not_ended_by_signals() {
    in_child(|temp| {
        let path = temp.join("file");
        let held = file::lock(&*path).unwrap();
        set_signal_handler(libc::SIGUSR1, ignore as *const () as libc::sighandler_t, 0);
        // SAFETY: the call takes nothing.
        let waiter = Thread(unsafe { libc::pthread_self() });
        let interrupt = || {
            waiter.interrupt();
            thread::sleep(Duration::from_millis(1));
        };
        while_repeating(interrupt, || {
            let (begin, limit) = (Instant::now(), Duration::from_millis(100));
            assert_eq!(file::lock_timeout(&*path, Some(limit)).unwrap_err(), Errno::ETIMEDOUT);
            assert!(begin.elapsed() >= limit, "{:?}", begin.elapsed());
            let begin = Instant::now();
            thread::scope(|scope| {
                scope.spawn(move || {
                    thread::sleep(2 * MOMENT);
                    held.unlock().unwrap();
                });
                drop(file::lock_timeout(&*path, None).unwrap());
            });
            assert!(begin.elapsed() >= 2 * MOMENT, "{:?}", begin.elapsed());
        });
    });
}

#[test]
fn lock_exclusive_waits_and_try_lock_exclusive_does_not() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let held = file::lock_exclusive(&*path).unwrap();
    assert_eq!(file::try_lock_exclusive(&*path).unwrap_err(), Errno::EAGAIN);
    let begin = Instant::now();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| drop(file::lock_exclusive(&*path).unwrap()));
        thread::sleep(MOMENT);
        held.unlock().unwrap();
        waiter.join().unwrap();
    });
    assert!(begin.elapsed() >= MOMENT);
    drop(file::try_lock_exclusive(&*path).unwrap());
}

#[test]
fn lock_timeout_reports_errors_at_once_whatever_the_limit() {
    let temp = TempDir::new();
    temp.symlink("loop", "loop");
    for limit in [None, Some(Duration::ZERO), Some(LONG)] {
        for name in ["missing/file", "missing/", "loop"] {
            let ours = file::lock_timeout(&*temp.join(name), limit);
            assert_eq!(ours.unwrap_err(), file::lock(&*temp.join(name)).unwrap_err(), "{name}, {limit:?}");
        }
        assert_eq!(file::lock_timeout("file\0", limit).unwrap_err(), Errno::EINVAL);
    }
}

#[test]
fn lock_timeout_leaks_no_descriptor() {
    in_child(|temp| {
        let path = temp.join("file");
        let held = file::lock(&*path).unwrap();
        let before = count_descriptors();
        for _ in 0..5 {
            file::lock_timeout(&*path, Some(Duration::from_millis(3))).unwrap_err();
            file::lock_shared_timeout(&*path, Some(Duration::from_millis(3))).unwrap_err();
        }
        assert_eq!(count_descriptors(), before);
        drop(held);
        drop(file::lock_timeout(&*path, None).unwrap());
        assert_eq!(count_descriptors(), before - 1);
    });
}
