//! The segments from which blocks can be allocated.

use core::ptr::{NonNull, null_mut};

use super::classes::{CLASSES, SMALL_CLASSES, SMALL_MAX, class_of};
use super::segment::Segment;

/// A doubly linked list of the segments of each class that have a free block.
pub(super) struct FreeSegments {
    first: [*mut Segment; CLASSES],
    /// Bytes in blocks over [`SMALL_MAX`].
    pub(super) large_bytes: usize,
    /// The large class whose turn it was, counted from the first.
    turn: usize,
}

impl FreeSegments {
    pub(super) const fn new() -> Self {
        Self { first: [null_mut(); CLASSES], large_bytes: 0, turn: 0 }
    }

    /// Returns the first segment of a class.
    pub(super) fn first(&self, class: usize) -> Option<NonNull<Segment>> {
        NonNull::new(*self.first.get(class)?)
    }

    /// Returns a large segment: one of the next class at each call, so that none lasts for ever that nothing asks for.
    pub(super) fn next_large(&mut self) -> Option<NonNull<Segment>> {
        self.turn = (self.turn + 1) % (CLASSES - SMALL_CLASSES);
        self.first(SMALL_CLASSES + self.turn)
    }

    /// Puts a segment at the beginning of the list of its class, if its blocks have one.
    ///
    /// # Safety
    /// The segment is in no list, and is removed from this one before it is unmapped.
    #[inline(never)]
    pub(super) unsafe fn insert(&mut self, mut segment: NonNull<Segment>) {
        // SAFETY: a segment starts with this value, which nothing else uses while the heap is borrowed mutably.
        let start = unsafe { segment.as_mut() };
        let Some(first) = self.first.get_mut(class_of(start.block_size).1) else { return };
        if start.block_size > SMALL_MAX {
            self.large_bytes += start.block_size;
        }
        (start.list_next, start.list_previous) = (*first, null_mut());
        if let Some(mut next) = NonNull::new(*first) {
            // SAFETY: a segment in a list is mapped, and another than this one.
            unsafe { next.as_mut() }.list_previous = segment.as_ptr();
        }
        *first = segment.as_ptr();
    }

    /// Removes a segment from the list of its class, if its blocks have one.
    ///
    /// # Safety
    /// The segment is in that list.
    #[inline(never)]
    pub(super) unsafe fn remove(&mut self, segment: NonNull<Segment>) {
        // SAFETY: a segment starts with this value, which nothing else uses while the heap is borrowed mutably.
        let &Segment { block_size, list_next, list_previous, .. } = unsafe { segment.as_ref() };
        let Some(first) = self.first.get_mut(class_of(block_size).1) else { return };
        if block_size > SMALL_MAX {
            self.large_bytes -= block_size;
        }
        if let Some(mut next) = NonNull::new(list_next) {
            // SAFETY: a segment in a list is mapped.
            unsafe { next.as_mut() }.list_previous = list_previous;
        }
        match NonNull::new(list_previous) {
            // SAFETY: a segment in a list is mapped.
            Some(mut previous) => unsafe { previous.as_mut() }.list_next = list_next,
            None => *first = list_next,
        }
    }
}
