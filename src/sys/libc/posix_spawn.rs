//! One call that starts a program, where that is the way to start one without a copy of the caller: macOS.

use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;
use core::ptr::null;

use crate::sys::backend::{SignalSet, decode};
use crate::{Errno, Result};

/// Whether the system has such a call.
pub(crate) const STARTS_PROGRAMS: bool = true;

/// Attributes of a program to be started.
struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    /// That it gets this signal mask, and handles SIGPIPE by default. See posix_spawnattr_init(3).
    fn new(mask: &SignalSet) -> Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call fills the attributes in.
        decode_number(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: the call succeeded.
        let mut attributes = Self(unsafe { attributes.assume_init() });
        let mut defaults = MaybeUninit::uninit();
        // SAFETY: the call fills the set in.
        decode(unsafe { libc::sigemptyset(defaults.as_mut_ptr()) })?;
        // SAFETY: a set.
        decode(unsafe { libc::sigaddset(defaults.as_mut_ptr(), libc::SIGPIPE) })?;
        let which = libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;
        let which = libc::c_short::try_from(which).map_err(|_| Errno::EINVAL)?;
        // SAFETY: attributes, and a set.
        decode_number(unsafe { libc::posix_spawnattr_setsigdefault(&raw mut attributes.0, defaults.as_ptr()) })?;
        // SAFETY: attributes, and a set.
        decode_number(unsafe { libc::posix_spawnattr_setsigmask(&raw mut attributes.0, mask) })?;
        // SAFETY: attributes.
        decode_number(unsafe { libc::posix_spawnattr_setflags(&raw mut attributes.0, which) })?;
        Ok(attributes)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: attributes, which nobody uses any more.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

/// Starts a program that gets this signal mask and handles SIGPIPE by default; its process id. No process is left when
/// it cannot be executed. See posix_spawn(2).
///
/// # Safety
/// Both are arrays of NUL-terminated strings that end with a null pointer.
pub(crate) unsafe fn start_program(
    path: &CStr,
    argv: *const *const c_char,
    envp: *const *const c_char,
    mask: &SignalSet,
) -> Result<i32> {
    let attributes = Attributes::new(mask)?;
    let mut pid = 0;
    // SAFETY: the caller's; the strings are only read.
    let number = unsafe {
        libc::posix_spawn(&raw mut pid, path.as_ptr(), null(), &raw const attributes.0, argv.cast(), envp.cast())
    };
    decode_number(number)?;
    Ok(pid)
}

/// These calls return their error.
fn decode_number(number: i32) -> Result<()> {
    if number == 0 { Ok(()) } else { Err(Errno::from_raw(number).unwrap_or(Errno::EINVAL)) }
}
