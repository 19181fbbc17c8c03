//! Models of the library's lock-free code. They include its source files.

extern crate model as core;

// The library's source files.
#[path = "../../../../src/c/last_error.rs"]
mod last_error_source;
#[path = "../../../../src/heap/lock.rs"]
#[allow(dead_code, reason = "only the library uses every item")]
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
    /// No thread uses the mapping afterwards. The model checks that.
    pub(crate) unsafe fn unmap(start: NonNull<u8>, len: usize) {
        model::kernel::unmap(start, len);
    }
}
