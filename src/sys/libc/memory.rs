//! Mappings.

use core::ptr::{NonNull, null_mut};

use super::call::last_errno;
pub(crate) use super::own::{prefer_huge_pages, remap};
use crate::errno::{Errno, Result};

/// Maps fresh, zeroed, private memory. See mmap(2).
pub(crate) fn map(len: usize) -> Result<NonNull<u8>> {
    let (protection, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
    // SAFETY: without MAP_FIXED the kernel touches no memory in use.
    let address = unsafe { libc::mmap(null_mut(), len, protection, kind, -1, 0) };
    if address == libc::MAP_FAILED {
        return Err(last_errno());
    }
    NonNull::new(address.cast()).ok_or(Errno::ENOMEM)
}

/// Unmaps memory. See munmap(2).
///
/// # Safety
/// The range is part of a mapping of the library's, and nothing uses it afterwards.
pub(crate) unsafe fn unmap(start: NonNull<u8>, len: usize) {
    if len > 0 {
        // SAFETY: nothing uses the range afterwards. An error (too many mappings) leaves it mapped, which is harmless.
        unsafe { libc::munmap(start.as_ptr().cast(), len) };
    }
}
