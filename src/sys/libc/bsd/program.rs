//! The arguments and the file of the program.

use core::ffi::{CStr, c_char};
#[cfg(not(target_os = "macos"))]
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;

#[cfg(not(target_os = "macos"))]
use super::super::call::decode;
use crate::errno::{Errno, Result};

/// Returns the arguments, ended by a null pointer.
#[cfg(target_os = "macos")]
pub(crate) fn arguments() -> Option<*const *const c_char> {
    // SAFETY: the call takes nothing, and cannot fail.
    let argv = unsafe { libc::_NSGetArgv() };
    // SAFETY: the address is that of the libc's variable.
    Some(unsafe { argv.read_volatile() }.cast())
}

/// Returns none: [`read_arguments`] does.
#[cfg(not(target_os = "macos"))]
pub(crate) const fn arguments() -> Option<*const *const c_char> {
    None
}

/// Fails: [`arguments`] returns them.
#[cfg(target_os = "macos")]
pub(crate) const fn read_arguments(_buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    Err(Errno::ENOSYS)
}

/// Writes the arguments into the buffer, each with its NUL, and returns their length. See sysctl(3).
#[cfg(not(target_os = "macos"))]
pub(crate) fn read_arguments(buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let pid = super::super::process::getpid();
    #[cfg(any(target_os = "freebsd", target_os = "dragonfly"))]
    let name = [libc::CTL_KERN, libc::KERN_PROC, libc::KERN_PROC_ARGS, pid];
    #[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
    let name = [libc::CTL_KERN, libc::KERN_PROC_ARGS, pid, libc::KERN_PROC_ARGV];
    let len = sysctl(&name, buffer)?;
    #[cfg(target_os = "openbsd")]
    return skip_pointers(buffer, len);
    #[cfg(not(target_os = "openbsd"))]
    Ok(len)
}

/// Moves the strings to the start of the buffer, in which an array of pointers to them comes first.
#[cfg(target_os = "openbsd")]
fn skip_pointers(buffer: &mut [MaybeUninit<u8>], len: usize) -> Result<usize> {
    // SAFETY: the call initialized this many bytes.
    let filled = unsafe { buffer.get(..len).unwrap_or_default().assume_init_ref() };
    let first = usize::from_ne_bytes(*filled.first_chunk().ok_or(Errno::EIO)?);
    let start = if first == 0 { len } else { first.wrapping_sub(filled.as_ptr().addr()) };
    if start > len {
        return Err(Errno::EIO);
    }
    buffer.copy_within(start..len, 0);
    Ok(len - start)
}

/// Writes the path of the program's file into the buffer, and returns its length. See dyld(3).
#[cfg(target_os = "macos")]
pub(crate) fn executable(buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let mut len = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
    // SAFETY: the buffer is writable for its length.
    if unsafe { libc::_NSGetExecutablePath(buffer.as_mut_ptr().cast(), &raw mut len) } != 0 {
        return Err(Errno::ENAMETOOLONG);
    }
    // SAFETY: the call has written a NUL-terminated string.
    Ok(unsafe { CStr::from_ptr(buffer.as_ptr().cast()) }.count_bytes())
}

/// Writes the path of the program's file into the buffer, and returns its length. See sysctl(3).
#[cfg(any(target_os = "freebsd", target_os = "dragonfly", target_os = "netbsd"))]
pub(crate) fn executable(buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    #[cfg(any(target_os = "freebsd", target_os = "dragonfly"))]
    let name = [libc::CTL_KERN, libc::KERN_PROC, libc::KERN_PROC_PATHNAME, -1];
    #[cfg(target_os = "netbsd")]
    let name = [libc::CTL_KERN, libc::KERN_PROC_ARGS, -1, libc::KERN_PROC_PATHNAME];
    // The length counts the NUL.
    Ok(sysctl(&name, buffer)?.saturating_sub(1))
}

/// Fails: the system does not tell.
#[cfg(target_os = "openbsd")]
pub(crate) const fn executable(_buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    Err(Errno::ENOSYS)
}

/// Returns none: these systems do not pass it.
pub(crate) const fn exec_filename() -> Option<&'static CStr> {
    None
}

/// Writes a value of the kernel into the buffer, and returns its length. See sysctl(3).
#[cfg(not(target_os = "macos"))]
fn sysctl(name: &[c_int; 4], buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let mut len = buffer.len();
    let start = buffer.as_mut_ptr().cast::<c_void>();
    // SAFETY: the name has four numbers, the buffer is writable for its length, and no value is set.
    decode(unsafe { libc::sysctl(name.as_ptr(), 4, start, &raw mut len, core::ptr::null_mut(), 0) })?;
    Ok(len)
}
