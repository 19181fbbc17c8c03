//! Closing and duplicating descriptors.

use super::call::decode;
use crate::errno::{Errno, Result};
use crate::sys::fd::{Calls, OwnedFd};
use crate::sys::types::retry;

/// A file descriptor that is closed when dropped.
pub(crate) type Fd = OwnedFd<Libc>;

/// Calls the libc's functions.
#[derive(Debug)]
pub(crate) struct Libc;

impl Calls for Libc {
    fn duplicate(fd: i32, least: i32) -> Result<i32> {
        // SAFETY: the call takes numbers only.
        retry(|| decode(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, least) }))
    }

    unsafe fn close(fd: i32) -> Result<()> {
        // SAFETY: the descriptor is owned and not used again.
        match decode(unsafe { libc::close(fd) }) {
            // The descriptor was released before the interruption: a retry could close one that was reused.
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }
}

/// Closes all descriptors of the process but one, up to the limit of open files and at most 65,536.
///
/// # Safety
/// Nothing in the process uses another descriptor afterwards.
pub(crate) unsafe fn close_all_but(fd: i32) {
    // SAFETY: the call takes a number only.
    let limit = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
    // A negative result means that there is no limit.
    let limit = if limit < 0 { i32::MAX } else { i32::try_from(limit).unwrap_or(i32::MAX) };
    for other in 0..limit.clamp(256, 1 << 16) {
        if other != fd {
            // SAFETY: nothing uses the descriptor afterwards.
            let _ = unsafe { Libc::close(other) };
        }
    }
}

/// Makes `to` a duplicate of a descriptor that is another number, and inherited by programs. See dup2(2).
///
/// # Safety
/// Nothing uses what `to` referred to afterwards.
pub(crate) unsafe fn duplicate_onto(from: i32, to: i32) -> Result<()> {
    // SAFETY: nothing uses what the second number referred to.
    retry(|| decode(unsafe { libc::dup2(from, to) })).map(drop)
}

/// Has reads and writes of a descriptor wait. See fcntl(2).
pub(crate) fn set_blocking(fd: &Fd) -> Result<()> {
    // SAFETY: the call takes numbers only.
    retry(|| decode(unsafe { libc::fcntl(fd.raw(), libc::F_SETFL, 0) })).map(drop)
}
