//! The last error of each thread.

use std::sync::atomic::Ordering::{Acquire, Release};

use model::{Access, Extent, Fault};

use crate::last_error_source::{get, set};

/// Returns identities with the same home slot in the first table, and the same in the second.
fn rivals(count: usize) -> Vec<usize> {
    let home = |identity: &usize| identity.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & 511;
    (1..).filter(|identity| home(identity) == 5).take(count).collect()
}

/// Creates the twins of the slots that this identity leads to.
fn look_as(identity: usize) {
    model::kernel::set_identity(identity);
    assert_eq!(get(), 0);
}

/// Sets the last error twice, and reads it each time.
fn fail_twice(identity: usize) {
    model::kernel::set_identity(identity);
    for errno in [1, 2] {
        let own = i32::try_from(identity).expect("small") * 10 + errno;
        set(own);
        assert_eq!(get(), own);
    }
}

/// Starts a thread for each identity but the last, which is that of the calling thread. All of them fail twice.
fn fail_at_once(identities: &[usize]) {
    let Some((&own, others)) = identities.split_last() else { return };
    let start = |&identity: &usize| loom::thread::spawn(move || fail_twice(identity));
    let threads: Vec<_> = others.iter().map(start).collect();
    fail_twice(own);
    for thread in threads {
        assert!(thread.join().is_ok());
    }
    // No thread has replaced another's error.
    for &identity in identities {
        model::kernel::set_identity(identity);
        assert_eq!(get(), i32::try_from(identity).expect("small") * 10 + 2);
    }
}

const ONE_SLOT: Extent = Extent::Preemptions(3);

/// Three threads need the same slot.
fn one_slot() {
    let rivals = rivals(3);
    look_as(rivals[0]);
    fail_at_once(&rivals);
}

/// Two threads find the first table full.
fn further_table() {
    let rivals = rivals(10);
    look_as(rivals[0]);
    for &identity in &rivals[..8] {
        model::kernel::set_identity(identity);
        set(7);
    }
    fail_at_once(&rivals[8..]);
}

#[test]
fn three_threads_that_need_the_same_slot_get_one_each() {
    model::check("last error, three threads that want one slot", ONE_SLOT, one_slot);
}

#[test]
fn two_threads_that_need_a_further_table_share_one() {
    model::check("last error, two threads that need a further table", Extent::All, further_table);
    let (mapped, unmapped) = model::kernel::mappings();
    assert!(mapped > 0 && unmapped > 0, "no table was mapped, or none was unmapped");
}

#[test]
fn model_finds_a_slot_that_is_claimed_in_two_steps() {
    model::check_finds(Fault::SplitExchange, ONE_SLOT, one_slot);
}

#[test]
fn model_finds_a_table_that_is_published_without_release_ordering() {
    model::check_finds(Fault::Weakened(Access::Exchange, Release), Extent::All, further_table);
}

#[test]
fn model_finds_another_threads_table_that_is_taken_without_acquire_ordering() {
    model::check_finds(Fault::Weakened(Access::FailedExchange, Acquire), Extent::All, further_table);
}

#[test]
fn model_finds_a_table_that_is_loaded_without_acquire_ordering() {
    model::check_finds(Fault::Weakened(Access::Load, Acquire), Extent::All, further_table);
}

#[test]
fn model_finds_the_use_of_a_table_that_was_unmapped() {
    model::check_finds(Fault::FailedExchangeReturnsNew, Extent::All, further_table);
}
