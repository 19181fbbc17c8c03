//! Dates and times of day.

use super::calendar::{MICROS, SECONDS_OF_DAY, date_of, days_of, days_to, micros_of, second_of_day};
use super::division::divide;

/// A date and a time of day in UTC, by the Gregorian calendar, also before its introduction. See gmtime(3).
///
/// The fields are ordered as they are significant, so dates compare as moments do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Civil {
    /// The year: 0 is the year before 1, and negative years precede it.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, 1 to 31.
    pub day: u8,
    /// The hour, 0 to 23.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: u8,
    /// The second, 0 to 59.
    pub second: u8,
    /// The microsecond, 0 to 999,999.
    pub microsecond: u32,
}

impl Civil {
    /// Returns the date and the time of day of microseconds since 1970.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an hour has two digits")]
    pub(super) const fn from_micros(micros: i64) -> Self {
        let (year, month, day) = date_of(days_of(micros));
        let (hour, in_hour) = divide::<3600>(second_of_day(micros));
        let (minute, second) = divide::<60>(in_hour);
        let (_, microsecond) = divide::<MICROS>(micros);
        let [hour, minute, second] = [hour as u8, minute as u8, second as u8];
        Self { year, month, day, hour, minute, second, microsecond: microsecond as u32 }
    }

    /// Returns the microseconds since 1970, or `None` if a field is out of its range or they have more than 64 bits.
    pub(super) const fn to_micros(self) -> Option<i64> {
        let is_time = self.hour < 24 && self.minute < 60 && self.second < 60 && (self.microsecond as i64) < MICROS;
        let Some(days) = days_to(self.year as i64, self.month, self.day) else { return None };
        if !is_time {
            return None;
        }
        let second = self.hour as i64 * 3600 + self.minute as i64 * 60 + self.second as i64;
        micros_of(days * SECONDS_OF_DAY + second, self.microsecond as i64)
    }
}
