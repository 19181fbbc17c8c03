//! Segments: the mappings of the heap. All blocks of a segment have one size.

use core::ptr::{NonNull, null_mut};

use super::header::Header;
use super::layout::{FIRST_BLOCK, SPAN};

/// The start of a segment, in front of its blocks: one large block, or as a span many small ones.
#[repr(C, align(16))]
pub(super) struct Segment {
    /// The next segment of the same row of the table.
    pub(super) next: *mut Self,
    /// The size of each block.
    pub(super) block_size: usize,
    /// The blocks that were ever allocated start before this offset.
    end: u32,
    /// The number of blocks, and of those that are free.
    blocks: u16,
    free: u16,
    /// The free list: the block freed last.
    freed: *mut Header,
    /// The neighbours in the list of segments of the same class with free blocks.
    pub(super) list_next: *mut Self,
    pub(super) list_previous: *mut Self,
}

const _: () = assert!(size_of::<Segment>() <= FIRST_BLOCK);

#[expect(clippy::cast_possible_truncation, reason = "offsets and numbers of blocks in a span fit")]
impl Segment {
    /// Starts the use as a segment of one block, which is free.
    ///
    /// # Safety
    /// The segment is a mapping that such a block fills, and nothing uses its blocks.
    #[inline(never)]
    pub(super) unsafe fn begin(mut this: NonNull<Self>, block_size: usize) {
        // SAFETY: a segment is longer than its start.
        let block = unsafe { this.byte_add(FIRST_BLOCK) }.cast();
        // SAFETY: the block is mapped, and nothing uses it.
        unsafe { block.write(Header::freed(block_size, null_mut())) };
        // SAFETY: a segment starts with this value, which nothing else uses while the heap is borrowed mutably.
        let start = unsafe { this.as_mut() };
        start.block_size = block_size;
        (start.end, start.blocks, start.free) = (FIRST_BLOCK as u32 + 1, 1, 1);
        start.freed = block.as_ptr();
    }

    /// Starts the use as a span, in place of a block of the size [`SPAN`], which is free.
    pub(super) fn begin_span(&mut self, block_size: usize) {
        self.block_size = block_size;
        self.end = FIRST_BLOCK as u32;
        self.blocks = SPAN.checked_div(block_size).unwrap_or_default() as u16;
        self.free = self.blocks;
        self.freed = null_mut();
    }

    /// Returns whether a block that was ever allocated may start at this offset. None starts before FIRST_BLOCK, where no
    /// word of this value looks like the second one of a header.
    pub(super) const fn has(&self, offset: usize) -> bool {
        offset < self.end as usize
    }

    /// Returns whether no block is in use.
    pub(super) const fn is_empty(&self) -> bool {
        self.free == self.blocks
    }

    /// Returns whether no block is free.
    pub(super) const fn is_full(&self) -> bool {
        self.free == 0
    }

    /// Allocates a block.
    ///
    /// # Safety
    /// A block is free.
    pub(super) unsafe fn allocate(mut this: NonNull<Self>) -> NonNull<Header> {
        // SAFETY: a segment starts with this value, which nothing else uses while the heap is borrowed mutably.
        let start = unsafe { this.as_mut() };
        start.free -= 1;
        if let Some(block) = NonNull::new(start.freed) {
            // SAFETY: a block in a free list starts with its header.
            start.freed = unsafe { block.as_ref() }.next();
            return block;
        }
        let end = start.end as usize;
        start.end += start.block_size as u32;
        // SAFETY: a block is free, and as none was freed it is at the end.
        unsafe { this.byte_add(end) }.cast()
    }

    /// Frees a block.
    ///
    /// # Safety
    /// The block is one of the segment, in use, and nothing uses it afterwards.
    pub(super) unsafe fn free(&mut self, block: NonNull<Header>) {
        // SAFETY: the block is mapped, and nothing else uses it.
        unsafe { block.write(Header::freed(self.block_size, self.freed)) };
        self.freed = block.as_ptr();
        self.free += 1;
    }
}
