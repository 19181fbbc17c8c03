//! Time.

use ffi_syscalls_arch::{Sysno, syscall2};
use linux_raw_sys::general;

use crate::errno::decode;

/// Sleeps for less than a second, or until a signal arrives. See nanosleep(2).
#[inline(never)]
pub(crate) fn sleep_milliseconds(milliseconds: u32) {
    let time = general::__kernel_timespec { tv_sec: 0, tv_nsec: i64::from(milliseconds) * 1_000_000 };
    let address = (&raw const time).expose_provenance();
    // SAFETY: the kernel reads the time, and writes no remainder to a null address.
    let _ = decode(unsafe { syscall2(Sysno::nanosleep as usize, address, 0) });
}
