//! Which memory is the heap's: the table that tells a pointer of the library's from any other without looking at what
//! it points to.

/// Every segment begins at a multiple of this.
pub(crate) const SEGMENT: usize = 1 << 20;

/// In front of the blocks of a segment.
#[repr(C, align(16))]
struct Front {
    /// The next segment of the same row, or 0.
    next: usize,
    /// Where the last of the segment's blocks begins, at the latest.
    last_block: usize,
}

/// Where the blocks of a segment begin, behind its [`Front`]. With the header of the first one that makes 64: the content
/// of a block that has a segment to itself begins with a cache line, where the kernel puts what is read an eighth faster
/// than elsewhere.
pub(crate) const FRONT: usize = 48;

const _: () = assert!(size_of::<Front>() <= FRONT);

/// The segments in use, each in the row that its address tells. Neighbours in memory are in different rows, so that
/// rows are short: 4096 of them, one segment each, are 4 GB.
pub(crate) struct Segments {
    rows: [usize; Self::ROWS],
}

/// The front of a segment.
///
/// # Safety
/// The segment is in a table, which is borrowed.
const unsafe fn front<'a>(segment: usize) -> &'a mut Front {
    // SAFETY: the caller's: what is in a table is memory that begins with a front.
    unsafe { &mut *core::ptr::with_exposed_provenance_mut(segment) }
}

impl Segments {
    const ROWS: usize = 4096;

    pub(crate) const fn new() -> Self {
        Self { rows: [0; Self::ROWS] }
    }

    /// The word that leads to the segment, or, when it is not in the table, the 0 at the end of its row.
    #[inline(never)]
    #[expect(clippy::indexing_slicing, reason = "a remainder is less than its divisor")]
    fn link(&mut self, segment: usize) -> &mut usize {
        let mut link = &mut self.rows[segment / SEGMENT % Self::ROWS];
        while *link != 0 && *link != segment {
            // SAFETY: what a link leads to is in the table.
            link = &mut unsafe { front(*link) }.next;
        }
        link
    }

    /// Where the last block of this segment begins at the latest, or `None` when it is not in the table.
    pub(crate) fn last_block(&mut self, segment: usize) -> Option<usize> {
        if *self.link(segment) == 0 {
            return None;
        }
        // SAFETY: it is in the table.
        Some(unsafe { front(segment) }.last_block)
    }

    /// Enters a segment.
    ///
    /// # Safety
    /// It is not in the table, and is memory of the heap's until it is removed.
    #[inline(never)]
    pub(crate) unsafe fn insert(&mut self, segment: usize, last_block: usize) {
        *self.link(segment) = segment;
        // SAFETY: the caller's: the segment begins with room for it.
        *unsafe { front(segment) } = Front { next: 0, last_block };
    }

    /// Takes a segment out, which is in the table.
    #[inline(never)]
    pub(crate) fn remove(&mut self, segment: usize) {
        let link = self.link(segment);
        if *link != 0 {
            // SAFETY: it is in the table.
            *link = unsafe { front(segment) }.next;
        }
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
    fn the_table_of_segments_keeps_what_it_is_given() {
        // Fronts alone, close together, so that they share a row.
        let mut fronts: Vec<_> = (0..50).map(|_| Box::new(Front { next: 0, last_block: 0 })).collect();
        let all: Vec<usize> = fronts.iter_mut().map(|front| (&raw mut **front).expose_provenance()).collect();
        let mut segments = Segments::new();
        let mut model = BTreeSet::new();
        let mut state = 1_usize;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let Some(&segment) = all.get((state >> 40) % all.len()) else { continue };
            if model.remove(&segment) {
                segments.remove(segment);
            } else {
                // SAFETY: a front that lives as long as the table.
                unsafe { segments.insert(segment, segment + 1) };
                model.insert(segment);
            }
            for &segment in &all {
                assert_eq!(segments.last_block(segment), model.contains(&segment).then_some(segment + 1));
            }
        }
        assert_eq!(segments.last_block(0), None);
    }
}
