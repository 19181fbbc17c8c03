//! A buffer from the kernel, not from the heap.
//!
//! It takes no lock, so a child that a threaded process forked can use it; a thread that is gone in the child may hold
//! the lock of the heap for ever.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use crate::errno::Result;
use crate::sys;

/// A mapping that is unmapped when dropped.
pub(crate) struct MappedBuffer {
    start: NonNull<u8>,
    len: usize,
}

impl MappedBuffer {
    pub(crate) fn new(len: usize) -> Result<Self> {
        Ok(Self { start: sys::map(len)?, len })
    }

    pub(crate) const fn as_uninit_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: the mapping has this length, and is borrowed mutably.
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr().cast(), self.len) }
    }
}

impl Drop for MappedBuffer {
    fn drop(&mut self) {
        // SAFETY: the mapping has this length, and `self` is gone after this call.
        unsafe { sys::unmap(self.start, self.len) };
    }
}
