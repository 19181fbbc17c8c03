//! The heap: allocation, reuse and release of blocks.

use core::ptr::{NonNull, null_mut};

use super::classes::{LARGE_MAX, SMALL_MAX, SPAN_CLASS, class_of, mapping_len};
use super::free_segments::FreeSegments;
use super::header::Header;
use super::layout::{FIRST_BLOCK, HEADER, MARK_BITS, SEGMENT, SPAN};
use super::lock::Mutex;
use super::segment::Segment;
use super::segments::Segments;
use crate::errno::{Errno, Result};
use crate::sys;

/// How much memory in freed blocks over [`SMALL_MAX`] is kept for reuse.
const CACHED_MAX: usize = 1 << 25;
const HUGE_PAGE: usize = 1 << 21;

pub(super) struct Heap {
    /// The span that became empty last, or null. It stays a span, so that allocating and freeing one block again and
    /// again does not begin and end a span each time.
    idle: *mut Segment,
    free: FreeSegments,
    segments: Segments,
}

// SAFETY: the pointers lead to memory that the heap owns, whichever thread uses it.
unsafe impl Send for Heap {}

pub(super) static HEAP: Mutex<Heap> = Mutex::new(Heap::new());

impl Heap {
    pub(super) const fn new() -> Self {
        Self { segments: Segments::new(), free: FreeSegments::new(), idle: null_mut() }
    }

    /// Returns a block with room for at least this many bytes.
    ///
    /// If there is no freed block of that size, it takes a block that grows, if it is large, and moves its pages. Then the
    /// content stays, and the old block is gone. All other blocks have the length 0.
    ///
    /// # Safety
    /// The block that grows is in use. If it was taken, nothing uses it afterwards.
    pub(super) unsafe fn allocate(
        &mut self,
        capacity: usize,
        growing: &mut Option<NonNull<Header>>,
    ) -> Result<NonNull<Header>> {
        // Such a size exceeds the address space, and the room in a header.
        if capacity >> (usize::BITS - MARK_BITS - 1) != 0 {
            return Err(Errno::ENOMEM);
        }
        let (size, class) = class_of(HEADER + capacity);
        let segment = match self.free.first(class) {
            Some(segment) => segment,
            None => self.add_segment(size, growing)?,
        };
        // SAFETY: a block of the segment is free.
        let block = unsafe { Segment::allocate(segment) };
        // SAFETY: a segment starts with this value, which nothing else uses while the heap is borrowed mutably.
        if unsafe { segment.as_ref() }.is_full() {
            // SAFETY: the segment had a free block, and so is in the list of its class.
            unsafe { self.free.remove(segment) };
        }
        // SAFETY: the block is mapped, aligned, and in no list, so nothing else uses it.
        unsafe { block.write(Header::used(size)) };
        Ok(block)
    }

    /// Returns a further segment with a free block of this size.
    #[cold]
    #[inline(never)]
    fn add_segment(&mut self, size: usize, growing: &mut Option<NonNull<Header>>) -> Result<NonNull<Segment>> {
        if size > SMALL_MAX {
            return self.map_segment(size, growing);
        }
        let mut span = match self.free.first(SPAN_CLASS) {
            Some(segment) => segment,
            None => self.map_segment(SPAN, growing)?,
        };
        // SAFETY: the segment has a free block, and so is in the list of its class.
        unsafe { self.free.remove(span) };
        // SAFETY: a segment starts with this value, which nothing else uses while the heap is borrowed mutably.
        unsafe { span.as_mut() }.begin_span(size);
        // SAFETY: the span was just removed from its list.
        unsafe { self.free.insert(span) };
        Ok(span)
    }

    /// Maps a segment of one free block of this size, or moves the pages of a block that grows.
    fn map_segment(&mut self, size: usize, growing: &mut Option<NonNull<Header>>) -> Result<NonNull<Segment>> {
        let segment = match self.move_pages(size, growing) {
            Some(segment) => segment,
            None => self.map(size)?,
        };
        if size > LARGE_MAX {
            sys::prefer_huge_pages(segment.cast(), mapping_len(size));
        }
        // SAFETY: the segment has this length, and nothing uses its block.
        unsafe { Segment::begin(segment, size) };
        // SAFETY: the segment is new, so it is not in the table. It is removed before it is unmapped.
        unsafe { self.segments.insert(segment) };
        // SAFETY: the segment is new, so it is in no list.
        unsafe { self.free.insert(segment) };
        Ok(segment)
    }

    /// Maps memory for a segment of one block of this size.
    fn map(&mut self, size: usize) -> Result<NonNull<Segment>> {
        let len = mapping_len(size);
        let alignment = if size > LARGE_MAX { HUGE_PAGE } else { SEGMENT };
        let mapped = sys::map(len + alignment).or_else(|_| {
            // Cached memory may be what is missing.
            self.keep_idle(null_mut());
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
        Ok(segment.cast())
    }

    /// Takes a large block that grows, and moves its pages to a segment of a block of this size.
    fn move_pages(&mut self, size: usize, growing: &mut Option<NonNull<Header>>) -> Option<NonNull<Segment>> {
        let block = (*growing)?;
        // SAFETY: the block is in use, and starts with its header.
        let old_size = unsafe { block.as_ref() }.size();
        // A block of the size of a span may become one, which starts at a multiple of SEGMENT. Moved pages may not.
        if old_size <= SMALL_MAX || size == SPAN {
            return None;
        }
        // SAFETY: a large block is the first of its segment.
        let segment = unsafe { block.byte_sub(FIRST_BLOCK) };
        let link = self.segments.link(block.addr().get());
        // SAFETY: the segment is a mapping of this length, which nothing uses where it was if it was moved.
        let moved = unsafe { sys::remap(segment.cast(), mapping_len(old_size), mapping_len(size)) }.ok()?;
        let segment = moved.cast::<Segment>();
        // SAFETY: the start of the segment was moved with it.
        let next = unsafe { segment.as_ref() }.next;
        // SAFETY: the link led to the old segment. It is in the table, or in another segment of it.
        unsafe { link.write(next) };
        *growing = None;
        Some(segment)
    }

    /// Unmaps a segment of one block.
    ///
    /// # Safety
    /// The block is free, and the segment in no list.
    #[inline(never)]
    unsafe fn unmap_segment(&mut self, segment: NonNull<Segment>) {
        // SAFETY: a segment starts with this value, which nothing else uses while the heap is borrowed mutably.
        let len = mapping_len(unsafe { segment.as_ref() }.block_size);
        // SAFETY: a segment is in the table until it is unmapped or moved.
        unsafe { self.segments.remove(segment) };
        // SAFETY: the segment is a mapping of this length, and nothing leads to it.
        unsafe { sys::unmap(segment.cast(), len) };
    }

    /// Frees the block whose content starts at a pointer from outside, or stops the process if there is none.
    ///
    /// # Safety
    /// If the pointer is that of a block, nothing uses the block afterwards.
    pub(super) unsafe fn free(&mut self, content: *const u8) {
        let address = content.addr().wrapping_sub(HEADER);
        let segment = self.segments.find(address);
        let Some(mut segment) = segment.filter(|_| address.is_multiple_of(HEADER)) else { misuse(NO_BLOCK) };
        // SAFETY: a block may start at the address, so it lies in the segment.
        let block = unsafe { segment.byte_add(address - segment.addr().get()) }.cast::<Header>();
        // SAFETY: a segment starts with this value, which nothing else uses while the heap is borrowed mutably.
        let size = unsafe { segment.as_ref() }.block_size;
        // SAFETY: the address is mapped and aligned, any bytes are a header, and the heap is borrowed mutably.
        let header = unsafe { block.as_ref() };
        if !header.is_used(size) {
            misuse(if header.is_freed() { "ffi_syscalls: rt_free: free already\n" } else { NO_BLOCK });
        }
        // SAFETY: a segment starts with this value, which nothing else uses while the heap is borrowed mutably.
        let start = unsafe { segment.as_mut() };
        let was_full = start.is_full();
        // SAFETY: the block is one of the segment, in use, and nothing uses it afterwards.
        unsafe { start.free(block) };
        let is_empty = start.is_empty();
        if size > SMALL_MAX {
            // SAFETY: the segment of a block in use is in no list, and the block was freed.
            return unsafe { self.cache(segment) };
        }
        if was_full {
            // SAFETY: a span without a free block is in no list.
            unsafe { self.free.insert(segment) };
        }
        if is_empty && self.idle != segment.as_ptr() {
            self.keep_idle(segment.as_ptr());
        }
    }

    /// Keeps a span that became empty, or none. The one kept before becomes a large block if it is still empty.
    #[inline(never)]
    fn keep_idle(&mut self, idle: *mut Segment) {
        let Some(span) = NonNull::new(core::mem::replace(&mut self.idle, idle)) else { return };
        // SAFETY: a segment starts with this value, which nothing else uses while the heap is borrowed mutably. A span
        // ends here alone, and is not kept afterwards.
        if !unsafe { span.as_ref() }.is_empty() {
            return;
        }
        // SAFETY: an empty span has a free block, and so is in the list of its class.
        unsafe { self.free.remove(span) };
        // SAFETY: a span has the length of such a segment, and nothing uses its blocks.
        unsafe { Segment::begin(span, SPAN) };
        // SAFETY: the segment was just removed from its list, and its block is free.
        unsafe { self.cache(span) };
    }

    /// Keeps a segment of one free block for reuse in place of older ones, or unmaps it if it is too large.
    ///
    /// # Safety
    /// The block is free, and the segment in no list.
    #[inline(never)]
    unsafe fn cache(&mut self, segment: NonNull<Segment>) {
        // SAFETY: a segment starts with this value, which nothing else uses while the heap is borrowed mutably.
        let size = unsafe { segment.as_ref() }.block_size;
        if size > LARGE_MAX {
            // SAFETY: the block is free, and the segment in no list.
            return unsafe { self.unmap_segment(segment) };
        }
        self.trim(CACHED_MAX - size);
        // SAFETY: the segment is in no list.
        unsafe { self.free.insert(segment) };
    }

    /// Unmaps large freed blocks until no more than this many bytes are left.
    #[inline(never)]
    pub(super) fn trim(&mut self, max: usize) {
        while self.free.large_bytes > max {
            if let Some(segment) = self.free.next_large() {
                // SAFETY: the segment is in the list of its class.
                unsafe { self.free.remove(segment) };
                // SAFETY: its block is free, and it is in no list.
                unsafe { self.unmap_segment(segment) };
            }
        }
    }
}

const NO_BLOCK: &str = "ffi_syscalls: rt_free: not the beginning of a block in use\n";

/// Stops the process as abort(3) does: the program's memory is corrupt, and continuing would hide the cause.
#[cold]
fn misuse(message: &str) -> ! {
    let _ = sys::write(&sys::STDERR, message.as_bytes());
    // The default action ends the process, whatever handler or mask the program has set.
    sys::set_disposition(sys::SIGABRT, false);
    let _ = sys::set_signal_mask(sys::NO_SIGNALS);
    sys::raise(sys::SIGABRT);
    sys::exit(134)
}
