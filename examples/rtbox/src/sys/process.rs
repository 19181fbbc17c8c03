//! Children.

use ffi_syscalls::Result;
use ffi_syscalls::process::Outcome;
use linux_raw_sys::general;
use syscalls::Sysno;

use super::{call, call_again, int, int_arg};

/// Starts a child with a copy of this process. Returns its process ID, or `None` in the child. See fork(2).
pub(crate) fn fork() -> Result<Option<i32>> {
    // All arguments but the signal are 0, so their order, which differs between architectures, does not matter.
    // SAFETY: the child gets a copy of the memory, and this process has one thread.
    match unsafe { call(Sysno::clone, [general::SIGCHLD as usize, 0, 0, 0, 0]) }? {
        0 => Ok(None),
        child => Ok(Some(int(child))),
    }
}

/// Removes a child that has ended, and returns its process ID and how it ended; `None` if every child still runs and
/// the call does not wait. See wait(2).
pub(crate) fn wait_any(waits: bool) -> Result<Option<(i32, Outcome)>> {
    const ANY: usize = int_arg(-1);
    let options = if waits { 0 } else { general::WNOHANG as usize };
    let mut status = 0_u32;
    // SAFETY: the kernel writes one int.
    let child = unsafe { call_again(Sysno::wait4, [ANY, (&raw mut status).expose_provenance(), options, 0, 0]) }?;
    let [low, high, ..] = status.to_le_bytes();
    let outcome = if low & 0x7f == 0 { Outcome::Exited(high) } else { Outcome::Signaled(low & 0x7f) };
    Ok((child != 0).then_some((int(child), outcome)))
}

/// Sends a signal to a process, if the process may be sent one. See kill(2).
pub(crate) fn kill(process: i32, signal: u32) {
    // SAFETY: the call takes numbers only.
    let _ = unsafe { call(Sysno::kill, [int_arg(process), signal as usize, 0, 0, 0]) };
}
