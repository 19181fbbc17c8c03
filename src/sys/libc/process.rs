//! Processes.

use core::ffi::{CStr, c_char, c_void};

use super::call::{decode, last_errno};
pub(crate) use super::own::{HAS_POSIX_SPAWN, has_ended, open_process, posix_spawn, set_parent_death_signal, spawn};
use crate::errno::{Errno, Result};
use crate::sys::types::{WaitStatus, retry};

/// The function that a child of [`spawn`] runs. It must not return: there is nothing to return to.
pub(crate) type ChildEntry = unsafe extern "C" fn(argument: *mut c_void) -> !;

/// Returns the process ID of the caller. See getpid(2).
pub(crate) fn getpid() -> i32 {
    // SAFETY: the call takes nothing, and cannot fail.
    unsafe { libc::getpid() }
}

/// Replaces the program of the calling process, and returns only on failure. See execve(2).
///
/// # Safety
/// `argv` and `envp` are arrays of NUL-terminated strings, each ended by a null pointer.
pub(crate) unsafe fn exec(path: &CStr, argv: *const *const c_char, envp: *const *const c_char) -> Errno {
    // SAFETY: the path is NUL-terminated, and so are the strings of both arrays.
    unsafe { libc::execve(path.as_ptr(), argv, envp) };
    last_errno()
}

/// Ends the process, including all its threads, with this exit code; no exit handler runs. See _exit(2).
pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: the call takes a number only.
    unsafe { libc::_exit(code) }
}

/// Waits for a child to end. See waitpid(2).
pub(crate) fn wait(child: i32) -> Result<WaitStatus> {
    wait_with(child, 0)
}

/// Waits for a child to end of which the system keeps no status. `EAGAIN`: it still runs, and the wait ended early.
///
/// Some systems wake a waiting parent only when its last child has ended, so they are polled.
pub(crate) fn wait_forgotten(child: i32) -> Result<WaitStatus> {
    wait_with(child, if cfg!(target_os = "linux") { 0 } else { libc::WNOHANG })
}

fn wait_with(child: i32, options: i32) -> Result<WaitStatus> {
    let mut status = 0;
    // SAFETY: the call writes one int.
    match retry(|| decode(unsafe { libc::waitpid(child, &raw mut status, options) }))? {
        0 => Err(Errno::EAGAIN),
        _ => Ok(WaitStatus(status)),
    }
}

/// Returns how a child ended, or `None` while it runs. See waitpid(2).
pub(crate) fn wait_now(child: i32) -> Result<Option<WaitStatus>> {
    match wait_with(child, libc::WNOHANG) {
        Ok(status) => Ok(Some(status)),
        Err(Errno::EAGAIN) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Sends a signal to a process, or to the group whose number is negated. See kill(2).
pub(crate) fn kill(process: i32, signal: i32) -> Result<()> {
    // SAFETY: the call takes numbers only.
    decode(unsafe { libc::kill(process, signal) }).map(drop)
}

/// Makes the caller the leader of a new process group. See setpgid(2).
pub(crate) fn new_group() -> Result<()> {
    // SAFETY: the call takes numbers only; 0 is the caller, and its own number.
    decode(unsafe { libc::setpgid(0, 0) }).map(drop)
}

#[allow(
    clippy::cast_sign_loss,
    clippy::unnecessary_cast,
    reason = "their type differs between systems, and their values are small"
)]
mod limits {
    /// A resource that the system does not limit: setrlimit(2) refuses the number.
    #[cfg(target_os = "openbsd")]
    const MEMORY: u32 = libc::RLIMIT_DATA as u32;
    #[cfg(not(target_os = "openbsd"))]
    const MEMORY: u32 = libc::RLIMIT_AS as u32;

    /// The resources memory, processor seconds, descriptors, processes and file size. See getrlimit(2).
    pub(crate) const LIMITS: [u32; 5] = [
        MEMORY,
        libc::RLIMIT_CPU as u32,
        libc::RLIMIT_NOFILE as u32,
        libc::RLIMIT_NPROC as u32,
        libc::RLIMIT_FSIZE as u32,
    ];
}
pub(crate) use limits::LIMITS;

/// Limits a resource of the caller, soft and hard. See setrlimit(2).
pub(crate) fn set_limit(resource: u32, limit: u64) -> Result<()> {
    #[allow(clippy::useless_conversion, reason = "some systems have a signed type for it")]
    let limit = libc::rlim_t::try_from(limit).unwrap_or(libc::RLIM_INFINITY);
    let limit = libc::rlimit { rlim_cur: limit, rlim_max: limit };
    #[allow(clippy::useless_conversion, reason = "some systems have a signed type for it")]
    let resource = resource.try_into().map_err(|_| Errno::EINVAL)?;
    // SAFETY: the call reads one struct.
    decode(unsafe { libc::setrlimit(resource, &raw const limit) }).map(drop)
}
