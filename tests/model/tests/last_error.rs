//! The last error of each thread: src/last_error.rs.

extern crate model as core;

#[path = "../../../src/last_error.rs"]
mod last_error;

mod sys {
    use std::num::NonZeroUsize;

    pub(crate) use model::kernel::identity as thread_identity;

    pub(crate) fn map(len: usize) -> Result<NonZeroUsize, ()> {
        model::kernel::map_slots(len).ok_or(())
    }

    /// # Safety
    /// Nobody uses the mapping any more, which the model checks.
    pub(crate) unsafe fn unmap(address: usize, len: usize) {
        model::kernel::unmap(address, len);
    }
}

/// Identities that all want the same slots, in the first table and in the second.
fn rivals(count: usize) -> Vec<usize> {
    let home = |identity: &usize| identity.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & 511;
    (1..).filter(|identity| home(identity) == 5).take(count).collect()
}

/// The model learns of the slots that this identity leads to.
fn look_as(identity: usize) {
    model::kernel::set_identity(identity);
    assert_eq!(last_error::get(), 0);
}

/// Fails twice, and looks each time.
fn fail_twice(identity: usize) {
    model::kernel::set_identity(identity);
    for errno in [1, 2] {
        let own = i32::try_from(identity).expect("small") * 10 + errno;
        last_error::set(own);
        assert_eq!(last_error::get(), own);
    }
}

/// All of these at once, the last in the first thread.
fn fail_at_once(identities: &[usize]) {
    let Some((&own, others)) = identities.split_last() else { return };
    let start = |&identity: &usize| loom::thread::spawn(move || fail_twice(identity));
    let threads: Vec<_> = others.iter().map(start).collect();
    fail_twice(own);
    for thread in threads {
        assert!(thread.join().is_ok());
    }
    // What was theirs stays so.
    for &identity in identities {
        model::kernel::set_identity(identity);
        assert_eq!(last_error::get(), i32::try_from(identity).expect("small") * 10 + 2);
    }
}

#[test]
fn three_threads_that_want_the_same_slot_have_one_each() {
    let rivals = rivals(3);
    model::check("last error, three threads that want one slot", Some(3), move || {
        look_as(rivals[0]);
        fail_at_once(&rivals);
    });
}

#[test]
fn two_threads_that_need_a_further_table_have_the_same_one() {
    let rivals = rivals(10);
    model::check("last error, two threads that need a further table", None, move || {
        look_as(rivals[0]);
        for &identity in &rivals[..8] {
            model::kernel::set_identity(identity);
            last_error::set(7);
        }
        fail_at_once(&rivals[8..]);
    });
    let (mapped, unmapped) = model::kernel::mappings();
    assert!(mapped > 0 && unmapped > 0, "no table was made, or never two of which one is given back");
}
