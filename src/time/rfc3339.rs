//! The textual form of moments. See RFC 3339.

use super::calendar::{SECONDS_OF_DAY, days_to, micros_of};
use super::civil::Civil;
use super::division::divide;

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
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a digit is from 0 to 9")]
    fn push_number(&mut self, number: u32, digits: usize, end: u8) {
        let mut rest = i64::from(number);
        for digit in self.buffer.get_mut(self.len..self.len + digits).unwrap_or_default().iter_mut().rev() {
            let last;
            (rest, last) = divide::<10>(rest);
            *digit = b'0' + last as u8;
        }
        self.len += digits;
        self.push_byte(end);
    }
}

/// Returns the microseconds since 1970 of the moment that a text stands for.
pub(super) fn parse(text: &[u8]) -> Option<i64> {
    let mut rest = Cursor(text);
    let year = rest.year()?;
    rest.separator(b'-')?;
    let month = rest.two_digits()?;
    rest.separator(b'-')?;
    let day = rest.two_digits()?;
    matches!(rest.next()?, b'T' | b't' | b' ').then_some(())?;
    let hour = rest.two_digits()?;
    rest.separator(b':')?;
    let minute = rest.two_digits()?;
    rest.separator(b':')?;
    let second = rest.two_digits()?;
    let microsecond = rest.decimals()?;
    let offset = rest.offset()?;
    if !rest.0.is_empty() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_to(year, month, day)?;
    let in_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    micros_of(days * SECONDS_OF_DAY + in_day - offset, microsecond)
}

/// The part of a text that is still to be parsed.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn separator(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// Takes as many digits as come next, but no more than `most`. Returns their number and how many they are.
    fn digits(&mut self, most: usize) -> (i64, usize) {
        let (mut number, mut count) = (0, 0);
        while let [first @ b'0'..=b'9', rest @ ..] = self.0
            && count < most
        {
            number = number * 10 + i64::from(first - b'0');
            count += 1;
            self.0 = rest;
        }
        (number, count)
    }

    fn two_digits(&mut self) -> Option<u8> {
        match self.digits(2) {
            (number, 2) => u8::try_from(number).ok(),
            _ => None,
        }
    }

    /// Takes a year: four digits, or a sign and four to six.
    fn year(&mut self) -> Option<i64> {
        let sign = match self.0.first()? {
            b'-' => -1,
            b'+' => 1,
            _ => 0,
        };
        if sign == 0 {
            let (year, count) = self.digits(4);
            return (count == 4).then_some(year);
        }
        self.next()?;
        let (year, count) = self.digits(6);
        (count >= 4).then_some(sign * year)
    }

    /// Takes a decimal point and decimals, if there is one, and returns the microseconds.
    fn decimals(&mut self) -> Option<i64> {
        if self.0.first() != Some(&b'.') {
            return Some(0);
        }
        self.next()?;
        let (mut microseconds, count) = self.digits(6);
        for _ in count..6 {
            microseconds *= 10;
        }
        // Decimals after the sixth are cut off.
        while self.digits(6).1 > 0 {}
        (count > 0).then_some(microseconds)
    }

    /// Takes an offset from UTC, and returns its seconds.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.next()? {
            b'Z' | b'z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.two_digits()?;
        self.separator(b':')?;
        let minutes = self.two_digits()?;
        (hours < 24 && minutes < 60).then(|| sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
    }
}
