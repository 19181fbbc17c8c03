//! The header in front of every block.

use core::ptr::{null_mut, without_provenance_mut};

use super::layout::{FREED, HEADER, MARK_BITS, USED};

const _: () = assert!(size_of::<Header>() == HEADER && align_of::<Header>() == HEADER);

/// The header in front of every block.
#[repr(C, align(16))]
pub(super) struct Header {
    /// Of a block in use: its length, which `rt_len` returns, as an address. Of a freed block: the next one of its
    /// list. It lies outside the caller's part of the block, so a write after the free cannot redirect the list.
    word: *mut Header,
    /// The size of the block, including its header, above its mark.
    info: usize,
}

impl Header {
    /// The header of a block that is not in the heap. It is all zeros, so it takes no room in a file.
    #[cfg(feature = "exports")]
    pub(super) const EMPTY: Self = Self { word: null_mut(), info: 0 };

    /// The header of a block in use, of length 0.
    pub(super) const fn used(size: usize) -> Self {
        Self { word: null_mut(), info: size << MARK_BITS | USED }
    }

    /// The header of a freed block, followed by another in its list.
    pub(super) const fn freed(size: usize, next: *mut Self) -> Self {
        Self { word: next, info: size << MARK_BITS | FREED }
    }

    /// Returns whether this is the header of a block in use, of this size.
    pub(super) const fn is_used(&self, size: usize) -> bool {
        self.info == size << MARK_BITS | USED
    }

    /// Returns whether this is the header of a freed block.
    pub(super) const fn is_freed(&self) -> bool {
        self.info & ((1 << MARK_BITS) - 1) == FREED
    }

    /// Returns the size of the block.
    pub(super) const fn size(&self) -> usize {
        self.info >> MARK_BITS
    }

    /// Returns the next freed block.
    pub(super) const fn next(&self) -> *mut Self {
        self.word
    }

    pub(super) fn len(&self) -> usize {
        self.word.addr()
    }

    pub(super) const fn set_len(&mut self, len: usize) {
        self.word = without_provenance_mut(len);
    }
}
