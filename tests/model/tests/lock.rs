//! The lock on futex(2): src/sync.rs.

extern crate model as core;

#[path = "../../../src/sync.rs"]
#[allow(dead_code, reason = "the library uses all of it")]
mod sync;

mod sys {
    pub(crate) use model::kernel::{futex_wait, futex_wake_one};
}

use std::sync::Arc;

use sync::Mutex;

/// A lock that the model knows.
fn new_lock() -> Arc<Mutex<usize>> {
    let lock = Arc::new(Mutex::new(0));
    drop(lock.lock());
    lock
}

fn add_one(lock: &Mutex<usize>) {
    let mut value = lock.lock();
    let before = *value;
    *value = before + 1;
}

/// Some threads take the lock, each so often, and nothing that they add is lost.
fn threads_take_turns(others: usize, times: usize) {
    let lock = new_lock();
    let work = move |lock: &Mutex<usize>| (0..times).for_each(|_| add_one(lock));
    let start = |_| {
        let lock = Arc::clone(&lock);
        loom::thread::spawn(move || work(&lock))
    };
    let threads: Vec<_> = (0..others).map(start).collect();
    work(&lock);
    for thread in threads {
        assert!(thread.join().is_ok());
    }
    assert_eq!(*lock.lock(), (others + 1) * times);
}

#[test]
fn two_threads_exclude_each_other() {
    model::check("lock, two threads, twice each", None, || threads_take_turns(1, 2));
    assert!(model::kernel::times_slept() > 0, "nobody ever slept");
}

#[test]
fn three_threads_exclude_each_other_and_none_sleeps_for_ever() {
    model::check("lock, three threads", Some(3), || threads_take_turns(2, 1));
    assert!(model::kernel::times_slept() > 0, "nobody ever slept");
}
