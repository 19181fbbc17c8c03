//! Threads: waiting for each other, and telling each other apart.

pub(crate) use super::own::{futex_wait, futex_wake_one};

/// Returns a number that no other living thread has: the address of its errno.
#[cfg(feature = "exports")]
pub(crate) fn thread_identity() -> usize {
    super::call::errno_location().addr()
}
