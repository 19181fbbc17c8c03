//! Mappings.

use core::ptr::{NonNull, with_exposed_provenance_mut};

use ffi_syscalls_arch::{Sysno, syscall2, syscall3, syscall4, syscall6};
use linux_raw_sys::general;

use super::call::fd_arg;
use crate::errno::{Errno, Result, decode};

/// Maps fresh, zeroed, private memory. See mmap(2).
#[inline(never)]
pub(crate) fn map(len: usize) -> Result<NonNull<u8>> {
    let protection = general::PROT_READ | general::PROT_WRITE;
    let flags = general::MAP_PRIVATE | general::MAP_ANONYMOUS;
    // SAFETY: without MAP_FIXED the kernel touches no memory in use.
    let address =
        decode(unsafe { syscall6(Sysno::mmap as usize, 0, len, protection as usize, flags as usize, fd_arg(-1), 0) })?;
    NonNull::new(with_exposed_provenance_mut(address)).ok_or(Errno::ENOMEM)
}

/// Unmaps memory. See munmap(2).
///
/// # Safety
/// The range is part of a mapping of the library's, and nothing uses it afterwards.
#[inline(never)]
pub(crate) unsafe fn unmap(start: NonNull<u8>, len: usize) {
    if len > 0 {
        let address = start.as_ptr().expose_provenance();
        // SAFETY: nothing uses the range afterwards. An error (too many mappings) leaves it mapped, which is harmless.
        let _ = decode(unsafe { syscall2(Sysno::munmap as usize, address, len) });
    }
}

/// Changes the length of a mapping, and moves its pages where there is room for it. See mremap(2).
///
/// # Safety
/// The range is a mapping of the library's, and nothing uses it afterwards unless the call fails.
pub(crate) unsafe fn remap(start: NonNull<u8>, len: usize, new_len: usize) -> Result<NonNull<u8>> {
    let (address, flags) = (start.as_ptr().expose_provenance(), general::MREMAP_MAYMOVE as usize);
    // SAFETY: nothing uses the range where it was. Without MREMAP_FIXED the kernel touches no other memory in use.
    let address = decode(unsafe { syscall4(Sysno::mremap as usize, address, len, new_len, flags) })?;
    NonNull::new(with_exposed_provenance_mut(address)).ok_or(Errno::ENOMEM)
}

/// Asks for huge pages. See madvise(2).
pub(crate) fn prefer_huge_pages(start: NonNull<u8>, len: usize) {
    let address = start.as_ptr().expose_provenance();
    // SAFETY: MADV_HUGEPAGE changes no content. A kernel without it returns EINVAL, and the small pages stay.
    let _ = decode(unsafe { syscall3(Sysno::madvise as usize, address, len, general::MADV_HUGEPAGE as usize) });
}
