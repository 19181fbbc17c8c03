//! Mappings of files, and of memory that the caller uses itself.

use core::num::NonZeroUsize;
use core::ptr::{NonNull, with_exposed_provenance_mut};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ffi_syscalls_arch::{Sysno, syscall2, syscall3, syscall4, syscall6};
use linux_raw_sys::auxvec::AT_PAGESZ;
use linux_raw_sys::general;
pub(crate) use linux_raw_sys::general::{
    MADV_DODUMP, MADV_DOFORK, MADV_DONTDUMP, MADV_DONTFORK, MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, MADV_MERGEABLE,
    MADV_NOHUGEPAGE, MADV_NORMAL, MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_RANDOM, MADV_REMOVE, MADV_SEQUENTIAL,
    MADV_UNMERGEABLE, MADV_WILLNEED,
};

use super::auxv::aux_value;
use super::call::{fd_arg, syscall_retry_unit};
use crate::errno::{Errno, Result, decode};
use crate::sys::types::{MapRequest, Protection};

const fn protection_bits(protection: Protection) -> usize {
    let bits = match protection {
        Protection::Read => general::PROT_READ,
        Protection::ReadWrite => general::PROT_READ | general::PROT_WRITE,
        Protection::ReadExecute => general::PROT_READ | general::PROT_EXEC,
    };
    bits as usize
}

fn map_flags(request: &MapRequest) -> usize {
    let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
    let huge = request
        .huge
        .map_or(0, |bits| general::MAP_HUGETLB | (u32::from(bits) & general::MAP_HUGE_MASK) << general::MAP_HUGE_SHIFT);
    let flags = if request.is_shared { general::MAP_SHARED } else { general::MAP_PRIVATE }
        | flag(request.file.is_none(), general::MAP_ANONYMOUS)
        | flag(request.is_populated, general::MAP_POPULATE)
        | flag(request.has_no_reserve, general::MAP_NORESERVE)
        | flag(request.is_stack, general::MAP_STACK)
        | huge;
    flags as usize
}

/// Maps a part of a file, or memory. The offset is a multiple of the page size. See mmap(2).
pub(crate) fn map_with(request: &MapRequest) -> Result<NonNull<u8>> {
    let (protection, flags) = (protection_bits(request.protection), map_flags(request));
    let fd = fd_arg(request.file.unwrap_or(-1));
    // SAFETY: without MAP_FIXED the kernel touches no memory in use.
    let address =
        decode(unsafe { syscall6(Sysno::mmap as usize, 0, request.len, protection, flags, fd, request.offset) })?;
    NonNull::new(with_exposed_provenance_mut(address)).ok_or(Errno::ENOMEM)
}

/// Unmaps the pages of a range. See munmap(2).
///
/// # Safety
/// The calling code owns the pages, and nothing uses them afterwards.
pub(crate) unsafe fn unmap_range(start: NonNull<u8>, len: usize) -> Result<()> {
    let address = start.as_ptr().expose_provenance();
    // SAFETY: nothing uses the pages afterwards.
    decode(unsafe { syscall2(Sysno::munmap as usize, address, len) }).map(drop)
}

/// Changes the length of a mapping, and moves its pages if it may. See mremap(2).
///
/// # Safety
/// The range is a mapping of the calling code's, and nothing uses it afterwards unless the call fails.
pub(crate) unsafe fn resize(start: NonNull<u8>, len: usize, new_len: usize, may_move: bool) -> Result<NonNull<u8>> {
    let flags = if may_move { general::MREMAP_MAYMOVE as usize } else { 0 };
    let address = start.as_ptr().expose_provenance();
    // SAFETY: nothing uses the range where it was. Without MREMAP_FIXED the kernel touches no other memory in use.
    let address = decode(unsafe { syscall4(Sysno::mremap as usize, address, len, new_len, flags) })?;
    NonNull::new(with_exposed_provenance_mut(address)).ok_or(Errno::ENOMEM)
}

/// Changes what the pages of a range allow. See mprotect(2).
///
/// # Safety
/// The calling code owns the pages, and uses them afterwards only as they allow.
pub(crate) unsafe fn protect(start: NonNull<u8>, len: usize, protection: Protection) -> Result<()> {
    let address = start.as_ptr().expose_provenance();
    // SAFETY: the pages are used only as they allow afterwards.
    decode(unsafe { syscall3(Sysno::mprotect as usize, address, len, protection_bits(protection)) }).map(drop)
}

/// Has what was written to the pages of a range written to their file, and waits for it if asked to. See msync(2).
pub(crate) fn sync_range(start: NonNull<u8>, len: usize, waits: bool) -> Result<()> {
    let flags = if waits { general::MS_SYNC } else { general::MS_ASYNC };
    // SAFETY: the call changes no memory.
    unsafe { syscall_retry_unit(start.as_ptr().expose_provenance(), len, flags as usize, Sysno::msync) }
}

/// Tells the kernel how a range is used. The address is a multiple of the page size. See madvise(2).
///
/// # Safety
/// The calling code owns the pages, or the advice changes no content.
pub(crate) unsafe fn advise(address: *mut u8, len: usize, advice: u32) -> Result<()> {
    // SAFETY: the pages are the calling code's, or keep their content.
    decode(unsafe { syscall3(Sysno::madvise as usize, address.expose_provenance(), len, advice as usize) }).map(drop)
}

/// Keeps the pages of a range in memory. See mlock(2).
pub(crate) fn lock_range(start: NonNull<u8>, len: usize) -> Result<()> {
    // SAFETY: the call changes no content.
    decode(unsafe { syscall2(Sysno::mlock as usize, start.as_ptr().expose_provenance(), len) }).map(drop)
}

/// The opposite of [`lock_range`]. See munlock(2).
pub(crate) fn unlock_range(start: NonNull<u8>, len: usize) -> Result<()> {
    // SAFETY: the call changes no content.
    decode(unsafe { syscall2(Sysno::munlock as usize, start.as_ptr().expose_provenance(), len) }).map(drop)
}

/// Returns the page size. See getpagesize(2).
pub(crate) fn page_size() -> NonZeroUsize {
    static SIZE: AtomicUsize = AtomicUsize::new(0);
    if let Some(known) = NonZeroUsize::new(SIZE.load(Relaxed)) {
        return known;
    }
    let told = aux_value(AT_PAGESZ).and_then(NonZeroUsize::new).filter(|size| size.is_power_of_two());
    let size = told.or_else(probe_page_size).unwrap_or(SMALLEST_PAGE);
    SIZE.store(size.get(), Relaxed);
    size
}

/// The size that every architecture here may have, and most do.
const SMALLEST_PAGE: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// Finds the page size without the auxiliary vector: madvise(2) refuses an address that is not a multiple of it, and does
/// nothing with a range of length 0.
fn probe_page_size() -> Option<NonZeroUsize> {
    const LARGEST_PAGE: usize = 65536;
    let sizes = core::iter::successors(Some(SMALLEST_PAGE), |size| size.checked_mul(NonZeroUsize::new(2)?));
    sizes.take_while(|size| size.get() <= LARGEST_PAGE).find(|size| {
        // SAFETY: the range is empty.
        unsafe { advise(core::ptr::without_provenance_mut(size.get()), 0, MADV_NORMAL) }.is_ok()
    })
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn madvise_finds_the_page_size_that_the_auxiliary_vector_has() {
        if std::env::var_os("FFI_SYSCALLS_EMULATED").is_some() {
            std::eprintln!("NOT IN AN EMULATOR: madvise(2) with pages that are larger than those of the machine");
            return;
        }
        // A model of the kernel has no vector.
        let told = aux_value(AT_PAGESZ).unwrap_or(SMALLEST_PAGE.get());
        assert_eq!(probe_page_size().map(NonZeroUsize::get), Some(told));
        assert_eq!(page_size().get(), told);
    }
}
