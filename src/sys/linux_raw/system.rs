//! Facts about the system, and the users of the process.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use ffi_syscalls_arch::{Sysno, syscall1, syscall3};
use linux_raw_sys::general;
use linux_raw_sys::system::{new_utsname, sysinfo};

use super::call::{IdCall, get_id, syscall_retry};
use crate::errno::{Result, decode};

/// True if the system has control groups, which limit what a process gets.
pub(crate) const HAS_CONTROL_GROUPS: bool = true;

/// Room for a host name.
pub(crate) type HostnameBuffer = MaybeUninit<new_utsname>;

/// Returns the host name. See uname(2).
pub(crate) fn hostname(buffer: &mut HostnameBuffer) -> Result<&[u8]> {
    // SAFETY: the buffer is a struct utsname.
    decode(unsafe { syscall1(Sysno::uname as usize, buffer.as_mut_ptr().expose_provenance()) })?;
    // SAFETY: the call succeeded, so the kernel filled the buffer.
    let names = unsafe { buffer.assume_init_ref() };
    // SAFETY: the kernel ends the name with a NUL, for which the array has room.
    Ok(unsafe { CStr::from_ptr(names.nodename.as_ptr()) }.to_bytes())
}

/// Fills the buffer with the mask of processors that the calling thread may use, and returns its length in bytes.
///
/// Fails with `EINVAL` if the buffer is smaller than the kernel's masks. See sched_getaffinity(2).
pub(crate) fn affinity(mask: &mut [MaybeUninit<u64>]) -> Result<usize> {
    let address = mask.as_mut_ptr().expose_provenance();
    // SAFETY: the buffer is writable for its length; 0 is the calling thread.
    decode(unsafe { syscall3(Sysno::sched_getaffinity as usize, 0, size_of_val(mask), address) })
}

/// Returns the memory of the machine in bytes. See sysinfo(2).
pub(crate) fn total_memory() -> Result<u64> {
    let mut info = MaybeUninit::<sysinfo>::uninit();
    // SAFETY: the buffer is a struct sysinfo.
    decode(unsafe { syscall1(Sysno::sysinfo as usize, info.as_mut_ptr().expose_provenance()) })?;
    // SAFETY: the call succeeded, so the kernel filled the buffer.
    let info = unsafe { info.assume_init_ref() };
    Ok(info.totalram.saturating_mul(u64::from(info.mem_unit)))
}

/// Fills the buffer with random bytes, or its start, and returns their number. See getrandom(2).
///
/// With `blocking` it waits until the kernel's generator is initialized, and is `EAGAIN` before that otherwise.
pub(crate) fn random(buffer: &mut [MaybeUninit<u8>], blocking: bool) -> Result<usize> {
    let flags = if blocking { 0 } else { general::GRND_NONBLOCK };
    let address = buffer.as_mut_ptr().expose_provenance();
    // SAFETY: the buffer is writable for its length.
    unsafe { syscall_retry(address, buffer.len(), flags as usize, 0, Sysno::getrandom) }
}

/// Returns the user who started the process. See getuid(2).
pub(crate) fn real_user() -> u32 {
    get_id(IdCall::GETUID)
}

/// Returns the user whose privileges the process has. See geteuid(2).
pub(crate) fn effective_user() -> u32 {
    get_id(IdCall::GETEUID)
}
