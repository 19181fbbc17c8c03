//! The table of segments, which tells the library's pointers from others without reading memory.

use core::ptr::{NonNull, null_mut};

use super::layout::{FIRST_BLOCK, SEGMENT};

/// The start of a segment, in front of its blocks.
#[repr(C, align(16))]
struct SegmentHeader {
    /// The next segment of the same row.
    next: *mut SegmentHeader,
    /// The highest offset at which a block can start.
    last_block: usize,
}

const _: () = assert!(size_of::<SegmentHeader>() <= FIRST_BLOCK);

/// The segments in use, in rows chosen by address.
///
/// Neighbours in memory are in different rows, so rows are short: 4096 of them, one segment each, are 4 GB.
pub(super) struct Segments {
    rows: [*mut SegmentHeader; Self::ROWS],
}

impl Segments {
    const ROWS: usize = 4096;

    pub(super) const fn new() -> Self {
        Self { rows: [null_mut(); Self::ROWS] }
    }

    /// Returns the link that leads to the segment at an address, or the null link that ends its row.
    #[inline(never)]
    #[expect(clippy::indexing_slicing, reason = "a remainder is less than its divisor")]
    fn link(&mut self, address: usize) -> NonNull<*mut SegmentHeader> {
        let mut link = NonNull::from_mut(&mut self.rows[address / SEGMENT % Self::ROWS]);
        loop {
            // SAFETY: the link is in the table, which is borrowed mutably, or in a segment of the table.
            let segment = unsafe { link.read() };
            if segment.is_null() || segment.addr() == address {
                return link;
            }
            // SAFETY: a segment in the table is mapped, and starts with its header.
            let next = unsafe { &raw mut (*segment).next };
            // SAFETY: the address of a field is not null.
            link = unsafe { NonNull::new_unchecked(next) };
        }
    }

    /// Returns the segment at an address, and the highest offset at which one of its blocks can start.
    pub(super) fn find(&mut self, address: usize) -> Option<(NonNull<u8>, usize)> {
        // SAFETY: the table is borrowed mutably, so the link is still valid.
        let segment = NonNull::new(unsafe { self.link(address).read() })?;
        // SAFETY: a segment in the table starts with its header, which nothing else uses.
        let last_block = unsafe { segment.as_ref() }.last_block;
        Some((segment.cast(), last_block))
    }

    /// Enters a segment.
    ///
    /// # Safety
    /// The segment is writable memory up to the end of a header at `last_block`, is not in the table, and is removed
    /// from it before it is unmapped.
    #[inline(never)]
    pub(super) unsafe fn insert(&mut self, segment: NonNull<u8>, last_block: usize) {
        let segment = segment.cast::<SegmentHeader>();
        // SAFETY: the segment is writable, and longer than its header.
        unsafe { segment.write(SegmentHeader { next: null_mut(), last_block }) };
        // SAFETY: the link ends its row, and the table is borrowed mutably.
        unsafe { self.link(segment.addr().get()).write(segment.as_ptr()) };
    }

    /// Removes the segment at an address, if it is in the table.
    #[inline(never)]
    pub(super) fn remove(&mut self, address: usize) {
        let link = self.link(address);
        // SAFETY: the table is borrowed mutably, so the link is still valid.
        let Some(segment) = NonNull::new(unsafe { link.read() }) else { return };
        // SAFETY: a segment in the table starts with its header, which nothing else uses.
        let next = unsafe { segment.as_ref() }.next;
        // SAFETY: the table is borrowed mutably, so the link is still valid.
        unsafe { link.write(next) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern crate std;
    use std::boxed::Box;
    use std::collections::BTreeSet;
    use std::vec::Vec;

    #[test]
    fn segments_inserted_are_found_until_removed() {
        // The headers alone, close together, so that they share a row.
        let headers: Vec<_> = (0..50).map(|_| Box::new(SegmentHeader { next: null_mut(), last_block: 0 })).collect();
        let all: Vec<NonNull<u8>> =
            headers.into_iter().map(|header| NonNull::from_mut(Box::leak(header)).cast()).collect();
        let mut segments = Segments::new();
        let mut model = BTreeSet::new();
        let mut state = 1_usize;
        let rounds = if cfg!(miri) { 500 } else { 20_000 };
        for _ in 0..rounds {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let Some(&segment) = all.get((state >> 40) % all.len()) else { continue };
            let address = segment.addr().get();
            if model.remove(&address) {
                segments.remove(address);
            } else {
                // SAFETY: the header is writable, not in the table, and never freed.
                unsafe { segments.insert(segment, address / 16) };
                model.insert(address);
            }
            for &segment in &all {
                let address = segment.addr().get();
                let found = segments.find(address);
                assert_eq!(found, model.contains(&address).then_some((segment, address / 16)));
            }
        }
        assert_eq!(segments.find(0), None);
    }
}
