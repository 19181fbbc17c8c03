//! Time.

use ffi_syscalls_arch::{Sysno, syscall2};
use linux_raw_sys::general;

use super::vdso;
use crate::errno::{Errno, Result, decode};
use crate::sys::types::Timespec;

/// Returns the time since a moment that stays the same until the system stops. See clock_gettime(2).
pub(crate) fn monotonic_time() -> Timespec {
    clock(general::CLOCK_MONOTONIC)
}

/// Returns the time since 1970 (UTC). See clock_gettime(2).
pub(crate) fn real_time() -> Timespec {
    clock(general::CLOCK_REALTIME)
}

/// Reads a clock through the vDSO, or by a system call. See vdso(7).
#[inline(never)]
fn clock(clock: u32) -> Timespec {
    let mut time = general::__kernel_timespec { tv_sec: 0, tv_nsec: 0 };
    if !vdso::read_clock(clock, &mut time) {
        let address = (&raw mut time).expose_provenance();
        // SAFETY: the kernel writes one time. The call fails for no clock that is requested here.
        let _ = decode(unsafe { syscall2(Sysno::clock_gettime as usize, clock as usize, address) });
    }
    Timespec { seconds: time.tv_sec, nanoseconds: time.tv_nsec }
}

/// Sleeps for a time, or until a signal arrives. See nanosleep(2).
#[inline(never)]
pub(crate) fn sleep(time: Timespec) -> Result<()> {
    let time = general::__kernel_timespec { tv_sec: time.seconds, tv_nsec: time.nanoseconds };
    let address = (&raw const time).expose_provenance();
    // SAFETY: the kernel reads the time, and writes no remainder to a null address.
    match decode(unsafe { syscall2(Sysno::nanosleep as usize, address, 0) }) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Sleeps for less than a second, or until a signal arrives. See nanosleep(2).
pub(crate) fn sleep_milliseconds(milliseconds: u32) {
    let _ = sleep(Timespec { seconds: 0, nanoseconds: i64::from(milliseconds) * 1_000_000 });
}
