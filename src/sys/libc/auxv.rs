//! The arguments, the environment and the privileges that the program was started with.

use core::ffi::c_char;
#[cfg(target_os = "linux")]
use core::mem::MaybeUninit;

#[cfg(not(target_os = "linux"))]
pub(crate) use super::own::{arguments, executable};
pub(crate) use super::own::{exec_filename, is_secure_exec, read_arguments};
#[cfg(target_os = "linux")]
use super::path::read_link_at;
#[cfg(target_os = "linux")]
use crate::errno::Result;
#[cfg(target_os = "linux")]
use crate::sys::CWD;
#[cfg(target_os = "linux")]
pub(crate) use crate::sys::constructor::arguments;

#[cfg(not(target_os = "macos"))]
unsafe extern "C" {
    static environ: *const *const c_char;
}

/// Returns the libc's `environ`, ended by a null pointer; null if there is none. See environ(7).
#[cfg(not(target_os = "macos"))]
pub(crate) fn environment() -> Option<*const *const c_char> {
    // SAFETY: the address is that of the libc's variable.
    Some(unsafe { (&raw const environ).read_volatile() })
}

/// Returns the libc's `environ`, ended by a null pointer; null if there is none. See environ(7).
#[cfg(target_os = "macos")]
pub(crate) fn environment() -> Option<*const *const c_char> {
    // SAFETY: the call takes nothing, and cannot fail.
    let environ = unsafe { libc::_NSGetEnviron() };
    // SAFETY: the address is that of the libc's variable.
    Some(unsafe { environ.read_volatile() }.cast())
}

/// Writes the path of the program's file into the buffer, and returns its length. See proc_pid_exe(5).
#[cfg(target_os = "linux")]
pub(crate) fn executable(buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    read_link_at(&CWD, c"/proc/self/exe", buffer)
}
