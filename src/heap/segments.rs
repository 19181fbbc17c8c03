//! The table of segments, which tells the library's pointers from others without reading memory.

use core::ptr::{NonNull, null_mut};

use super::layout::{FIRST_BLOCK, SEGMENT};
use super::segment::Segment;

/// The segments in use, in rows chosen by address.
///
/// Neighbours in memory are in different rows, so rows are short: 4096 of them, one segment each, are 4 GB.
pub(super) struct Segments {
    rows: [*mut Segment; Self::ROWS],
}

impl Segments {
    const ROWS: usize = 4096;

    pub(super) const fn new() -> Self {
        Self { rows: [null_mut(); Self::ROWS] }
    }

    /// Returns the link that leads to the segment of the block at an address, or the null link that ends the row.
    #[inline(never)]
    #[expect(clippy::indexing_slicing, reason = "a remainder is less than its divisor")]
    pub(super) fn link(&mut self, block: usize) -> NonNull<*mut Segment> {
        let mut link = NonNull::from_mut(&mut self.rows[block / SEGMENT % Self::ROWS]);
        loop {
            // SAFETY: the link is in the table, which is borrowed mutably, or in a segment of the table.
            let segment = unsafe { link.read() };
            // SAFETY: a segment in the table is mapped, and nothing else uses its start.
            let Some(start) = (unsafe { segment.as_mut() }) else { return link };
            if start.has(block.wrapping_sub(segment.addr())) {
                return link;
            }
            link = NonNull::from_mut(&mut start.next);
        }
    }

    /// Returns the segment of the block at an address. A span has one of its blocks, or an address inside of one, there.
    pub(super) fn find(&mut self, block: usize) -> Option<NonNull<Segment>> {
        // SAFETY: the table is borrowed mutably, so the link is still valid.
        NonNull::new(unsafe { self.link(block).read() })
    }

    /// Enters a segment of one block.
    ///
    /// # Safety
    /// The segment is not in the table, and is removed from it before it is unmapped.
    pub(super) unsafe fn insert(&mut self, mut segment: NonNull<Segment>) {
        // SAFETY: a segment starts with this value, which nothing else uses.
        unsafe { segment.as_mut() }.next = null_mut();
        // SAFETY: the link ends its row, and the table is borrowed mutably.
        unsafe { self.link(segment.addr().get() + FIRST_BLOCK).write(segment.as_ptr()) };
    }

    /// Removes a segment that one block fills.
    ///
    /// # Safety
    /// The segment is in the table.
    pub(super) unsafe fn remove(&mut self, segment: NonNull<Segment>) {
        let link = self.link(segment.addr().get() + FIRST_BLOCK);
        // SAFETY: a segment in the table is mapped, and nothing else uses its start.
        let next = unsafe { segment.as_ref() }.next;
        // SAFETY: the table is borrowed mutably, so the link is still valid.
        unsafe { link.write(next) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use core::cell::UnsafeCell;

    use crate::heap::layout::HEADER;

    extern crate std;
    use std::boxed::Box;
    use std::collections::BTreeSet;
    use std::vec::Vec;

    const PAGE: usize = 4096;

    #[repr(align(4096))]
    struct Page(UnsafeCell<[u8; PAGE]>);

    #[test]
    fn segments_inserted_are_found_until_removed() {
        // Segments of a page, close together, so that they share rows.
        let memory: &[_] = Box::leak(Box::new([const { Page(UnsafeCell::new([0; PAGE])) }; 50]));
        let all: Vec<_> = memory.iter().filter_map(|page| NonNull::new(page.0.get().cast::<Segment>())).collect();
        for &segment in &all {
            // SAFETY: a page is longer than the start of a segment and a header.
            unsafe { Segment::begin(segment, 1 << 18) };
        }
        let mut segments = Segments::new();
        let mut model = BTreeSet::new();
        let mut state = 1_usize;
        let rounds = if cfg!(miri) { 500 } else { 20_000 };
        for _ in 0..rounds {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let Some(&segment) = all.get((state >> 40) % all.len()) else { continue };
            let address = segment.addr().get();
            if model.remove(&address) {
                // SAFETY: the model has it, so it is in the table.
                unsafe { segments.remove(segment) };
            } else {
                // SAFETY: the segment is not in the table, and never unmapped.
                unsafe { segments.insert(segment) };
                model.insert(address);
            }
            for &segment in &all {
                let address = segment.addr().get();
                let found = segments.find(address + FIRST_BLOCK);
                assert_eq!(found, model.contains(&address).then_some(segment));
                assert_eq!(segments.find(address + FIRST_BLOCK + HEADER), None);
            }
        }
        assert_eq!(segments.find(0), None);
    }
}
