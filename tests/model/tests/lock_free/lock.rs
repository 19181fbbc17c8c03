//! The lock on futex(2).

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Release};

use model::{Access, Extent, Fault};

use crate::lock_source::Mutex;

/// The states of the lock.
const HELD: u32 = 1;
const CONTENDED: u32 = 2;

/// Returns a lock whose twins exist.
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

/// Several threads take the lock a number of times and add one each time. Checks that no addition is lost.
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

const THREE_THREADS: Extent = Extent::Preemptions(3);

fn two_threads() {
    threads_take_turns(1, 2);
}

fn three_threads() {
    threads_take_turns(2, 1);
}

#[test]
fn lock_excludes_two_threads_from_each_other() {
    model::check("lock, two threads, twice each", Extent::All, two_threads);
    assert!(model::kernel::times_slept() > 0, "no thread ever slept");
}

#[test]
fn lock_excludes_three_threads_from_each_other_and_wakes_all_of_them() {
    model::check("lock, three threads", THREE_THREADS, three_threads);
    assert!(model::kernel::times_slept() > 0, "no thread ever slept");
}

#[test]
fn model_finds_a_lock_that_is_taken_without_acquire_ordering() {
    model::check_finds(Fault::Weakened(Access::Exchange, Acquire), Extent::All, two_threads);
}

#[test]
fn model_finds_a_lock_that_is_freed_without_release_ordering() {
    model::check_finds(Fault::Weakened(Access::Swap, Release), Extent::All, two_threads);
}

#[test]
fn model_finds_a_lock_that_is_taken_after_a_wait_without_acquire_ordering() {
    model::check_finds(Fault::Weakened(Access::Swap, Acquire), Extent::All, two_threads);
}

#[test]
fn model_finds_a_lock_that_wakes_no_waiter() {
    model::check_finds(Fault::LostWake, Extent::All, two_threads);
}

#[test]
fn model_finds_a_waiter_that_does_not_mark_the_lock_as_contended() {
    model::check_finds(Fault::SwapStores(CONTENDED, HELD), Extent::All, two_threads);
}

#[test]
fn model_finds_a_woken_thread_that_forgets_the_other_waiters() {
    model::check_finds(Fault::SwapStoresAfterWake(CONTENDED, HELD), THREE_THREADS, three_threads);
}
