//! Time.

use core::ptr::null_mut;

use super::call::decode;
use crate::errno::{Errno, Result};
use crate::sys::types::Timespec;

/// Returns the time since a moment that stays the same until the system stops. See clock_gettime(2).
pub(crate) fn monotonic_time() -> Timespec {
    clock(libc::CLOCK_MONOTONIC)
}

/// Returns the time since 1970 (UTC). See clock_gettime(2).
pub(crate) fn real_time() -> Timespec {
    clock(libc::CLOCK_REALTIME)
}

fn clock(clock: libc::clockid_t) -> Timespec {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one time. It fails for no clock that is requested here.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    Timespec { seconds: time.tv_sec, nanoseconds: time.tv_nsec }
}

/// Sleeps for a time, or until a signal arrives. See nanosleep(2).
pub(crate) fn sleep(time: Timespec) -> Result<()> {
    let time = libc::timespec { tv_sec: time.seconds, tv_nsec: time.nanoseconds };
    // SAFETY: the call reads the time, and writes no remainder to a null pointer.
    match decode(unsafe { libc::nanosleep(&raw const time, null_mut()) }) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Sleeps for less than a second, or until a signal arrives. See nanosleep(2).
pub(crate) fn sleep_milliseconds(milliseconds: u32) {
    let _ = sleep(Timespec { seconds: 0, nanoseconds: i64::from(milliseconds) * 1_000_000 });
}
