//! The memory of what is returned: blocks, from a bump pointer over mmap, reused when freed.
//!
//! | block, header included | where it comes from | where it goes when freed |
//! |---|---|---|
//! | up to 128 KB | cut from a 1 MB segment | the free list of its size class |
//! | up to 16 MB | a segment of its own | the free list of its class, as long as no more than 32 MB wait there |
//! | larger | a segment of its own, in huge pages | back to the kernel |
//!
//! Size classes are four to a doubling, so at most a fifth of a block is unused. In the steady state no system call is
//! made, and what was freed is still in the caches and mapped.
//!
//! Every segment begins at a multiple of 1 MB and is entered in a table, so that a pointer that is not the library's is
//! told from one that is without looking at what it points to. Every block begins with a [`Header`], which tells a
//! block in use from a freed one and from an address inside a block.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use crate::segments::Segments;
use crate::sync::Mutex;
use crate::{Errno, Result, sys};

const SEGMENT: usize = 1 << 20;
const SMALL_MAX: usize = 1 << 17;
const LARGE_MAX: usize = 1 << 24;
const HUGE_PAGE: usize = 1 << 21;
/// Mappings are multiples of this, which is one of every page size there is.
const PAGE_MAX: usize = 1 << 16;
/// How much memory of blocks over [`SMALL_MAX`] is kept for reuse.
const WARM_MAX: usize = 1 << 25;
const HEADER: usize = size_of::<Header>();
/// Every block begins at a multiple of this.
pub(crate) const ALIGNMENT: usize = HEADER;
const CLASSES: usize = class_of(LARGE_MAX).1 + 1;

/// In front of every block.
#[repr(C, align(16))]
struct Header {
    /// In use: what `rt_len` returns. Freed: the next freed block of its class. It lies outside what the caller was
    /// given, so that a write after the free cannot redirect the list.
    word: usize,
    /// The block's size, its state in the low bits, and a check that depends on the address in the high 16.
    info: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Used = 1,
    Freed = 2,
}

impl Header {
    /// The size of the block at this address.
    const fn size(&self, address: usize) -> usize {
        size_in(self.info, address)
    }
}

/// The size of the block at this address, from its header's `info`.
const fn size_in(info: usize, address: usize) -> usize {
    info & !check(address) & !STATE_MASK
}

/// The `info` of a block that may be somebody else's, who may be changing its `word`.
///
/// # Safety
/// There is a block at the address, and the heap is locked, so that nobody changes its `info`.
const unsafe fn info_at(address: usize) -> usize {
    let header = core::ptr::with_exposed_provenance::<Header>(address);
    // SAFETY: the caller's.
    unsafe { (*header).info }
}

const STATE_MASK: usize = 0xf;
const CHECK_SHIFT: u32 = 48;

/// The high bits of a header's `info`: a mark that content looks like only by a rare accident.
const fn check(address: usize) -> usize {
    (address ^ 0x6b43_a9b5).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> CHECK_SHIFT << CHECK_SHIFT
}

const fn info(address: usize, size: usize, state: State) -> usize {
    check(address) | size | state as usize
}

/// Rounds a block's size up to that of its class; the class's number is the second.
const fn class_of(size: usize) -> (usize, usize) {
    let log = usize::BITS - 1 - (size - 1).leading_zeros();
    let shift = if log > 6 { log - 2 } else { 4 };
    let steps = size.div_ceil(1 << shift);
    (steps << shift, (shift as usize - 4) * 4 + steps)
}

struct Heap {
    segments: Segments,
    /// Where the next small block is cut from, and where that ends.
    bump: usize,
    bump_end: usize,
    /// The freed blocks of each class: the address of the last freed one, whose header leads on.
    freed: [usize; CLASSES],
    /// Bytes in freed blocks over [`SMALL_MAX`].
    warm: usize,
}

static HEAP: Mutex<Heap> =
    Mutex::new(Heap { segments: Segments::new(), bump: 0, bump_end: 0, freed: [0; CLASSES], warm: 0 });

/// The header at an address that this module chose.
///
/// # Safety
/// `address` is that of a block of the heap, and the heap is locked or the block is the caller's.
const unsafe fn header<'a>(address: usize) -> &'a mut Header {
    // SAFETY: the caller's; blocks are 16-byte aligned and at least 32 bytes long.
    unsafe { &mut *core::ptr::with_exposed_provenance_mut::<Header>(address) }
}

impl Heap {
    /// A block of at least this size, header included. Its `word` is 0.
    fn allocate(&mut self, size: usize) -> Result<usize> {
        if size > LARGE_MAX {
            return self.allocate_huge(size);
        }
        let (size, class) = class_of(size);
        let address = match self.freed.get_mut(class) {
            Some(first) if *first != 0 => {
                let address = *first;
                // SAFETY: what is in a free list is a block, and the heap is locked.
                *first = unsafe { header(address) }.word;
                if size > SMALL_MAX {
                    self.warm -= size;
                }
                address
            }
            _ if size > SMALL_MAX => self.map_segment(size, SEGMENT)?,
            _ => self.cut(size)?,
        };
        // SAFETY: the address of a block of the heap, which is locked.
        *unsafe { header(address) } = Header { word: 0, info: info(address, size, State::Used) };
        Ok(address)
    }

    #[cold]
    fn allocate_huge(&mut self, size: usize) -> Result<usize> {
        let size =
            size.checked_next_multiple_of(HUGE_PAGE).filter(|size| size >> CHECK_SHIFT == 0).ok_or(Errno::ENOMEM)?;
        let address = self.map_segment(size, HUGE_PAGE)?;
        sys::prefer_huge_pages(address, size);
        // SAFETY: as above.
        *unsafe { header(address) } = Header { word: 0, info: info(address, size, State::Used) };
        Ok(address)
    }

    /// A small block that was never used.
    fn cut(&mut self, size: usize) -> Result<usize> {
        if self.bump_end - self.bump < size {
            // What is left of the old segment was never touched, and costs nothing but its addresses.
            self.bump = self.map_segment(SEGMENT, SEGMENT)?;
            self.bump_end = self.bump + SEGMENT;
        }
        let address = self.bump;
        self.bump += size;
        Ok(address)
    }

    /// Fresh memory that begins at a multiple of `alignment`, entered in the table.
    #[cold]
    fn map_segment(&mut self, size: usize, alignment: usize) -> Result<usize> {
        self.segments.reserve()?;
        let size = size.next_multiple_of(PAGE_MAX);
        let mapped_len = size.checked_add(alignment).ok_or(Errno::ENOMEM)?;
        let mapped = match sys::map(mapped_len) {
            // What is kept for later is needed now.
            Err(_) if self.warm > 0 => {
                self.cool(0);
                sys::map(mapped_len)?
            }
            mapped => mapped?,
        }
        .get();
        let address = mapped.next_multiple_of(alignment);
        let before = address - mapped;
        // SAFETY: the part of the new mapping before the aligned one.
        unsafe { sys::unmap(mapped, before) };
        // SAFETY: the part of the new mapping behind it.
        unsafe { sys::unmap(address + size, alignment - before) };
        self.segments.insert(address / SEGMENT);
        Ok(address)
    }

    fn unmap_segment(&mut self, address: usize, size: usize) {
        self.segments.remove(address / SEGMENT);
        // SAFETY: the block is freed, fills the mapping, and nothing leads to it any more.
        unsafe { sys::unmap(address, size.next_multiple_of(PAGE_MAX)) };
    }

    /// Takes back the block at an address that came from outside.
    fn free(&mut self, address: usize) {
        let segment = address & !(SEGMENT - 1);
        if !self.segments.contains(segment / SEGMENT) {
            misuse("ffi_syscalls: rt_free: a pointer that is not the library's\n");
        }
        // A block that is not small fills its segment, which may end, mapped, before the next multiple of SEGMENT.
        // SAFETY: every segment begins with a block.
        let first_info = unsafe { info_at(segment) };
        if segment != address && size_in(first_info, segment) > SMALL_MAX {
            misuse(NO_BEGINNING);
        }
        // SAFETY: the address lies in the heap's memory, at a multiple of 16; the heap is locked.
        let header = unsafe { header(address) };
        let size = header.size(address);
        if header.info == info(address, size, State::Freed) {
            misuse("ffi_syscalls: rt_free: a block that is free already\n");
        }
        if header.info != info(address, size, State::Used) {
            misuse(NO_BEGINNING);
        }
        if size > LARGE_MAX {
            return self.unmap_segment(address, size);
        }
        header.info = info(address, size, State::Freed);
        let (_, class) = class_of(size);
        if let Some(first) = self.freed.get_mut(class) {
            header.word = core::mem::replace(first, address);
        }
        if size > SMALL_MAX {
            self.warm += size;
            self.cool(WARM_MAX);
        }
    }

    /// Gives large freed blocks back, the largest first, until no more wait than this.
    fn cool(&mut self, warm_max: usize) {
        let mut class = CLASSES;
        while self.warm > warm_max && class > 0 {
            class -= 1;
            while let Some(first) = self.freed.get_mut(class).filter(|first| self.warm > warm_max && **first != 0) {
                let address = *first;
                // SAFETY: what is in a free list is a block, and the heap is locked.
                let header = unsafe { header(address) };
                let size = header.size(address);
                *first = header.word;
                self.warm -= size;
                self.unmap_segment(address, size);
            }
        }
    }

    /// Moves a huge block's pages to a larger one, without copying where the kernel can.
    fn grow_huge(&mut self, address: usize, size: usize, new_size: usize) -> Result<usize> {
        let new = self.allocate_huge(new_size)?;
        // SAFETY: both blocks are mappings of their own.
        let new_header = unsafe { header(new) };
        let (new_size, new_info) = (new_header.size(new), new_header.info);
        // SAFETY: both are whole mappings, and the caller forgets the first.
        if unsafe { sys::remap(address, size, new, new_size) }.is_err() {
            // SAFETY: two blocks that do not overlap, and the second is the larger.
            unsafe { copy(address, new, size) };
            // SAFETY: the caller forgets the first.
            unsafe { sys::unmap(address, size) };
        }
        self.segments.remove(address / SEGMENT);
        sys::prefer_huge_pages(new, new_size);
        // SAFETY: the new block, which is the caller's.
        unsafe { header(new) }.info = new_info;
        Ok(new)
    }
}

/// Copies bytes between two blocks.
///
/// # Safety
/// Both are readable and writable for `len` bytes and do not overlap.
unsafe fn copy(from: usize, to: usize, len: usize) {
    let (from, to) = (core::ptr::with_exposed_provenance::<u8>(from), core::ptr::with_exposed_provenance_mut::<u8>(to));
    // SAFETY: the caller's.
    unsafe { core::ptr::copy_nonoverlapping(from, to, len) };
}

const NO_BEGINNING: &str = "ffi_syscalls: rt_free: a pointer that is not the beginning of a block\n";

/// Stops the process: the caller's memory is in disorder, and going on would hide where.
#[cold]
fn misuse(message: &str) -> ! {
    let _ = sys::write(2, message.as_bytes());
    // What abort(3) does: the default action ends the process, whatever was set for the signal.
    sys::set_disposition(sys::SIGABRT, false);
    let _ = sys::set_signal_mask(0);
    sys::signal_self(sys::SIGABRT);
    sys::exit(134)
}

/// Bytes of the caller's, with a length to say what they hold, freed when dropped.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Block(NonNull<u8>);

// SAFETY: a block is memory that its owner alone uses; the heap takes it back from any thread.
unsafe impl Send for Block {}
// SAFETY: shared, a block is only read.
unsafe impl Sync for Block {}

impl Block {
    /// A block of at least this many bytes, 16-byte aligned, with length 0.
    pub(crate) fn new(capacity: usize) -> Result<Self> {
        let size = capacity.checked_add(HEADER).ok_or(Errno::ENOMEM)?.max(2 * HEADER);
        Self::at(HEAP.lock().allocate(size)?)
    }

    /// The block at this address of its header.
    fn at(address: usize) -> Result<Self> {
        NonNull::new(core::ptr::with_exposed_provenance_mut(address + HEADER)).map(Self).ok_or(Errno::ENOMEM)
    }

    fn address(&self) -> usize {
        self.0.as_ptr().expose_provenance() - HEADER
    }

    fn header(&self) -> &Header {
        // SAFETY: every block has one in front.
        unsafe { header(self.address()) }
    }

    fn size(&self) -> usize {
        self.header().size(self.address())
    }

    pub(crate) fn capacity(&self) -> usize {
        self.size() - HEADER
    }

    pub(crate) const fn pointer(&self) -> NonNull<u8> {
        self.0
    }

    /// What [`length_of`] says of the block: how much of it means something.
    pub(crate) fn len(&self) -> usize {
        self.header().word
    }

    pub(crate) fn set_len(&mut self, len: usize) {
        // SAFETY: every block has one in front, and this one is borrowed mutably.
        unsafe { header(self.address()) }.word = len;
    }

    /// All bytes of the block.
    pub(crate) fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: the block has this many bytes, and is borrowed mutably.
        unsafe { core::slice::from_raw_parts_mut(self.0.as_ptr().cast(), self.capacity()) }
    }

    /// Makes the block hold at least this many bytes. Its content and its length stay; on an error all stays.
    pub(crate) fn grow(&mut self, capacity: usize) -> Result<()> {
        if capacity <= self.capacity() {
            return Ok(());
        }
        if self.size() > LARGE_MAX {
            let size = capacity.checked_add(HEADER).ok_or(Errno::ENOMEM)?;
            let moved = HEAP.lock().grow_huge(self.address(), self.size(), size)?;
            core::mem::forget(core::mem::replace(self, Self::at(moved)?));
            return Ok(());
        }
        let mut larger = Self::new(capacity)?;
        larger.set_len(self.len());
        // SAFETY: two blocks do not overlap, and the second is the larger.
        unsafe { self.0.copy_to_nonoverlapping(larger.0, self.capacity()) };
        *self = larger;
        Ok(())
    }

    /// The block that [`into_raw`](Self::into_raw) gave up.
    ///
    /// # Safety
    /// The pointer came from there and is used for nothing else from now on.
    pub(crate) const unsafe fn from_raw(pointer: NonNull<c_void>) -> Self {
        Self(pointer.cast())
    }

    /// Gives up ownership: the block stays until [`free`].
    pub(crate) fn into_raw(self) -> NonNull<u8> {
        core::mem::ManuallyDrop::new(self).0
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        HEAP.lock().free(self.address());
    }
}

/// Frees the block that a pointer leads to, or stops the process when it leads to none.
#[cfg(feature = "exports")]
pub(crate) fn free(pointer: NonNull<c_void>) {
    if !pointer.addr().get().is_multiple_of(ALIGNMENT) {
        misuse("ffi_syscalls: rt_free: a misaligned pointer, such as an entry of a list\n");
    }
    HEAP.lock().free(pointer.as_ptr().expose_provenance() - HEADER);
}

/// The length that was set for the block at this address.
///
/// # Safety
/// The pointer is that of a block in use, or of a [`StaticBlock`].
#[cfg(feature = "exports")]
pub(crate) unsafe fn length_of(pointer: NonNull<c_void>) -> usize {
    // SAFETY: the caller's: there is a header in front of it.
    let header = unsafe { pointer.cast::<Header>().sub(1) };
    // SAFETY: as above.
    unsafe { header.as_ref() }.word
}

/// An empty text that needs no memory, for where even a failure has to return one.
#[cfg(feature = "exports")]
#[repr(C)]
pub(crate) struct StaticBlock {
    header: Header,
    content: [u8; HEADER],
}

#[cfg(feature = "exports")]
pub(crate) static EMPTY: StaticBlock = StaticBlock { header: Header { word: 0, info: 0 }, content: [0; HEADER] };

#[cfg(feature = "exports")]
impl StaticBlock {
    pub(crate) const fn pointer(&'static self) -> NonNull<c_void> {
        // A pointer to the whole, moved, so that the header can be reached from it.
        let whole = NonNull::from_ref(self).cast::<c_void>();
        // SAFETY: the content lies HEADER bytes into the block.
        unsafe { whole.byte_add(HEADER) }
    }
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a test stops at what it did not expect")]
mod tests {
    use super::*;

    extern crate std;
    use std::collections::BTreeSet;
    use std::vec::Vec;

    #[test]
    fn classes_are_ordered_and_waste_at_most_a_fifth() {
        let mut last = class_of(2 * HEADER);
        for size in (2 * HEADER + 1..40_000).chain((40_000..=LARGE_MAX).step_by(997)) {
            let (rounded, class) = class_of(size);
            assert!(rounded >= size && rounded.is_multiple_of(HEADER));
            assert!(size <= 128 || (rounded - size) * 5 < rounded, "{size} in {rounded}");
            assert!((rounded == last.0) == (class == last.1) && class >= last.1 && class < CLASSES);
            assert_eq!(class_of(rounded), (rounded, class));
            last = (rounded, class);
        }
        assert_eq!(class_of(LARGE_MAX).1 + 1, CLASSES);
    }

    #[test]
    fn a_freed_block_is_used_again() -> Result<()> {
        for capacity in [1, 100, 5000, 65_537, 300_000, 10_000_000] {
            let mut seen = BTreeSet::new();
            for _ in 0..100 {
                seen.insert(Block::new(capacity)?.address());
            }
            // Other tests take blocks meanwhile.
            assert!(seen.len() < 20, "{} blocks of {capacity}", seen.len());
        }
        Ok(())
    }

    #[test]
    fn blocks_do_not_overlap() -> Result<()> {
        let mut blocks = Vec::new();
        for i in 0..2000_usize {
            let mut block = Block::new(1 + i * i % 70_000)?;
            block.spare().fill(MaybeUninit::new((i % 256) as u8));
            blocks.push(block);
        }
        for (i, block) in blocks.iter_mut().enumerate() {
            // SAFETY: all bytes were set.
            let content = unsafe { block.spare().assume_init_ref() };
            assert!(content.iter().all(|&byte| byte == (i % 256) as u8));
        }
        Ok(())
    }

    #[test]
    fn growing_keeps_content_and_length() -> Result<()> {
        let mut block = Block::new(10)?;
        block.set_len(7);
        let mut filled = 0;
        for capacity in [10, 11, 5000, 1 << 17, 1 << 20, (1 << 24) + 1, 40 << 20, 90 << 20] {
            block.grow(capacity)?;
            assert!(block.capacity() >= capacity);
            let bytes = block.spare();
            for at in (filled..capacity).step_by(101) {
                bytes[at].write((at % 249) as u8);
            }
            for at in (0..capacity).step_by(101) {
                // SAFETY: set above or in an earlier round.
                assert_eq!(unsafe { bytes[at].assume_init() }, (at % 249) as u8);
            }
            filled = capacity.next_multiple_of(101);
            assert_eq!(block.len(), 7);
        }
        Ok(())
    }

    #[test]
    fn impossible_sizes_are_out_of_memory() {
        for capacity in [usize::MAX, usize::MAX - HEADER, usize::MAX / 2, 1 << 47, 1 << 48] {
            assert_eq!(Block::new(capacity).err(), Some(Errno::ENOMEM), "{capacity:#x}");
        }
    }
}
