//! The textual form of moments. See RFC 3339.

use super::calendar::{SECONDS_OF_DAY, days_to, micros_of};
use super::civil::Civil;

/// Room for the longest form, which has a sign and six digits for the year.
pub(super) type FormatBuffer = [u8; 32];

/// Writes a date and a time of day into the buffer, and returns the text.
pub(super) fn format(civil: Civil, buffer: &mut FormatBuffer) -> &[u8] {
    let year = civil.year.unsigned_abs();
    let year_digits = if year > 99_999 {
        6
    } else if year > 9999 {
        5
    } else {
        4
    };
    let mut text = Writer { buffer, len: 0 };
    match civil.year {
        0..=9999 => {}
        10_000.. => text.push_byte(b'+'),
        _ => text.push_byte(b'-'),
    }
    text.push_number(year, year_digits, b'-');
    text.push_number(u32::from(civil.month), 2, b'-');
    text.push_number(u32::from(civil.day), 2, b'T');
    text.push_number(u32::from(civil.hour), 2, b':');
    text.push_number(u32::from(civil.minute), 2, b':');
    text.push_number(u32::from(civil.second), 2, b'.');
    text.push_number(civil.microsecond, 6, b'Z');
    let len = text.len;
    buffer.get(..len).unwrap_or_default()
}

/// Appends to a buffer, which has room for all of a text.
struct Writer<'a> {
    buffer: &'a mut FormatBuffer,
    len: usize,
}

impl Writer<'_> {
    fn push_byte(&mut self, byte: u8) {
        if let Some(room) = self.buffer.get_mut(self.len) {
            *room = byte;
        }
        self.len += 1;
    }

    /// Appends a number with this many digits, and the byte that ends it.
    fn push_number(&mut self, number: u32, digits: usize, end: u8) {
        let mut rest = number;
        for digit in self.buffer.get_mut(self.len..self.len + digits).unwrap_or_default().iter_mut().rev() {
            let last = (rest % 10) as u8;
            *digit = b'0' + last;
            rest /= 10;
        }
        self.len += digits;
        self.push_byte(end);
    }
}

/// Returns the microseconds since 1970 of the moment that a text stands for.
pub(super) fn parse(text: &[u8]) -> Option<i64> {
    let mut rest = Cursor(text);
    let year = rest.year()?;
    rest.one_of(b"-")?;
    let month = rest.two_digits()?;
    rest.one_of(b"-")?;
    let day = rest.two_digits()?;
    rest.one_of(b"Tt ")?;
    let hour = rest.two_digits()?;
    rest.one_of(b":")?;
    let minute = rest.two_digits()?;
    rest.one_of(b":")?;
    let second = rest.two_digits()?;
    let microsecond = rest.decimals()?;
    let offset = rest.offset()?;
    if !rest.0.is_empty() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_to(i64::from(year), month, day)?;
    let in_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    micros_of(days * SECONDS_OF_DAY + in_day - offset, i64::from(microsecond))
}

/// The part of a text that is still to be parsed.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        self.next().filter(|byte| bytes.contains(byte))
    }

    /// Takes a digit, if one comes next.
    fn digit(&mut self) -> Option<u8> {
        let digit = self.0.first()?.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        self.next()?;
        Some(digit)
    }

    fn two_digits(&mut self) -> Option<u8> {
        Some(self.digit()? * 10 + self.digit()?)
    }

    /// Takes a year: four digits, or a sign and four to six.
    fn year(&mut self) -> Option<i32> {
        let sign = match self.0.first()? {
            b'-' => -1,
            b'+' => 1,
            _ => 0,
        };
        if sign != 0 {
            self.next()?;
        }
        let mut year = 0;
        for _ in 0..4 {
            year = year * 10 + i32::from(self.digit()?);
        }
        if sign != 0 {
            for _ in 0..2 {
                let Some(digit) = self.digit() else { break };
                year = year * 10 + i32::from(digit);
            }
        }
        Some(if sign < 0 { -year } else { year })
    }

    /// Takes a decimal point and decimals, if there is one, and returns the microseconds.
    fn decimals(&mut self) -> Option<u32> {
        if self.0.first() != Some(&b'.') {
            return Some(0);
        }
        self.next()?;
        let mut microseconds = u32::from(self.digit()?) * 100_000;
        let mut unit = 10_000;
        while let Some(digit) = self.digit() {
            microseconds += u32::from(digit) * unit;
            unit /= 10;
        }
        Some(microseconds)
    }

    /// Takes an offset from UTC, and returns its seconds.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = self.two_digits()?;
        self.one_of(b":")?;
        let minutes = self.two_digits()?;
        (hours < 24 && minutes < 60).then(|| sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
    }
}
