//! Time.

use core::ptr::null_mut;

/// Sleeps for less than a second, or until a signal arrives. See nanosleep(2).
pub(crate) fn sleep_milliseconds(milliseconds: u32) {
    sleep_nanoseconds(i64::from(milliseconds) * 1_000_000);
}

/// Sleeps for less than a second, or until a signal arrives. See nanosleep(2).
pub(super) fn sleep_nanoseconds(nanoseconds: i64) {
    let time = libc::timespec { tv_sec: 0, tv_nsec: nanoseconds };
    // SAFETY: the call reads the time, and writes no remainder to a null pointer.
    unsafe { libc::nanosleep(&raw const time, null_mut()) };
}
