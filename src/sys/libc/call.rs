//! The forms of a libc call's arguments and results.

use core::ffi::c_int;
#[cfg(target_os = "linux")]
use core::ffi::c_long;

#[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
use libc::__errno as location;
#[cfg(any(target_os = "linux", target_os = "dragonfly"))]
use libc::__errno_location as location;
#[cfg(any(target_os = "macos", target_os = "freebsd"))]
use libc::__error as location;

use crate::errno::{Errno, Result};

/// The most bytes that one read or write transfers: some systems refuse more than an int counts.
pub(super) const MAX_TRANSFER: usize = 0x7fff_f000;

/// Returns the address of the calling thread's errno.
pub(super) fn errno_location() -> *mut c_int {
    // SAFETY: the call takes nothing, and cannot fail.
    unsafe { location() }
}

/// Returns why the calling thread's last call failed.
pub(super) fn last_errno() -> Errno {
    // SAFETY: the address is that of the calling thread's own variable.
    Errno::from_raw(unsafe { *errno_location() }).unwrap_or(Errno::EIO)
}

/// Decodes a result of which -1 is a failure.
pub(super) fn decode(result: c_int) -> Result<c_int> {
    if result == -1 { Err(last_errno()) } else { Ok(result) }
}

/// Decodes a count of bytes, of which -1 is a failure.
pub(super) fn decode_count(result: isize) -> Result<usize> {
    usize::try_from(result).map_err(|_| last_errno())
}

/// Decodes the result of syscall(2), of which -1 is a failure.
#[cfg(target_os = "linux")]
pub(super) fn decode_long(result: c_long) -> Result<usize> {
    usize::try_from(result).map_err(|_| last_errno())
}

/// Converts flags or a signal number to the type that a libc takes.
#[expect(clippy::cast_possible_wrap, reason = "flags are small")]
pub(super) const fn flags(flags: u32) -> c_int {
    flags as c_int
}

/// Defines constants in the type that the primitives take; none is negative or large.
macro_rules! constants {
    ($($name:ident)*) => {
        $(
            #[allow(
                clippy::cast_sign_loss,
                clippy::cast_lossless,
                clippy::cast_possible_truncation,
                reason = "their types differ between systems, and their values are small"
            )]
            pub(crate) const $name: u32 = libc::$name as u32;
        )*
    };
}

pub(super) use constants;

/// Converts mode bits to the type that a libc takes.
#[allow(clippy::cast_possible_truncation, clippy::useless_conversion, reason = "some systems have 16 bits for it")]
pub(super) const fn mode_bits(mode: u32) -> libc::mode_t {
    mode as libc::mode_t
}
