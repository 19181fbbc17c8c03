//! Blocks: owned memory with a length.

use core::ffi::c_void;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;
#[cfg(feature = "exports")]
use core::sync::atomic::AtomicU8;

use super::allocator::HEAP;
use super::header::Header;
use super::layout::HEADER;
use crate::errno::Result;

/// Owned bytes with a length, freed when dropped. The pointer is that of the content, which follows the header.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Block(NonNull<u8>);

// SAFETY: only the owner uses the memory of a block, and any thread may free it.
unsafe impl Send for Block {}
// SAFETY: a shared block is only read.
unsafe impl Sync for Block {}

impl Block {
    /// Allocates a block of at least this many bytes, 16-byte aligned, with length 0.
    #[inline(never)]
    pub(crate) fn new(capacity: usize) -> Result<Self> {
        // SAFETY: no block grows.
        unsafe { Self::allocate(capacity, &mut None) }
    }

    /// Allocates a block, with the pages of one that grows if possible. See [`Heap`](super::allocator::Heap).
    ///
    /// # Safety
    /// The block that grows is in use. If it was taken, nothing uses it afterwards.
    #[inline(never)]
    unsafe fn allocate(capacity: usize, growing: &mut Option<NonNull<Header>>) -> Result<Self> {
        // SAFETY: the block that grows is in use, and nothing uses it afterwards if it was taken.
        let header = unsafe { HEAP.lock().allocate(capacity, growing) }?;
        // SAFETY: the content follows the header in the block.
        Ok(Self(unsafe { header.add(1) }.cast()))
    }

    fn header(&self) -> NonNull<Header> {
        // SAFETY: the header is in front of the content.
        unsafe { self.0.cast::<Header>().sub(1) }
    }

    /// Returns the number of bytes that the block can hold.
    pub(crate) fn capacity(&self) -> usize {
        // SAFETY: only the owner of a block writes to its header, and `self` is borrowed.
        unsafe { self.header().as_ref() }.size() - HEADER
    }

    /// Returns the start of the content.
    pub(crate) const fn as_ptr(&self) -> NonNull<u8> {
        self.0
    }

    /// Returns the length, as reported by [`length_of`].
    pub(crate) fn len(&self) -> usize {
        // SAFETY: only the owner of a block writes to its header, and `self` is borrowed.
        unsafe { self.header().as_ref() }.len()
    }

    /// Returns the content.
    ///
    /// # Safety
    /// The length counts bytes that are initialized.
    pub(crate) unsafe fn as_bytes(&self) -> &[u8] {
        // SAFETY: the block holds this many initialized bytes.
        unsafe { core::slice::from_raw_parts(self.0.as_ptr(), self.len()) }
    }

    /// Sets the length.
    ///
    /// # Safety
    /// The length counts bytes of the block that are initialized, or the entries of a list.
    pub(crate) unsafe fn set_len(&mut self, len: usize) {
        // SAFETY: the header is in front of the content, and `self` is borrowed mutably.
        unsafe { self.header().as_mut() }.set_len(len);
    }

    /// Returns the bytes after those that the length counts.
    pub(crate) fn spare_capacity_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        let len = self.len();
        // SAFETY: the length is at most the capacity.
        let start = unsafe { self.0.add(len) };
        // SAFETY: the block has this many bytes more, and is borrowed mutably.
        unsafe { core::slice::from_raw_parts_mut(start.as_ptr().cast(), self.capacity() - len) }
    }

    /// Grows the block to hold at least this many bytes. Content and length stay, also after an error.
    #[inline(never)]
    pub(crate) fn reserve(&mut self, capacity: usize) -> Result<()> {
        let old = self.capacity();
        if capacity <= old {
            return Ok(());
        }
        let len = self.len();
        let mut growing = Some(self.header());
        // SAFETY: the block is in use, and is forgotten below if it was taken.
        let larger = unsafe { Self::allocate(capacity, &mut growing) }?;
        let smaller = core::mem::replace(self, larger);
        if growing.is_some() {
            // SAFETY: the two blocks do not overlap, and the new one is the larger.
            unsafe { self.0.copy_from_nonoverlapping(smaller.0, old) };
        } else {
            core::mem::forget(smaller);
        }
        // SAFETY: what the length counts was copied, or moved with its pages.
        unsafe { self.set_len(len) };
        Ok(())
    }

    /// Appends bytes to those that the length counts, and a NUL that it does not count.
    #[inline(never)]
    pub(crate) fn extend_from_slice(&mut self, bytes: &[u8]) -> Result<()> {
        let len = self.len();
        let end = len + bytes.len();
        if end >= self.capacity() {
            self.reserve(2 * end + 1)?;
        }
        // SAFETY: the block has room for the bytes and the NUL after its length.
        let start = unsafe { self.0.add(len) };
        // SAFETY: the block is borrowed mutably, so the bytes are not in it.
        unsafe { start.copy_from_nonoverlapping(NonNull::from_ref(bytes).cast(), bytes.len()) };
        // SAFETY: the block has room for the bytes and the NUL after its length.
        let nul = unsafe { start.add(bytes.len()) };
        // SAFETY: the NUL lies in the block.
        unsafe { nul.write(0) };
        // SAFETY: the bytes up to the old length were initialized, and those up to the new one just now.
        unsafe { self.set_len(end) };
        Ok(())
    }

    /// Takes ownership of a block that [`into_raw`](Self::into_raw) released.
    ///
    /// # Safety
    /// The pointer came from there, and nothing else uses it afterwards.
    pub(crate) const unsafe fn from_raw(pointer: NonNull<c_void>) -> Self {
        Self(pointer.cast())
    }

    /// Releases ownership: the block stays until [`free`].
    pub(crate) fn into_raw(self) -> NonNull<c_void> {
        ManuallyDrop::new(self).0.cast()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: `self` owns the block and is gone after this call.
        unsafe { free(self.0.cast()) };
    }
}

/// Frees a block, or stops the process if the pointer is visibly not one's.
///
/// # Safety
/// The pointer came from [`Block::into_raw`], and nothing uses it afterwards. The checks of the heap find most
/// mistakes, and not all.
#[inline(never)]
pub(crate) unsafe fn free(pointer: NonNull<c_void>) {
    // SAFETY: nothing uses the block afterwards.
    unsafe { HEAP.lock().free(pointer.as_ptr().cast()) };
}

/// Gives freed blocks that wait for reuse back to the kernel, until no more than this many bytes do.
pub(crate) fn trim(cached_max: usize) {
    HEAP.lock().trim(cached_max);
}

/// Returns the length of a block.
///
/// # Safety
/// The pointer is that of a block in use, or of [`EMPTY`].
#[cfg(feature = "exports")]
pub(crate) unsafe fn length_of(pointer: NonNull<c_void>) -> usize {
    // SAFETY: the header is in front of the content.
    let header = unsafe { pointer.cast::<Header>().sub(1) };
    // SAFETY: a block in use has a header, which only its owner writes to.
    unsafe { header.as_ref() }.len()
}

/// A block that was not allocated.
#[cfg(feature = "exports")]
#[repr(C)]
pub(crate) struct StaticBlock {
    header: Header,
    /// Writable, as the content of any block: a caller may write a NUL over the NUL.
    content: [AtomicU8; HEADER],
}

// SAFETY: nothing writes to the header, and the content is atomic.
#[cfg(feature = "exports")]
unsafe impl Sync for StaticBlock {}

/// An empty text that needs no memory, for functions that return one even on failure.
#[cfg(feature = "exports")]
pub(crate) static EMPTY: StaticBlock =
    StaticBlock { header: Header::EMPTY, content: [const { AtomicU8::new(0) }; HEADER] };

#[cfg(feature = "exports")]
impl StaticBlock {
    pub(crate) const fn as_ptr(&'static self) -> NonNull<c_void> {
        // The pointer is derived from that of the whole, so that the header can be reached from it.
        let whole = NonNull::from_ref(self).cast::<c_void>();
        // SAFETY: the content lies HEADER bytes into the block.
        unsafe { whole.byte_add(HEADER) }
    }
}
