//! Models of the library's lock-free code, from its own source files.

extern crate model as core;

// The library's files, by their places in it.
#[path = "../../../../src/c/last_error.rs"]
mod last_error_source;
#[path = "../../../../src/heap/lock.rs"]
#[allow(dead_code, reason = "the library uses all of it")]
mod lock_source;

mod last_error;
mod lock;

/// The primitives of the library that its lock-free code calls.
mod sys {
    use std::ptr::NonNull;

    pub(crate) use model::kernel::identity as thread_identity;
    pub(crate) use model::kernel::{futex_wait, futex_wake_one};

    pub(crate) fn map(len: usize) -> Result<NonNull<u8>, ()> {
        model::kernel::map_slots(len).ok_or(())
    }

    /// # Safety
    /// No thread uses the mapping from now on, which the model checks.
    pub(crate) unsafe fn unmap(start: NonNull<u8>, len: usize) {
        model::kernel::unmap(start, len);
    }
}
