//! Clocks and sleep.

use core::time::Duration;

use super::calendar::MICROS;
#[cfg(feature = "exports")]
use crate::errno::Errno;
use crate::errno::Result;
use crate::sys::{self, Timespec};

const NANOS: i64 = 1_000_000_000;

/// Returns the microseconds since 1970 (UTC), as the real-time clock has them. See clock_gettime(2).
///
/// The clock can be set, so it may go back.
///
/// ```
/// let micros = ffi_syscalls::time::now_unix_micros();
/// assert!(micros > 1_700_000_000_000_000);
/// ```
#[must_use]
pub fn now_unix_micros() -> i64 {
    let time = sys::real_time();
    // The division of 32 bits takes half the time of one of 64.
    let nanoseconds = u32::try_from(time.nanoseconds).unwrap_or_default();
    time.seconds.saturating_mul(MICROS).saturating_add(i64::from(nanoseconds / 1000))
}

/// Returns the nanoseconds since a moment that stays the same until the system stops: CLOCK_MONOTONIC. See
/// clock_gettime(2).
///
/// The clock never goes back. It stands still while the system is suspended.
///
/// ```
/// use ffi_syscalls::time::now_nanos;
///
/// let start = now_nanos();
/// assert!(now_nanos() >= start);
/// ```
#[must_use]
pub fn now_nanos() -> i64 {
    let time = sys::monotonic_time();
    time.seconds.saturating_mul(NANOS).saturating_add(time.nanoseconds)
}

/// Has the calling thread sleep for at least this time, whatever signals arrive. See nanosleep(2).
///
/// # Errors
/// Those of nanosleep(2), in a sandbox that refuses it.
///
/// ```
/// use core::time::Duration;
///
/// ffi_syscalls::time::sleep(Duration::from_millis(2)).unwrap();
/// ```
#[doc(alias = "rt_time_sleep_ms")]
pub fn sleep(duration: Duration) -> Result<()> {
    // A time beyond the range of the clock, 292 years, is as good as any.
    let nanoseconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX).saturating_mul(NANOS);
    sleep_until(now_nanos().saturating_add(nanoseconds).saturating_add(i64::from(duration.subsec_nanos())))
}

/// Sleeps until the monotonic clock has this value.
fn sleep_until(deadline: i64) -> Result<()> {
    loop {
        let left = deadline.saturating_sub(now_nanos());
        if left <= 0 {
            return Ok(());
        }
        sys::sleep(Timespec { seconds: left / NANOS, nanoseconds: left % NANOS })?;
    }
}

/// Sleeps for milliseconds. `EINVAL` if there are fewer than 0.
#[cfg(feature = "exports")]
pub(crate) fn sleep_ms(milliseconds: i64) -> Result<()> {
    if milliseconds < 0 {
        return Err(Errno::EINVAL);
    }
    sleep_until(now_nanos().saturating_add(milliseconds.saturating_mul(MICROS)))
}
