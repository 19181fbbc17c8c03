//! The arguments, the environment and the privileges that the program was started with.

use core::ffi::c_char;

pub(crate) use super::own::{arguments, exec_filename, executable, is_secure_exec, read_arguments};

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
