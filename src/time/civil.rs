//! Conversions between days and dates of the Gregorian calendar.
//!
//! The calendar repeats every 400 years, which have 146,097 days. A year that starts in March has its leap day at its
//! end, so the days before each of its months are a linear function of the month.

use super::MICROS;
use super::timestamp::Timestamp;

const DAYS_OF_CYCLE: i64 = 146_097;
const YEARS_OF_CYCLE: i64 = 400;
pub(super) const SECONDS_OF_DAY: i64 = 86_400;

/// The days from March 1 of the year 0 to January 1, 1970.
const DAYS_TO_1970: i64 = 719_468;

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
    /// Returns the date and the time of day of a moment.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "remainders are small, and the years of 64 bits of microseconds fit into 32 bits"
    )]
    pub const fn from_timestamp(timestamp: Timestamp) -> Self {
        let micros = timestamp.micros();
        let seconds = micros.div_euclid(MICROS);
        let (days, second) = (seconds.div_euclid(SECONDS_OF_DAY), seconds.rem_euclid(SECONDS_OF_DAY));
        let (year, month, day) = date_of(days);
        Self {
            year: year as i32,
            month: month as u8,
            day: day as u8,
            hour: (second / 3600) as u8,
            minute: (second / 60 % 60) as u8,
            second: (second % 60) as u8,
            microsecond: micros.rem_euclid(MICROS) as u32,
        }
    }

    /// Returns the moment, or `None` if a field is out of its range or the moment out of that of a [`Timestamp`].
    #[must_use]
    pub const fn timestamp(self) -> Option<Timestamp> {
        let is_time = self.hour < 24 && self.minute < 60 && self.second < 60 && (self.microsecond as i64) < MICROS;
        let Some(days) = days_to(self.year as i64, self.month, self.day) else { return None };
        if !is_time {
            return None;
        }
        let second = self.hour as i64 * 3600 + self.minute as i64 * 60 + self.second as i64;
        Timestamp::from_parts(days * SECONDS_OF_DAY + second, self.microsecond as i64)
    }
}

/// Returns the day of the week of a day since 1970: 0 is Monday.
pub(super) const fn weekday_of(days: i64) -> i64 {
    // January 1, 1970 was a Thursday.
    (days + 3).rem_euclid(7)
}

/// Returns the day of the year of a day since 1970: 1 to 366.
pub(super) const fn yearday_of(days: i64) -> i64 {
    let (year, ..) = date_of(days);
    match days_to(year, 1, 1) {
        Some(first) => days - first + 1,
        None => 1, // every year has a January 1
    }
}

/// Returns the days since 1970 of a moment.
pub(super) const fn days_of(timestamp: Timestamp) -> i64 {
    timestamp.micros().div_euclid(MICROS * SECONDS_OF_DAY)
}

/// Returns the year, the month and the day of a day since 1970.
const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_1970;
    let (cycle, day) = (days.div_euclid(DAYS_OF_CYCLE), days.rem_euclid(DAYS_OF_CYCLE));
    // Leap days: one in 4 years, not in 100 years, but at the end of the cycle.
    let year = (day - day / 1460 + day / 36_524 - day / (DAYS_OF_CYCLE - 1)) / 365;
    let day = day - days_before_year(year);
    // The months from March on have 31, 30, 31, 30, 31 days, and again: 153 in five months.
    let month = (5 * day + 2) / 153;
    let day = day - days_before_month(month) + 1;
    let is_next_year = month >= 10;
    let month = if is_next_year { month - 9 } else { month + 3 };
    (cycle * YEARS_OF_CYCLE + year + is_next_year as i64, month, day)
}

/// Returns the days since 1970 of a date, or `None` if there is no such date.
pub(super) const fn days_to(year: i64, month: u8, day: u8) -> Option<i64> {
    if month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let (month, day) = (month as i64, day as i64);
    // January and February belong to the year that started in the March before.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (cycle, year) = (year.div_euclid(YEARS_OF_CYCLE), year.rem_euclid(YEARS_OF_CYCLE));
    Some(cycle * DAYS_OF_CYCLE + days_before_year(year) + days_before_month(month) + day - 1 - DAYS_TO_1970)
}

/// Returns the days of a cycle before a year that starts in March.
const fn days_before_year(year: i64) -> i64 {
    year * 365 + year / 4 - year / 100
}

/// Returns the days of a year that starts in March before one of its months: 0 is March.
const fn days_before_month(month: i64) -> i64 {
    (153 * month + 2) / 5
}

const fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
