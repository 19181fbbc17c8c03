//! Moments, counted in microseconds.

use core::fmt;

use super::calendar::{days_of, weekday_of, yearday_of};
use super::civil::Civil;
use super::clock::now_unix_micros;
use super::rfc3339::{self, FormatBuffer};
use crate::errno::{Errno, Result};
use crate::text::Text;

/// A moment: microseconds since 1970 (UTC), without leap seconds. See time(2).
///
/// Every `i64` is a moment: the years are those from -290,308 to 294,247.
///
/// ```
/// use ffi_syscalls::time::Timestamp;
///
/// let leap_day = Timestamp::from_civil(2000, 2, 29, 12, 0, 0).unwrap();
/// assert_eq!(leap_day.yearday(), 60);
/// assert_eq!(leap_day.weekday(), 1);
/// assert_eq!(leap_day.micros(), 951_825_600_000_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the moment that is this many microseconds after 1970 started, or before if they are negative.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns the microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Returns the present moment, by the real-time clock.
    #[must_use]
    pub fn now() -> Self {
        Self(now_unix_micros())
    }

    /// Returns the moment of a date and a time of day in UTC.
    ///
    /// # Errors
    /// `EINVAL` if there is no such date or time, or no such [`Timestamp`].
    #[doc(alias = "rt_timestamp_from_civil")]
    pub fn from_civil(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: i32) -> Result<Self> {
        let byte = |field: i32| u8::try_from(field).map_err(|_| Errno::EINVAL);
        let civil = Civil {
            year,
            month: byte(month)?,
            day: byte(day)?,
            hour: byte(hour)?,
            minute: byte(minute)?,
            second: byte(second)?,
            microsecond: 0,
        };
        civil.try_into()
    }

    /// Returns the date and the time of day in UTC.
    #[must_use]
    pub const fn civil(self) -> Civil {
        Civil::from_micros(self.0)
    }

    /// Returns the year: 0 is the year before 1, and negative years precede it.
    #[must_use]
    #[doc(alias = "rt_timestamp_get_year")]
    pub const fn year(self) -> i32 {
        self.civil().year
    }

    /// Returns the month, 1 to 12.
    #[must_use]
    #[doc(alias = "rt_timestamp_get_month")]
    pub const fn month(self) -> u8 {
        self.civil().month
    }

    /// Returns the day of the month, 1 to 31.
    #[must_use]
    #[doc(alias = "rt_timestamp_get_day")]
    pub const fn day(self) -> u8 {
        self.civil().day
    }

    /// Returns the hour, 0 to 23.
    #[must_use]
    #[doc(alias = "rt_timestamp_get_hour")]
    pub const fn hour(self) -> u8 {
        self.civil().hour
    }

    /// Returns the minute, 0 to 59.
    #[must_use]
    #[doc(alias = "rt_timestamp_get_minute")]
    pub const fn minute(self) -> u8 {
        self.civil().minute
    }

    /// Returns the second, 0 to 59.
    #[must_use]
    #[doc(alias = "rt_timestamp_get_second")]
    pub const fn second(self) -> u8 {
        self.civil().second
    }

    /// Returns the day of the week: 0 is Monday, and 6 is Sunday.
    #[must_use]
    #[doc(alias = "rt_timestamp_get_weekday")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 6")]
    pub const fn weekday(self) -> u8 {
        weekday_of(days_of(self.0)) as u8
    }

    /// Returns the day of the year: 1 is January 1, and 366 is December 31 of a leap year.
    #[must_use]
    #[doc(alias = "rt_timestamp_get_yearday")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 366")]
    pub const fn yearday(self) -> u16 {
        yearday_of(days_of(self.0)) as u16
    }

    /// Returns the moment in the form of RFC 3339, in UTC, with six decimals: `2026-11-27T19:12:48.000000Z`.
    ///
    /// A year after 9999 gets a plus sign, and one before 0 a minus sign, as in ISO 8601.
    ///
    /// # Errors
    /// `ENOMEM`; `EAGAIN` if memory is locked ([Memory](crate#memory)).
    #[doc(alias = "rt_timestamp_format")]
    pub fn format(self) -> Result<Text> {
        Text::new(rfc3339::format(self.civil(), &mut FormatBuffer::default()))
    }

    /// Parses a moment in the form of RFC 3339, with any offset from UTC: `2026-11-27T20:12:48.5+01:00`.
    ///
    /// A space may take the place of the `T`. Decimals after the sixth are cut off. The second 60, a leap second, is the
    /// one that follows. Years with a sign and up to six digits are those that [`format`](Self::format) writes.
    ///
    /// # Errors
    /// `EINVAL` if the text has another form, or its moment is out of range.
    #[doc(alias = "rt_timestamp_parse")]
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self> {
        rfc3339::parse(text.as_ref()).map(Self).ok_or(Errno::EINVAL)
    }
}

/// Returns the moment of a date and a time of day in UTC. `EINVAL` if a field is out of its range, or the moment is.
impl TryFrom<Civil> for Timestamp {
    type Error = Errno;

    fn try_from(civil: Civil) -> Result<Self> {
        civil.to_micros().map(Self).ok_or(Errno::EINVAL)
    }
}

/// Writes the form of [`Timestamp::format`].
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = FormatBuffer::default();
        f.write_str(core::str::from_utf8(rfc3339::format(self.civil(), &mut buffer)).unwrap_or_default())
    }
}
