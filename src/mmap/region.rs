//! A mapping as an address and a length, neither of which needs to be a multiple of the page size.
//!
//! The kernel maps whole pages. Those of a range follow from its address and length, so nothing else is kept, and C can
//! pass both. A range of length 0 at the start of a page has that page, since no mapping is empty.

use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use crate::errno::{Errno, Result};
use crate::sys::{self, MapRequest, Protection};

/// A mapping that is unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Region {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: any thread may use and unmap the memory.
unsafe impl Send for Region {}
// SAFETY: a shared reference gives no access to the memory but by raw pointers.
unsafe impl Sync for Region {}

impl Region {
    /// Maps `request.len` bytes at `request.offset`, which may be any numbers.
    pub(super) fn map(request: &MapRequest) -> Result<Self> {
        let lead = if request.offset == 0 { 0 } else { request.offset % sys::page_size() };
        let len = request.len.checked_add(lead).filter(|&len| isize::try_from(len).is_ok()).ok_or(Errno::ENOMEM)?;
        let page = sys::map_with(&MapRequest { offset: request.offset - lead, len: len.max(1), ..*request })?;
        // SAFETY: the mapping is longer than `lead`, or both are 0.
        Ok(Self { start: unsafe { page.add(lead) }, len: request.len })
    }

    /// Takes ownership of a mapping.
    ///
    /// # Safety
    /// Both came from [`into_raw`](Self::into_raw), and nothing else owns the mapping.
    pub(crate) const unsafe fn from_raw(start: NonNull<u8>, len: usize) -> Self {
        Self { start, len }
    }

    /// Releases ownership: the memory stays mapped.
    pub(crate) fn into_raw(self) -> (NonNull<u8>, usize) {
        let region = ManuallyDrop::new(self);
        (region.start, region.len)
    }

    pub(super) const fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Unmaps the memory, and reports an error, which leaves it mapped.
    pub(crate) fn unmap(self) -> Result<()> {
        let (start, len) = self.into_raw();
        let (page, len) = extent(start, len)?;
        // SAFETY: the region owned the pages, and is gone.
        unsafe { sys::unmap_range(page, len) }
    }

    /// Changes what the pages allow.
    ///
    /// # Safety
    /// The memory is used afterwards only as the pages allow.
    pub(super) unsafe fn protect(&self, protection: Protection) -> Result<()> {
        let (page, len) = extent(self.start, self.len)?;
        // SAFETY: the region owns the pages.
        unsafe { sys::protect(page, len, protection) }
    }

    /// Locks the pages into memory, or unlocks them. The page of an empty range has no content.
    pub(super) fn lock(&self, call: fn(NonNull<u8>, usize) -> Result<()>) -> Result<()> {
        if self.len == 0 {
            return Ok(());
        }
        let (page, len) = extent(self.start, self.len)?;
        call(page, len)
    }

    /// Changes the length.
    ///
    /// # Safety
    /// Nothing refers to the memory that is unmapped or moved.
    pub(super) unsafe fn resize(&mut self, new_len: usize, may_move: bool) -> Result<()> {
        let (page, len) = extent(self.start, self.len)?;
        let lead = lead(self.start);
        let new_total = new_len.checked_add(lead).filter(|&len| isize::try_from(len).is_ok()).ok_or(Errno::ENOMEM)?;
        // SAFETY: the region owns the mapping, to which nothing refers where it was.
        let page = unsafe { sys::resize(page, len, new_total.max(1), may_move) }?;
        // SAFETY: the mapping is longer than `lead`, or both are 0.
        (self.start, self.len) = (unsafe { page.add(lead) }, new_len);
        Ok(())
    }

    /// Returns the address of a part, which must lie inside.
    pub(super) fn part(&self, offset: usize, len: usize) -> Result<NonNull<u8>> {
        if offset.checked_add(len).is_none_or(|end| end > self.len) {
            return Err(Errno::EINVAL);
        }
        // SAFETY: the offset is at most the length.
        Ok(unsafe { self.start.add(offset) })
    }

    /// Passes advice on a part to the kernel, which may drop the content of its pages. A page that is only partly the
    /// region's is all its own; one that is only partly in the range is left out.
    ///
    /// # Safety
    /// Nothing refers to content that may be dropped.
    pub(super) unsafe fn drop_part(&self, offset: usize, len: usize, advice: u32) -> Result<()> {
        let start = self.part(offset, len)?;
        if len == 0 {
            return Ok(());
        }
        let (first, at_end) = (lead(start), offset + len == self.len);
        let (start, len) = if offset == 0 { (round_down(start), len + first) } else { (start, len) };
        // SAFETY: the region owns the pages, to whose content nothing refers.
        unsafe { advise_inner(start, if at_end { round_up(start, len) } else { len }, advice) }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        let Ok((page, len)) = extent(self.start, self.len) else { return };
        // SAFETY: the region owns the pages, and is gone. An error leaves them mapped, which is harmless.
        let _ = unsafe { sys::unmap_range(page, len) };
    }
}

/// Returns the offset of an address in its page.
fn lead(address: NonNull<u8>) -> usize {
    address.addr().get() % sys::page_size()
}

fn round_down(address: NonNull<u8>) -> NonNull<u8> {
    // A mapping starts at a page that is not the first of the address space.
    NonNull::new(address.as_ptr().wrapping_sub(lead(address))).unwrap_or(address)
}

/// Returns the length of a range to the end of its last page.
fn round_up(start: NonNull<u8>, len: usize) -> usize {
    let end = start.addr().get().saturating_add(len);
    len.saturating_add(end.wrapping_neg() % sys::page_size())
}

/// Returns the pages of a range: the address of the first, and the length to the end of the range.
fn extent(start: NonNull<u8>, len: usize) -> Result<(NonNull<u8>, usize)> {
    let len = len.checked_add(lead(start)).ok_or(Errno::EINVAL)?;
    Ok((round_down(start), len.max(1)))
}

/// Has what was written to a part of a mapping written to the file, and waits for it if asked to.
pub(crate) fn sync_part(start: NonNull<u8>, len: usize, waits: bool) -> Result<()> {
    if len == 0 {
        return Ok(());
    }
    let (page, len) = extent(start, len)?;
    sys::sync_range(page, len, waits)
}

/// Passes advice on all pages of a part of a mapping to the kernel.
///
/// # Safety
/// The advice drops no content.
pub(crate) unsafe fn advise_part(start: NonNull<u8>, len: usize, advice: u32) -> Result<()> {
    if len == 0 {
        return Ok(());
    }
    let (page, len) = extent(start, len)?;
    // SAFETY: the advice drops no content.
    unsafe { sys::advise(page.as_ptr(), len, advice) }
}

/// Passes advice on the whole pages in a part of a mapping to the kernel, which may drop their content.
///
/// # Safety
/// The part is the calling code's, and nothing refers to content that may be dropped.
pub(crate) unsafe fn advise_inner(start: NonNull<u8>, len: usize, advice: u32) -> Result<()> {
    let page_size = sys::page_size();
    let before = start.addr().get().wrapping_neg() % page_size;
    let len = len.saturating_sub(before) / page_size * page_size.get();
    if len == 0 {
        return Ok(());
    }
    // SAFETY: the pages are the calling code's, and nothing refers to what they may lose.
    unsafe { sys::advise(start.as_ptr().wrapping_add(before), len, advice) }
}
