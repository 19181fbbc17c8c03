//! Conversions between days and dates of the Gregorian calendar.
//!
//! The calendar repeats every 400 years, which have 146,097 days. A year that starts in March has its leap day at its
//! end, so the days before each of its months are a linear function of the month, as those before each year of a century
//! and before each century are.

use super::division::divide;

pub(super) const MICROS: i64 = 1_000_000;
pub(super) const SECONDS_OF_DAY: i64 = 86_400;
const MICROS_OF_DAY: i64 = MICROS * SECONDS_OF_DAY;

const DAYS_OF_CYCLE: i64 = 146_097;
const YEARS_OF_CYCLE: i64 = 400;

/// The days from March 1 of the year 0 to January 1, 1970.
const DAYS_TO_1970: i64 = 719_468;

/// Returns the days since 1970 of microseconds since 1970; negative before.
pub(super) const fn days_of(micros: i64) -> i64 {
    divide::<MICROS_OF_DAY>(micros).0
}

/// Returns the seconds since midnight of microseconds since 1970.
pub(super) const fn second_of_day(micros: i64) -> i64 {
    divide::<MICROS>(divide::<MICROS_OF_DAY>(micros).1).0
}

/// Returns the microseconds since 1970 of seconds and the microseconds after them, or `None` if they have more than 64
/// bits.
pub(super) const fn micros_of(seconds: i64, microseconds: i64) -> Option<i64> {
    // The first second of the range starts before it, so the next one is multiplied, which is nearer to 1970.
    let (seconds, microseconds) =
        if seconds < 0 { (seconds + 1, microseconds - MICROS) } else { (seconds, microseconds) };
    match seconds.checked_mul(MICROS) {
        Some(micros) => micros.checked_add(microseconds),
        None => None,
    }
}

/// Returns the day of the week of a day since 1970: 0 is Monday.
pub(super) const fn weekday_of(days: i64) -> i64 {
    // January 1, 1970 was a Thursday.
    divide::<7>(days + 3).1
}

/// Returns the day of the year of a day since 1970: 1 to 366.
pub(super) const fn yearday_of(days: i64) -> i64 {
    let (year, ..) = date_of(days);
    match days_to(year as i64, 1, 1) {
        Some(first) => days - first + 1,
        None => 1, // every year has a January 1
    }
}

/// Returns the year, the month and the day of a day since 1970 that 64 bits of microseconds can have.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "years of timestamps are within 32 bits, and months and days within 8"
)]
pub(super) const fn date_of(days: i64) -> (i32, u8, u8) {
    // A century has 36,524 or 36,525 days: 146,097 in four centuries.
    let (century, quarters) = divide::<DAYS_OF_CYCLE>(4 * (days + DAYS_TO_1970) + 3);
    // A year has 365 or 366 days: 1461 in four years.
    let (year, quarters) = divide::<1461>(quarters | 3);
    // The months from March on have 31, 30, 31, 30, 31 days, and again: 153 in five months.
    let (month, fifths) = divide::<153>(5 * (quarters >> 2) + 2);
    let (day, _) = divide::<5>(fifths);
    // January and February belong to the next year.
    let is_next_year = month >= 10;
    let year = 100 * century + year + is_next_year as i64;
    (year as i32, (if is_next_year { month - 9 } else { month + 3 }) as u8, day as u8 + 1)
}

/// Returns the days since 1970 of a date, or `None` if there is no such date.
pub(super) const fn days_to(year: i64, month: u8, day: u8) -> Option<i64> {
    if month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let (month, day) = (month as i64, day as i64);
    // January and February belong to the year that started in the March before.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (cycle, year) = divide::<YEARS_OF_CYCLE>(year);
    Some(cycle * DAYS_OF_CYCLE + days_before_year(year) + days_before_month(month) + day - 1 - DAYS_TO_1970)
}

/// Returns the days of a cycle before a year that starts in March.
const fn days_before_year(year: i64) -> i64 {
    year * 365 + (year >> 2) - divide::<100>(year).0
}

/// Returns the days of a year that starts in March before one of its months: 0 is March.
const fn days_before_month(month: i64) -> i64 {
    divide::<5>(153 * month + 2).0
}

const fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns whether a year has a February 29: every fourth one, and of those that end a century every fourth one.
const fn is_leap(year: i64) -> bool {
    let (century, rest) = divide::<100>(year);
    (if rest == 0 { century } else { rest }) & 3 == 0
}
