//! Processes.

use core::ffi::{CStr, c_char, c_void};

use super::call::{decode, last_errno};
pub(crate) use super::own::{HAS_POSIX_SPAWN, posix_spawn, set_parent_death_signal, spawn};
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
