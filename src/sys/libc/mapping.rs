//! Mappings of files, and of memory that the caller uses itself.

use core::ffi::c_int;
use core::num::NonZeroUsize;
use core::ptr::{NonNull, null_mut};

use super::call::{constants, decode, flags, last_errno};
use super::own::map_flags;
pub(crate) use super::own::{
    MADV_DODUMP, MADV_DOFORK, MADV_DONTDUMP, MADV_DONTFORK, MADV_HUGEPAGE, MADV_MERGEABLE, MADV_NOHUGEPAGE,
    MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_REMOVE, MADV_UNMERGEABLE, resize,
};
use crate::errno::{Errno, Result};
use crate::sys::types::{MapRequest, Protection, retry};

constants! { MADV_DONTNEED MADV_FREE MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED }

const fn protection_bits(protection: Protection) -> c_int {
    match protection {
        Protection::Read => libc::PROT_READ,
        Protection::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        Protection::ReadExecute => libc::PROT_READ | libc::PROT_EXEC,
    }
}

/// Maps a part of a file, or memory. The offset is a multiple of the page size. See mmap(2).
pub(crate) fn map_with(request: &MapRequest) -> Result<NonNull<u8>> {
    let flag_bits = if request.is_shared { libc::MAP_SHARED } else { libc::MAP_PRIVATE }
        | if request.file.is_none() { libc::MAP_ANON } else { 0 }
        | map_flags(request);
    let protection = protection_bits(request.protection);
    let offset = libc::off_t::try_from(request.offset).map_err(|_| Errno::EINVAL)?;
    // SAFETY: without MAP_FIXED the kernel touches no memory in use.
    let address =
        unsafe { libc::mmap(null_mut(), request.len, protection, flag_bits, request.file.unwrap_or(-1), offset) };
    if address == libc::MAP_FAILED {
        return Err(last_errno());
    }
    NonNull::new(address.cast()).ok_or(Errno::ENOMEM)
}

/// Unmaps the pages of a range. See munmap(2).
///
/// # Safety
/// The calling code owns the pages, and nothing uses them afterwards.
pub(crate) unsafe fn unmap_range(start: NonNull<u8>, len: usize) -> Result<()> {
    // SAFETY: nothing uses the pages afterwards.
    decode(unsafe { libc::munmap(start.as_ptr().cast(), len) }).map(drop)
}

/// Changes what the pages of a range allow. See mprotect(2).
///
/// # Safety
/// The calling code owns the pages, and uses them afterwards only as they allow.
pub(crate) unsafe fn protect(start: NonNull<u8>, len: usize, protection: Protection) -> Result<()> {
    // SAFETY: the pages are used only as they allow afterwards.
    decode(unsafe { libc::mprotect(start.as_ptr().cast(), len, protection_bits(protection)) }).map(drop)
}

/// Has what was written to the pages of a range written to their file, and waits for it if asked to. See msync(2).
pub(crate) fn sync_range(start: NonNull<u8>, len: usize, waits: bool) -> Result<()> {
    let flag_bits = if waits { libc::MS_SYNC } else { libc::MS_ASYNC };
    // SAFETY: the call changes no memory.
    retry(|| decode(unsafe { libc::msync(start.as_ptr().cast(), len, flag_bits) })).map(drop)
}

/// Tells the kernel how a range is used. The address is a multiple of the page size. See madvise(2).
///
/// # Safety
/// The calling code owns the pages, or the advice changes no content.
pub(crate) unsafe fn advise(address: *mut u8, len: usize, advice: u32) -> Result<()> {
    // SAFETY: the pages are the calling code's, or keep their content.
    decode(unsafe { libc::madvise(address.cast(), len, flags(advice)) }).map(drop)
}

/// Keeps the pages of a range in memory. See mlock(2).
pub(crate) fn lock_range(start: NonNull<u8>, len: usize) -> Result<()> {
    // SAFETY: the call changes no content.
    decode(unsafe { libc::mlock(start.as_ptr().cast(), len) }).map(drop)
}

/// The opposite of [`lock_range`]. See munlock(2).
pub(crate) fn unlock_range(start: NonNull<u8>, len: usize) -> Result<()> {
    // SAFETY: the call changes no content.
    decode(unsafe { libc::munlock(start.as_ptr().cast(), len) }).map(drop)
}

/// Returns the page size. See sysconf(3).
pub(crate) fn page_size() -> NonZeroUsize {
    const SMALLEST_PAGE: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
    // SAFETY: the call takes a number only.
    NonZeroUsize::try_from(usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(0))
        .unwrap_or(SMALLEST_PAGE)
}
