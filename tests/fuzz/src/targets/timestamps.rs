//! Moments, their dates and their texts, compared with the crate chrono.

use chrono::{DateTime, Datelike, NaiveDate, Timelike};

use crate::errno::Errno;
use crate::numbers::Numbers;
use crate::time::Timestamp;

/// The last year that chrono has, less one.
const LAST_YEAR: i32 = 262_141;

/// Input: a text. Its bytes are a moment and a date as well.
pub fn run(data: &[u8]) {
    check_text(data);
    let mut numbers = Numbers(data);
    let micros = numbers.word().cast_signed() as i64;
    for micros in [micros, micros >> 8, micros >> 16] {
        check_moment(micros);
    }
    let mut field = || i32::from(numbers.byte()) - 2;
    let (year, month, day) = (field() * 1100 + field() * 4, field() % 14, field() % 34);
    check_date([year, month, day, field() % 26, field() % 62, field() % 62]);
}

fn check_text(text: &[u8]) {
    let found = Timestamp::parse(text);
    if let Ok(timestamp) = found {
        check_moment(timestamp.micros());
    }
    let is_wide = matches!(text.first(), Some(b'+' | b'-'));
    // chrono takes the minus sign of Unicode too.
    let Some(text) = str::from_utf8(text).ok().filter(|text| text.is_ascii()) else {
        return assert_eq!(found, Err(Errno::EINVAL));
    };
    if !is_wide {
        let expected = DateTime::parse_from_rfc3339(text).map(|moment| moment.timestamp_micros());
        assert_eq!(found.map(Timestamp::micros).ok(), expected.ok(), "{text:?}");
    }
}

fn check_moment(micros: i64) {
    let timestamp = Timestamp::from_micros(micros);
    let text = timestamp.format().unwrap_or_else(|errno| panic!("{errno:?}"));
    assert_eq!(Timestamp::parse(&*text), Ok(timestamp));
    let Some(expected) = DateTime::from_timestamp_micros(micros) else { return };
    let date = (timestamp.year(), u32::from(timestamp.month()), u32::from(timestamp.day()));
    assert_eq!(date, (expected.year(), expected.month(), expected.day()));
    let time = [timestamp.hour(), timestamp.minute(), timestamp.second()].map(u32::from);
    assert_eq!(time, [expected.hour(), expected.minute(), expected.second()]);
    let days = (u32::from(timestamp.weekday()), u32::from(timestamp.yearday()));
    assert_eq!(days, (expected.weekday().num_days_from_monday(), expected.ordinal()));
    if (0..10_000).contains(&timestamp.year()) {
        assert_eq!(&*text, expected.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string().as_bytes());
    }
}

fn check_date(fields: [i32; 6]) {
    let [year, month, day, hour, minute, second] = fields;
    if year.abs() > LAST_YEAR {
        return;
    }
    let found = Timestamp::from_civil(year, month, day, hour, minute, second);
    let [month, day, hour, minute, second] =
        [month, day, hour, minute, second].map(|field| u32::try_from(field).unwrap_or(u32::MAX));
    let date = NaiveDate::from_ymd_opt(year, month, day);
    let expected = date.and_then(|date| date.and_hms_opt(hour, minute, second));
    assert_eq!(found.map(Timestamp::micros).ok(), expected.map(|date| date.and_utc().timestamp_micros()), "{fields:?}");
}
