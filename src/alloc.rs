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
use core::num::NonZeroUsize;
use core::ptr::NonNull;
#[cfg(feature = "exports")]
use core::sync::atomic::AtomicU8;

use crate::segments::{FRONT, SEGMENT, Segments};
use crate::sync::Mutex;
use crate::{Errno, Result, sys};

/// The largest block that shares a segment with others.
const SMALL_MAX: usize = 1 << 17;
/// The largest block that is kept for reuse.
const LARGE_MAX: usize = 1 << 24;
const HUGE_PAGE: usize = 1 << 21;
/// Mappings are multiples of this, which is one of every page size there is.
const PAGE_MAX: usize = 1 << 16;
/// How much memory of blocks over [`SMALL_MAX`] is kept for reuse.
const WARM_MAX: usize = 1 << 25;
const HEADER: usize = size_of::<Header>();
/// Every block begins at a multiple of this.
const ALIGNMENT: usize = HEADER;
const CLASSES: usize = class_of(LARGE_MAX).1 + 1;

/// In front of every block.
#[repr(C, align(16))]
struct Header {
    /// In use: what `rt_len` returns. Freed: the next freed block of its class. It lies outside what the caller was
    /// given, so that a write after the free cannot redirect the list.
    word: usize,
    /// The block's size, header included, above its mark.
    info: usize,
}

const MARK_BITS: u32 = 16;
/// The marks, which nothing that the library keeps in a block looks like: no UTF-8 text has these bytes, and the pointers
/// in a list are odd. Other content has them by a rare accident only.
const USED: usize = 0xf5fa;
const FREED: usize = 0xf7fc;

impl Header {
    const fn new(word: usize, size: usize, mark: usize) -> Self {
        Self { word, info: size << MARK_BITS | mark }
    }

    const fn size(&self) -> usize {
        self.info >> MARK_BITS
    }

    const fn mark(&self) -> usize {
        self.info & ((1 << MARK_BITS) - 1)
    }
}

/// The header at an address that this module chose.
///
/// # Safety
/// `address` is that of a block of the heap, and the heap is locked or the block is the caller's.
const unsafe fn header<'a>(address: usize) -> &'a mut Header {
    // SAFETY: the caller's; blocks are 16-byte aligned and at least 16 bytes long.
    unsafe { &mut *core::ptr::with_exposed_provenance_mut(address) }
}

/// Rounds up to a multiple of a power of two.
const fn round_up(value: usize, power: usize) -> usize {
    (value + power - 1) & !(power - 1)
}

/// The length of the mapping that a block of this size fills.
const fn mapping_len(size: usize) -> usize {
    round_up(FRONT + size, PAGE_MAX)
}

/// Rounds a block's size up to that of its class; the class's number is the second. Blocks over [`LARGE_MAX`] fill their
/// mappings; they have no class, and a number that is none.
#[inline(never)]
const fn class_of(size: usize) -> (usize, usize) {
    if size > LARGE_MAX {
        return (mapping_len(size) - FRONT, usize::MAX);
    }
    let last = size - 1;
    let shift = usize::BITS - 3 - (last | 64).leading_zeros();
    let steps = (last >> shift) + 1;
    (steps << shift, (shift as usize - 4) * 4 + steps)
}

struct Heap {
    segments: Segments,
    /// Where the next small block is cut from. Its segment ends at the next multiple of [`SEGMENT`].
    bump: usize,
    /// The freed blocks of each class: the address of the last freed one, whose header leads on.
    freed: [usize; CLASSES],
    /// Bytes in freed blocks over [`SMALL_MAX`].
    warm: usize,
}

static HEAP: Mutex<Heap> = Mutex::new(Heap { segments: Segments::new(), bump: 0, freed: [0; CLASSES], warm: 0 });

impl Heap {
    /// A block of at least this size, header included. Its `word` is 0.
    fn allocate(&mut self, size: usize) -> Result<usize> {
        let (size, class) = class_of(size);
        let address = match self.take_freed(class) {
            Some(address) => address.get(),
            None if size > SMALL_MAX => self.map_segment(size, FRONT)?,
            None => self.cut(size)?,
        };
        // SAFETY: the address of a block of the heap, which is locked.
        *unsafe { header(address) } = Header::new(0, size, USED);
        Ok(address)
    }

    /// A freed block of this class.
    #[inline(never)]
    fn take_freed(&mut self, class: usize) -> Option<NonZeroUsize> {
        let first = self.freed.get_mut(class)?;
        let address = NonZeroUsize::new(*first)?;
        // SAFETY: what is in a free list is a block, and the heap is locked.
        let header = unsafe { header(address.get()) };
        *first = header.word;
        if header.size() > SMALL_MAX {
            self.warm -= header.size();
        }
        Some(address)
    }

    /// A small block that was never used.
    fn cut(&mut self, size: usize) -> Result<usize> {
        if self.bump.wrapping_neg() % SEGMENT < size {
            // What is left of the old segment was never touched, and costs nothing but its addresses.
            self.bump = self.map_segment(SEGMENT - FRONT, SEGMENT - HEADER)?;
        }
        let address = self.bump;
        self.bump += size;
        Ok(address)
    }

    /// A fresh segment with room for a block of this size, which is zeroed. Other blocks begin up to this offset.
    #[cold]
    #[inline(never)]
    fn map_segment(&mut self, size: usize, last_block: usize) -> Result<usize> {
        let len = mapping_len(size);
        let alignment = if size > LARGE_MAX { HUGE_PAGE } else { SEGMENT };
        let mapped = sys::map(len + alignment).or_else(|_| {
            // What is kept for later is needed now.
            self.cool(0);
            sys::map(len + alignment)
        })?;
        let mapped = mapped.get();
        let segment = round_up(mapped, alignment);
        let before = segment - mapped;
        // SAFETY: the part of the new mapping before the aligned one.
        unsafe { sys::unmap(mapped, before) };
        // SAFETY: the part of the new mapping behind it.
        unsafe { sys::unmap(segment + len, alignment - before) };
        if size > LARGE_MAX {
            sys::prefer_huge_pages(segment, len);
        }
        // SAFETY: fresh memory.
        unsafe { self.segments.insert(segment, segment + last_block) };
        Ok(segment + FRONT)
    }

    /// Gives a block's segment, which it fills, back to the kernel.
    #[inline(never)]
    fn unmap_segment(&mut self, address: usize, size: usize) {
        let segment = address - FRONT;
        self.segments.remove(segment);
        // SAFETY: the block is freed, fills the mapping, and nothing leads to it any more.
        unsafe { sys::unmap(segment, mapping_len(size)) };
    }

    /// Takes back the block at an address that came from outside.
    fn free(&mut self, address: usize) {
        let Some(last_block) = self.segments.last_block(address & !(SEGMENT - 1)) else {
            misuse("ffi_syscalls: rt_free: not the library's pointer\n");
        };
        // A block that is not small fills its segment, which may end, mapped, before the next multiple of SEGMENT.
        if address > last_block || !address.is_multiple_of(ALIGNMENT) {
            misuse(NO_BEGINNING);
        }
        // SAFETY: the address lies in the heap's memory, at a multiple of 16; the heap is locked.
        let header = unsafe { header(address) };
        match header.mark() {
            USED => {}
            FREED => misuse("ffi_syscalls: rt_free: free already\n"),
            _ => misuse(NO_BEGINNING),
        }
        let size = header.size();
        let Some(first) = self.freed.get_mut(class_of(size).1) else {
            return self.unmap_segment(address, size);
        };
        *header = Header::new(core::mem::replace(first, address), size, FREED);
        if size > SMALL_MAX {
            self.warm += size;
            self.cool(WARM_MAX);
        }
    }

    /// Gives large freed blocks back, the largest first, until no more wait than this.
    #[inline(never)]
    fn cool(&mut self, warm_max: usize) {
        let mut class = CLASSES;
        while self.warm > warm_max && class > 0 {
            match self.take_freed(class - 1) {
                // SAFETY: what was in a free list is a block, and the heap is locked.
                Some(address) => self.unmap_segment(address.get(), unsafe { header(address.get()) }.size()),
                None => class -= 1,
            }
        }
    }
}

const NO_BEGINNING: &str = "ffi_syscalls: rt_free: not the beginning of a block\n";

/// Stops the process: the caller's memory is in disorder, and going on would hide where.
#[cold]
fn misuse(message: &str) -> ! {
    let _ = sys::write(2, message.as_bytes());
    // What abort(3) does: the default action ends the process, whatever was set for the signal.
    sys::set_disposition(sys::SIGABRT, false);
    let _ = sys::set_signal_mask(sys::NO_SIGNALS);
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
    #[inline(never)]
    pub(crate) fn new(capacity: usize) -> Result<Self> {
        // More than there are addresses, and than a header can say.
        if capacity >> (usize::BITS - MARK_BITS - 1) != 0 {
            return Err(Errno::ENOMEM);
        }
        let address = HEAP.lock().allocate(HEADER + capacity)?;
        let content = core::ptr::with_exposed_provenance_mut(address + HEADER);
        // SAFETY: blocks lie in mappings, of which none ends at the last address.
        Ok(Self(unsafe { NonNull::new_unchecked(content) }))
    }

    fn address(&self) -> usize {
        self.0.as_ptr().expose_provenance() - HEADER
    }

    fn header(&self) -> &Header {
        // SAFETY: every block has one in front.
        unsafe { header(self.address()) }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.header().size() - HEADER
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
    #[inline(never)]
    pub(crate) fn grow(&mut self, capacity: usize) -> Result<()> {
        let old = self.capacity();
        if capacity <= old {
            return Ok(());
        }
        let mut larger = Self::new(capacity)?;
        larger.set_len(self.len());
        // SAFETY: two blocks do not overlap, and the second is the larger.
        unsafe { self.0.copy_to_nonoverlapping(larger.0, old) };
        *self = larger;
        Ok(())
    }

    /// Appends bytes to those that the length counts, and a NUL that it does not count.
    #[inline(never)]
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<()> {
        let len = self.len();
        let end = len + bytes.len();
        if end >= self.capacity() {
            self.grow(2 * end + 1)?;
        }
        let behind = self.0.as_ptr().wrapping_add(len);
        // SAFETY: the block has room for them, and they are somebody else's.
        unsafe { behind.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        // SAFETY: the block has room for one byte more.
        unsafe { behind.wrapping_add(bytes.len()).write(0) };
        self.set_len(end);
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
        free(self.0.cast());
    }
}

/// Frees the block that a pointer leads to, or stops the process when it leads to none.
#[inline(never)]
pub(crate) fn free(pointer: NonNull<c_void>) {
    HEAP.lock().free(pointer.as_ptr().expose_provenance().wrapping_sub(HEADER));
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
    /// In memory that can be written to, as it can to any block: a caller may put its end where it is.
    content: [AtomicU8; HEADER],
}

#[cfg(feature = "exports")]
pub(crate) static EMPTY: StaticBlock =
    StaticBlock { header: Header { word: 0, info: 0 }, content: [const { AtomicU8::new(0) }; HEADER] };

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
    fn a_large_block_begins_with_a_cache_line() -> Result<()> {
        for capacity in [SMALL_MAX, 300_000, 1 << 20, LARGE_MAX, 40 << 20] {
            let address = Block::new(capacity)?.pointer().as_ptr().addr();
            assert!(address.is_multiple_of(64), "{capacity}: {address:#x}");
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
