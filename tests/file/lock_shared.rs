use std::time::{Duration, Instant};

use super::*;

const MOMENT: Duration = Duration::from_millis(30);

#[test]
fn lock_shared_admits_other_readers_and_no_writer() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let first = file::lock_shared(&*path).unwrap();
    let second = file::try_lock_shared(&*path).unwrap();
    let third = file::lock_shared_timeout(&*path, Some(Duration::ZERO)).unwrap();
    let other = fs::File::open(&path).unwrap();
    other.try_lock_shared().unwrap();
    other.unlock().unwrap();
    for held in [first, second, third] {
        assert!(other.try_lock().is_err());
        assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
        assert_eq!(file::lock_timeout(&*path, Some(Duration::from_millis(2))).unwrap_err(), Errno::ETIMEDOUT);
        held.unlock().unwrap();
    }
    assert!(is_unlocked(&path));
}

#[test]
fn lock_shared_of_an_exclusively_locked_file_fails_or_waits() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let held = file::lock(&*path).unwrap();
    assert_eq!(file::try_lock_shared(&*path).unwrap_err(), Errno::EAGAIN);
    assert_eq!(file::lock_shared_timeout(&*path, Some(Duration::ZERO)).unwrap_err(), Errno::EAGAIN);
    let begin = Instant::now();
    assert_eq!(file::lock_shared_timeout(&*path, Some(MOMENT)).unwrap_err(), Errno::ETIMEDOUT);
    assert!(begin.elapsed() >= MOMENT);
    thread::scope(|scope| {
        let begin = Instant::now();
        let waiters = [(); 3].map(|()| scope.spawn(|| file::lock_shared(&*path).unwrap()));
        thread::sleep(MOMENT);
        held.unlock().unwrap();
        // All hold the lock at the same time.
        let locks = waiters.map(|waiter| waiter.join().unwrap());
        assert!(begin.elapsed() >= MOMENT);
        assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
        drop(locks);
    });
    drop(file::lock(&*path).unwrap());
}

#[test]
fn lock_shared_is_released_by_its_descriptor() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let fd = file::lock_shared(&*path).unwrap().into_raw();
    assert!(!is_unlocked(&path));
    // SAFETY: the descriptor came from `into_raw` and has no other owner.
    unsafe { file::FileLock::from_raw(fd) }.unlock().unwrap();
    assert!(is_unlocked(&path));
}

#[test]
fn lock_shared_creates_a_missing_file_and_takes_directories_and_read_only_files() {
    as_ordinary_user(|temp| {
        let path = temp.join("new");
        drop(file::lock_shared(&*path).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"");
        set_mode(&path, 0o444);
        let directory = temp.mkdir("directory");
        for path in [path, directory] {
            let lock = file::lock_shared(&*path).unwrap();
            assert!(!is_unlocked(&path));
            drop(lock);
            assert!(is_unlocked(&path));
        }
    });
}

/// A writer changes two numbers, which readers must never see differ.
#[test]
fn lock_shared_keeps_readers_from_seeing_the_middle_of_a_change() {
    let rounds = if is_emulated() { 30 } else { 300 };
    let temp = TempDir::new();
    let path = temp.join("file");
    let numbers = [AtomicUsize::new(0), AtomicUsize::new(0)];
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..rounds {
                    let lock = file::lock_shared(&*path).unwrap();
                    let [first, second] = [0, 1].map(|at: usize| numbers[at].load(Ordering::SeqCst));
                    assert_eq!(first, second);
                    drop(lock);
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..rounds {
                let lock = file::lock_exclusive(&*path).unwrap();
                numbers[0].fetch_add(1, Ordering::SeqCst);
                thread::yield_now();
                numbers[1].fetch_add(1, Ordering::SeqCst);
                drop(lock);
            }
        });
    });
}
