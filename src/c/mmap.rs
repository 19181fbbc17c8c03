//! The C functions for mappings of files.

use core::ffi::{c_char, c_void};
use core::ptr::NonNull;

use super::convert::{CStrArg, into_c_bool, into_c_pointer};
use crate::errno::{Errno, Result};
use crate::heap::EMPTY;
use crate::mmap::{Advice, MapOptions, Mapping, Region, UncheckedAdvice, advise_inner, advise_part, sync_part};

/// Maps a part of a file into memory, and stores its length in mapped. access is 0 for a read-only mapping, 1 for one
/// that is shared and writable, 2 for one that is private and writable. The offset need not be a multiple of the page
/// size, and len 0 means to the end of the file. EINVAL if a byte lies beyond the end of a regular file. A part without
/// bytes has a valid address and the length 0. A file that claims to be empty and cannot be mapped, as those of /proc,
/// fails with the kernel's reason. Returns NULL on failure.
///
/// Pass the address and the length to rt_file_munmap(). A page that the file no longer has when it is touched, because
/// another program or this one has shortened the file, raises SIGBUS, in a private mapping too; so does a disk that
/// fails. For files that others may shorten use rt_file_read_text().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_mmap(
    path: *const c_char,
    offset: i64,
    len: usize,
    access: u32,
    mapped: *mut usize,
) -> *mut c_void {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    let map = || {
        let mapped = NonNull::new(mapped).ok_or(Errno::EFAULT)?;
        let (start, len) = map(path?, offset, len, access)?;
        // SAFETY: C passes the address of a size_t.
        unsafe { mapped.write(len) };
        Ok(start)
    };
    into_c_pointer(map())
}

/// Maps a part of a file. One without bytes is not mapped, and has the address of a static.
fn map(path: CStrArg<'_>, offset: i64, len: usize, access: u32) -> Result<(NonNull<c_void>, usize)> {
    let mut options = MapOptions::new();
    options.offset(u64::try_from(offset).map_err(|_| Errno::EINVAL)?);
    if len > 0 {
        options.len(len);
    }
    let region = match access {
        // SAFETY: the caller keeps the file as the header demands.
        0 => unsafe { options.map(path.get()) }.map(Mapping::into_region),
        // SAFETY: the caller keeps the file as the header demands.
        1 => unsafe { options.map_mut(path.get()) }.map(Mapping::into_region),
        // SAFETY: the caller keeps the file as the header demands.
        2 => unsafe { options.map_copy(path.get()) }.map(Mapping::into_region),
        _ => Err(Errno::EINVAL),
    }?;
    if region.len() == 0 {
        region.unmap()?;
        return Ok((EMPTY.as_ptr(), 0));
    }
    let (start, len) = region.into_raw();
    Ok((start.cast(), len))
}

/// Calls a function with the address of a part of a mapping.
fn with_part(address: *mut c_void, call: impl FnOnce(NonNull<u8>) -> Result<()>) -> bool {
    into_c_bool(NonNull::new(address.cast()).ok_or(Errno::EFAULT).and_then(call))
}

/// Unmaps what rt_file_mmap() returned: that address, and the length that it stored. What was written to a shared
/// mapping reaches the file in any case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_munmap(address: *mut c_void, len: usize) -> bool {
    with_part(address, |start| {
        if len == 0 {
            // Nothing is mapped for a part without bytes.
            return Ok(());
        }
        // SAFETY: C passes a mapping that it owns, and does not use it afterwards.
        unsafe { Region::from_raw(start, len) }.unmap()
    })
}

/// Writes what has changed in a shared mapping, or in a part of it, to the file. With wait it returns when that is on
/// the disk.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_msync(address: *mut c_void, len: usize, wait: bool) -> bool {
    with_part(address, |start| sync_part(start, len, wait))
}

/// Tells the kernel how a mapping, or a part of it, will be used: 0 in no special way, 1 in any order, 2 from the start
/// to the end, 3 soon, 4 not soon. 4 affects whole pages inside the part alone, which lose what was written to them if
/// the mapping is private.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_madvise(address: *mut c_void, len: usize, advice: i32) -> bool {
    with_part(address, |start| {
        let advice = match advice {
            0 => Advice::Normal,
            1 => Advice::Random,
            2 => Advice::Sequential,
            3 => Advice::WillNeed,
            // SAFETY: C passes a mapping that it owns, or a part of one.
            4 => return unsafe { advise_inner(start, len, UncheckedAdvice::DontNeed.number()) },
            _ => return Err(Errno::EINVAL),
        };
        // SAFETY: none of this advice drops content.
        unsafe { advise_part(start, len, advice.number()) }
    })
}
