//! The C functions for the system.

use core::ffi::{c_char, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::convert::{into_c, into_c_bool, into_c_pointer};
use crate::errno::{Errno, Result};
use crate::system;
use crate::text::Text;

/// Returns how many processors the calling thread can keep busy: those it may run on, or fewer if a control group
/// limits its share, rounded up. At least 1. Each call asks for the former; the limit is read once and kept, so a
/// running process does not see it change.
#[unsafe(no_mangle)]
pub extern "C" fn rt_system_cpu_count() -> i64 {
    i64::try_from(system::cpu_count()).unwrap_or(i64::MAX)
}

/// Returns the host name, with or without a domain. Free the text with rt_free().
#[unsafe(no_mangle)]
pub extern "C" fn rt_hostname() -> *mut c_char {
    into_c_pointer(system::hostname().map(Text::into_raw)).cast()
}

/// Returns the bytes of memory that the process can hope for: those of the machine, or of its control group if that is
/// limited to fewer; -1 on failure.
#[unsafe(no_mangle)]
pub extern "C" fn rt_system_memory() -> i64 {
    into_c(system::memory().map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)))
}

/// Fills memory with random bytes that are fit for keys (getrandom(2)). It waits until the kernel's generator is
/// initialized, which matters right after the start of the system. After a failure the content is unspecified.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_random_bytes(data: *mut c_void, len: usize) -> bool {
    // SAFETY: C passes memory of this length, or NULL.
    into_c_bool(unsafe { memory_of(data, len) }.and_then(system::fill_with_random_bytes))
}

/// Returns the memory that C passed.
///
/// # Safety
/// The pointer is null, or that of this many bytes that nothing else uses for the lifetime.
unsafe fn memory_of<'a>(data: *mut c_void, len: usize) -> Result<&'a mut [MaybeUninit<u8>]> {
    match NonNull::new(data.cast::<MaybeUninit<u8>>()) {
        _ if len == 0 => Ok(&mut []),
        None => Err(Errno::EFAULT),
        Some(_) if len > isize::MAX.cast_unsigned() => Err(Errno::EFAULT),
        // SAFETY: the memory has this many bytes, and is no longer than a slice can be.
        Some(start) => Ok(unsafe { NonNull::slice_from_raw_parts(start, len).as_mut() }),
    }
}

/// Returns the user who started the process: the real user ID.
#[unsafe(no_mangle)]
pub extern "C" fn rt_getuid() -> i64 {
    i64::from(system::getuid())
}
