//! Memory for the length of a call, from the kernel and not from the heap: it needs no lock, so it can be had in a
//! child that a threaded process forked, where the heap's lock may be held by a thread that is not there.

use core::mem::MaybeUninit;

use crate::{Result, sys};

/// A mapping that is given back when dropped.
pub(crate) struct Scratch {
    address: usize,
    len: usize,
}

impl Scratch {
    pub(crate) fn new(len: usize) -> Result<Self> {
        Ok(Self { address: sys::map(len)?.get(), len })
    }

    pub(crate) const fn bytes(&mut self) -> &mut [MaybeUninit<u8>] {
        let pointer = core::ptr::with_exposed_provenance_mut(self.address);
        // SAFETY: the mapping has this length, and is borrowed mutably.
        unsafe { core::slice::from_raw_parts_mut(pointer, self.len) }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: nothing borrows the mapping any more.
        unsafe { sys::unmap(self.address, self.len) };
    }
}
