//! The heap: where blocks come from, and where they go.

use core::ptr::{NonNull, null_mut};

use super::header::Header;
use super::layout::{FIRST_BLOCK, FREED, HEADER, MARK_BITS, PAGE_MAX, SEGMENT, USED};
use super::lock::Mutex;
use super::segments::Segments;
use crate::errno::{Errno, Result};
use crate::sys;

/// The largest block that shares a segment with others.
pub(super) const SMALL_MAX: usize = 1 << 17;
/// The largest block that is kept for reuse.
pub(super) const LARGE_MAX: usize = 1 << 24;
/// How much memory in freed blocks over [`SMALL_MAX`] is kept for reuse.
const CACHED_MAX: usize = 1 << 25;
const HUGE_PAGE: usize = 1 << 21;
pub(super) const CLASSES: usize = class_of(LARGE_MAX).1 + 1;

/// Rounds up to a multiple of a power of two.
const fn round_up(value: usize, power: usize) -> usize {
    (value + power - 1) & !(power - 1)
}

/// Returns the length of the mapping that a block of this size fills.
const fn mapping_len(size: usize) -> usize {
    round_up(FIRST_BLOCK + size, PAGE_MAX)
}

/// Rounds the size of a block up to that of its class, and returns it with the number of the class.
///
/// Blocks over [`LARGE_MAX`] fill their mappings. They have no class, and a number that no class has.
#[inline(never)]
pub(super) const fn class_of(size: usize) -> (usize, usize) {
    if size > LARGE_MAX {
        return (mapping_len(size) - FIRST_BLOCK, usize::MAX);
    }
    let last = size - 1;
    let shift = usize::BITS - 3 - (last | 64).leading_zeros();
    let steps = (last >> shift) + 1;
    (steps << shift, (shift as usize - 4) * 4 + steps)
}

pub(super) struct Heap {
    segments: Segments,
    /// The next small block, and how many bytes its segment has left.
    bump: *mut u8,
    bump_left: usize,
    /// The free list of each class: the block freed last.
    freed: [*mut Header; CLASSES],
    /// Bytes in freed blocks over [`SMALL_MAX`].
    cached_bytes: usize,
}

// SAFETY: the pointers lead to memory that the heap owns, whichever thread uses it.
unsafe impl Send for Heap {}

pub(super) static HEAP: Mutex<Heap> = Mutex::new(Heap {
    segments: Segments::new(),
    bump: null_mut(),
    bump_left: 0,
    freed: [null_mut(); CLASSES],
    cached_bytes: 0,
});

impl Heap {
    /// Returns a block with room for at least this many bytes, with length 0.
    pub(super) fn allocate(&mut self, capacity: usize) -> Result<NonNull<Header>> {
        // Such a size exceeds the address space, and the room in a header.
        if capacity >> (usize::BITS - MARK_BITS - 1) != 0 {
            return Err(Errno::ENOMEM);
        }
        let (size, class) = class_of(HEADER + capacity);
        let block = match self.take_freed(class) {
            Some(block) => block,
            None if size > SMALL_MAX => self.map_segment(size, FIRST_BLOCK)?,
            None => self.bump_allocate(size)?,
        };
        // SAFETY: the block is mapped, aligned, and in no list, so nothing else uses it.
        unsafe { block.write(Header::used(size)) };
        Ok(block)
    }

    /// Removes a block from the free list of a class.
    #[inline(never)]
    fn take_freed(&mut self, class: usize) -> Option<NonNull<Header>> {
        let first = self.freed.get_mut(class)?;
        let block = NonNull::new(*first)?;
        // SAFETY: a block in a free list starts with its header, and the heap is borrowed mutably.
        let header = unsafe { block.as_ref() };
        *first = header.next();
        if header.size() > SMALL_MAX {
            self.cached_bytes -= header.size();
        }
        Some(block)
    }

    /// Allocates a small block that was never used.
    fn bump_allocate(&mut self, size: usize) -> Result<NonNull<Header>> {
        if self.bump_left < size {
            // The rest of the old segment was never touched, and costs nothing but addresses.
            self.bump = self.map_segment(SEGMENT - FIRST_BLOCK, SEGMENT - HEADER)?.as_ptr().cast();
            self.bump_left = SEGMENT - FIRST_BLOCK;
        }
        // SAFETY: the segment has at least `size` bytes left, so the pointer is not null.
        let block = unsafe { NonNull::new_unchecked(self.bump) };
        // SAFETY: the segment has at least `size` bytes left.
        self.bump = unsafe { self.bump.add(size) };
        self.bump_left -= size;
        Ok(block.cast())
    }

    /// Maps a segment with room for a block of this size, and returns its first block, which is zeroed.
    ///
    /// `last_block` is the highest offset at which a block of the segment can start.
    #[cold]
    #[inline(never)]
    fn map_segment(&mut self, size: usize, last_block: usize) -> Result<NonNull<Header>> {
        let len = mapping_len(size);
        let alignment = if size > LARGE_MAX { HUGE_PAGE } else { SEGMENT };
        let mapped = sys::map(len + alignment).or_else(|_| {
            // Cached memory may be what is missing.
            self.trim(0);
            sys::map(len + alignment)
        })?;
        let before = mapped.addr().get().wrapping_neg() % alignment;
        // SAFETY: `before` is less than the alignment, by which the mapping is longer than `len`.
        let segment = unsafe { mapped.add(before) };
        // SAFETY: the range is the part of the new mapping in front of the segment.
        unsafe { sys::unmap(mapped, before) };
        // SAFETY: the mapping has this many bytes from the segment on.
        let end = unsafe { segment.add(len) };
        // SAFETY: the range is the part of the new mapping after the segment.
        unsafe { sys::unmap(end, alignment - before) };
        if size > LARGE_MAX {
            sys::prefer_huge_pages(segment, len);
        }
        // SAFETY: the segment is fresh memory, so it is not in the table; it is removed before it is unmapped.
        unsafe { self.segments.insert(segment, last_block) };
        // SAFETY: the segment is longer than this.
        Ok(unsafe { segment.add(FIRST_BLOCK) }.cast())
    }

    /// Unmaps the segment that a block fills.
    ///
    /// # Safety
    /// The block is freed and fills a segment, and nothing leads to it.
    #[inline(never)]
    unsafe fn unmap_segment(&mut self, block: NonNull<Header>) {
        // SAFETY: a freed block starts with its header.
        let len = mapping_len(unsafe { block.as_ref() }.size());
        // SAFETY: the block is the first of its segment.
        let segment = unsafe { block.cast::<u8>().sub(FIRST_BLOCK) };
        self.segments.remove(segment.addr().get());
        // SAFETY: the segment is a mapping of this length, and nothing leads to it.
        unsafe { sys::unmap(segment, len) };
    }

    /// Frees the block whose content starts at a pointer from outside, or stops the process if there is none.
    ///
    /// # Safety
    /// If the pointer is that of a block, nothing uses the block afterwards.
    pub(super) unsafe fn free(&mut self, content: *const u8) {
        let address = content.addr().wrapping_sub(HEADER);
        let Some((segment, last_block)) = self.segments.find(address & !(SEGMENT - 1)) else {
            misuse("ffi_syscalls: rt_free: not the library's pointer\n");
        };
        // A block that fills its segment may end, with its mapping, before the next multiple of SEGMENT.
        let offset = address % SEGMENT;
        if offset > last_block || !address.is_multiple_of(HEADER) {
            misuse(NO_BLOCK);
        }
        // SAFETY: the offset lies in the segment.
        let block = unsafe { segment.add(offset) }.cast::<Header>();
        // SAFETY: the address is mapped and aligned, any bytes are a header, and the heap is borrowed mutably.
        let header = unsafe { block.as_ref() };
        match header.mark() {
            USED => {}
            FREED => misuse("ffi_syscalls: rt_free: free already\n"),
            _ => misuse(NO_BLOCK),
        }
        let size = header.size();
        let Some(first) = self.freed.get_mut(class_of(size).1) else {
            // SAFETY: a block without a class fills its segment, and nothing uses it afterwards.
            return unsafe { self.unmap_segment(block) };
        };
        // SAFETY: the block is mapped, and nothing else uses it.
        unsafe { block.write(Header::freed(size, *first)) };
        *first = block.as_ptr();
        if size > SMALL_MAX {
            self.cached_bytes += size;
            self.trim(CACHED_MAX);
        }
    }

    /// Unmaps large freed blocks, the largest first, until no more than this many bytes are cached.
    #[inline(never)]
    fn trim(&mut self, cached_max: usize) {
        let mut class = CLASSES;
        while self.cached_bytes > cached_max && class > 0 {
            match self.take_freed(class - 1) {
                // SAFETY: the block is freed and in no list, and a block of a class over SMALL_MAX fills its segment.
                Some(block) => unsafe { self.unmap_segment(block) },
                None => class -= 1,
            }
        }
    }
}

const NO_BLOCK: &str = "ffi_syscalls: rt_free: not the beginning of a block\n";

/// Stops the process as abort(3) does: the program's memory is corrupt, and going on would hide where.
#[cold]
fn misuse(message: &str) -> ! {
    let _ = sys::write(&sys::STDERR, message.as_bytes());
    // The default action ends the process, whatever handler or mask the program has set.
    sys::set_disposition(sys::SIGABRT, false);
    let _ = sys::set_signal_mask(sys::NO_SIGNALS);
    sys::raise(sys::SIGABRT);
    sys::exit(134)
}
