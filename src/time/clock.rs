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
    let start = sys::monotonic_time();
    let mut left = duration;
    while !left.is_zero() {
        let seconds = i64::try_from(left.as_secs()).unwrap_or(i64::MAX);
        sys::sleep(Timespec { seconds, nanoseconds: i64::from(left.subsec_nanos()) })?;
        left = duration.saturating_sub(elapsed_since(start));
    }
    Ok(())
}

/// Returns how long a moment of the monotonic clock is ago.
fn elapsed_since(start: Timespec) -> Duration {
    let now = sys::monotonic_time();
    let nanoseconds = i128::from(now.seconds - start.seconds) * i128::from(NANOS);
    let nanoseconds = nanoseconds + i128::from(now.nanoseconds - start.nanoseconds);
    Duration::from_nanos(u64::try_from(nanoseconds.max(0)).unwrap_or(u64::MAX))
}

/// Sleeps for milliseconds. `EINVAL` if there are fewer than 0.
#[cfg(feature = "exports")]
pub(crate) fn sleep_ms(milliseconds: i64) -> Result<()> {
    sleep(Duration::from_millis(u64::try_from(milliseconds).map_err(|_| Errno::EINVAL)?))
}
