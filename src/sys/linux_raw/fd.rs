//! Closing and duplicating descriptors.

use ffi_syscalls_arch::{Sysno, syscall1, syscall3};
use linux_raw_sys::general;

use super::call::{fd_arg, int, syscall_retry};
use crate::errno::{Errno, Result, decode};
use crate::sys::fd::{Calls, OwnedFd};

/// A file descriptor that is closed when dropped.
pub(crate) type Fd = OwnedFd<Kernel>;

/// Makes the system calls.
#[derive(Debug)]
pub(crate) struct Kernel;

impl Calls for Kernel {
    fn duplicate(fd: i32, least: i32) -> Result<i32> {
        let command = general::F_DUPFD_CLOEXEC as usize;
        // SAFETY: the call takes numbers only.
        unsafe { syscall_retry(fd_arg(fd), command, fd_arg(least), 0, Sysno::fcntl) }.map(int)
    }

    #[inline(never)]
    unsafe fn close(fd: i32) -> Result<()> {
        // SAFETY: the descriptor is owned and not used again.
        match decode(unsafe { syscall1(Sysno::close as usize, fd_arg(fd)) }) {
            // Linux releases the descriptor before it can be interrupted: a retry could close one that was reused.
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }
}

/// Closes all descriptors of the process but one, if the kernel can (Linux 5.9). See close_range(2).
///
/// # Safety
/// Nothing in the process uses another descriptor afterwards.
pub(crate) unsafe fn close_all_but(fd: i32) {
    if fd > 0 {
        // SAFETY: nothing uses these descriptors afterwards.
        unsafe { close_range(0, fd - 1) };
    }
    if fd < i32::MAX {
        // SAFETY: nothing uses these descriptors afterwards.
        unsafe { close_range(fd + 1, i32::MAX) };
    }
}

/// # Safety
/// Nothing in the process uses a descriptor of the range afterwards.
unsafe fn close_range(first: i32, last: i32) {
    // SAFETY: nothing uses these descriptors afterwards.
    let _ = decode(unsafe { syscall3(Sysno::close_range as usize, fd_arg(first), fd_arg(last), 0) });
}

/// Makes `to` a duplicate of a descriptor that is another number, and inherited by programs. See dup3(2).
///
/// # Safety
/// Nothing uses what `to` referred to afterwards.
pub(crate) unsafe fn duplicate_onto(from: i32, to: i32) -> Result<()> {
    // SAFETY: nothing uses what the second number referred to.
    unsafe { syscall_retry(fd_arg(from), fd_arg(to), 0, 0, Sysno::dup3) }.map(drop)
}

/// Has reads and writes of a descriptor wait. See F_SETFL(2const).
pub(crate) fn set_blocking(fd: &Fd) -> Result<()> {
    // SAFETY: the call takes numbers only.
    unsafe { syscall_retry(fd.register(), general::F_SETFL as usize, 0, 0, Sysno::fcntl) }.map(drop)
}
