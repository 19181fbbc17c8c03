//! posix_spawn(3), which starts a program on macOS without copying the caller.

use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;
use core::ptr::null;

use super::super::call::decode;
use super::super::signal::SignalSet;
use crate::errno::{Errno, Result};

/// The attributes of a program to start.
struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    /// Requests this signal mask, and the default disposition of SIGPIPE. See posix_spawnattr_init(3).
    fn new(mask: &SignalSet) -> Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call initializes the attributes.
        decode_number(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: the call succeeded, so the attributes are initialized.
        let mut attributes = Self(unsafe { attributes.assume_init() });
        let mut defaults = MaybeUninit::uninit();
        // SAFETY: the call initializes the set.
        decode(unsafe { libc::sigemptyset(defaults.as_mut_ptr()) })?;
        // SAFETY: the set is initialized.
        decode(unsafe { libc::sigaddset(defaults.as_mut_ptr(), libc::SIGPIPE) })?;
        let which = libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;
        let which = libc::c_short::try_from(which).map_err(|_| Errno::EINVAL)?;
        // SAFETY: the attributes and the set are initialized.
        decode_number(unsafe { libc::posix_spawnattr_setsigdefault(&raw mut attributes.0, defaults.as_ptr()) })?;
        // SAFETY: the attributes and the set are initialized.
        decode_number(unsafe { libc::posix_spawnattr_setsigmask(&raw mut attributes.0, mask) })?;
        // SAFETY: the attributes are initialized.
        decode_number(unsafe { libc::posix_spawnattr_setflags(&raw mut attributes.0, which) })?;
        Ok(attributes)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: the attributes are initialized, and not used again.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

/// Starts a program with this signal mask and the default disposition of SIGPIPE, and returns its process ID.
///
/// No process remains if the program cannot be executed. See posix_spawn(2).
///
/// # Safety
/// `argv` and `envp` are arrays of NUL-terminated strings, each ended by a null pointer.
pub(crate) unsafe fn posix_spawn(
    path: &CStr,
    argv: *const *const c_char,
    envp: *const *const c_char,
    mask: &SignalSet,
) -> Result<i32> {
    let attributes = Attributes::new(mask)?;
    let mut pid = 0;
    // SAFETY: the strings of both arrays are NUL-terminated, and the call only reads them.
    let number = unsafe {
        libc::posix_spawn(&raw mut pid, path.as_ptr(), null(), &raw const attributes.0, argv.cast(), envp.cast())
    };
    decode_number(number)?;
    Ok(pid)
}

/// Decodes the result of a call that returns its error number.
fn decode_number(number: i32) -> Result<()> {
    if number == 0 { Ok(()) } else { Err(Errno::from_raw(number).unwrap_or(Errno::EINVAL)) }
}
