//! The C functions for time.

use core::ffi::c_char;

use super::convert::{CStrArg, into_c, into_c_bool, into_c_pointer, number_with_arg};
use crate::text::Text;
use crate::time::{self, Timestamp};

/// Returns the microseconds since 1970 (UTC), as the real-time clock has them. The clock can be set, so it may go back.
#[unsafe(no_mangle)]
pub extern "C" fn rt_time_now_unix_micros() -> i64 {
    time::now_unix_micros()
}

/// Returns the nanoseconds since a moment that stays the same until the system stops; the clock never goes back.
#[unsafe(no_mangle)]
pub extern "C" fn rt_time_now_nanos() -> i64 {
    time::now_nanos()
}

/// Has the calling thread sleep for at least this many milliseconds, whatever signals arrive. EINVAL if they are
/// negative.
#[unsafe(no_mangle)]
pub extern "C" fn rt_time_sleep_ms(ms: i64) -> bool {
    into_c_bool(time::sleep_ms(ms))
}

/// Returns the year of a moment, which is given in microseconds since 1970 (UTC): 0 is the year before 1, and negative
/// years precede it. The Gregorian calendar holds for all years.
#[unsafe(no_mangle)]
pub extern "C" fn rt_timestamp_get_year(micros: i64) -> i32 {
    // The year -1 is not a failure.
    into_c(Ok(Timestamp::from_micros(micros).year()))
}

/// Returns the month of a moment, 1 to 12.
#[unsafe(no_mangle)]
pub extern "C" fn rt_timestamp_get_month(micros: i64) -> i32 {
    i32::from(Timestamp::from_micros(micros).month())
}

/// Returns the day of the month of a moment, 1 to 31.
#[unsafe(no_mangle)]
pub extern "C" fn rt_timestamp_get_day(micros: i64) -> i32 {
    i32::from(Timestamp::from_micros(micros).day())
}

/// Returns the hour of a moment, 0 to 23.
#[unsafe(no_mangle)]
pub extern "C" fn rt_timestamp_get_hour(micros: i64) -> i32 {
    i32::from(Timestamp::from_micros(micros).hour())
}

/// Returns the minute of a moment, 0 to 59.
#[unsafe(no_mangle)]
pub extern "C" fn rt_timestamp_get_minute(micros: i64) -> i32 {
    i32::from(Timestamp::from_micros(micros).minute())
}

/// Returns the second of a moment, 0 to 59.
#[unsafe(no_mangle)]
pub extern "C" fn rt_timestamp_get_second(micros: i64) -> i32 {
    i32::from(Timestamp::from_micros(micros).second())
}

/// Returns the day of the week of a moment: 0 is Monday, and 6 is Sunday.
#[unsafe(no_mangle)]
pub extern "C" fn rt_timestamp_get_weekday(micros: i64) -> i32 {
    i32::from(Timestamp::from_micros(micros).weekday())
}

/// Returns the day of the year of a moment: 1 is January 1, and 366 is December 31 of a leap year.
#[unsafe(no_mangle)]
pub extern "C" fn rt_timestamp_get_yearday(micros: i64) -> i32 {
    i32::from(Timestamp::from_micros(micros).yearday())
}

/// Returns the microseconds since 1970 of a date and a time of day in UTC. -1 and EINVAL if there is no such date or
/// time, or if it is out of range; -1 and rt_last_error() 0 for the microsecond before 1970.
#[unsafe(no_mangle)]
pub extern "C" fn rt_timestamp_from_civil(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: i32) -> i64 {
    into_c(Timestamp::from_civil(year, month, day, hour, minute, second).map(Timestamp::micros))
}

/// Returns a moment in the form of RFC 3339, in UTC: "2026-11-27T19:12:48.000000Z". A year after 9999 or before 0 gets a
/// sign. Free the text with rt_free().
#[unsafe(no_mangle)]
pub extern "C" fn rt_timestamp_format(micros: i64) -> *mut c_char {
    into_c_pointer(Timestamp::from_micros(micros).format().map(Text::into_raw)).cast()
}

/// Returns the microseconds since 1970 of a moment in the form of RFC 3339, with any offset from UTC. A space may take
/// the place of the T, decimals after the sixth are cut off, and the second 60 is the one that follows. -1 and EINVAL if
/// the text has another form; -1 and rt_last_error() 0 for the microsecond before 1970.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_timestamp_parse(text: *const c_char) -> i64 {
    // SAFETY: C passes a string or NULL.
    unsafe { number_with_arg(text, |text: CStrArg<'_>| Ok(Timestamp::parse(text.get().to_bytes())?.micros())) }
}
