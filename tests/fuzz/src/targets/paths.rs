//! Joins texts into C strings for the kernel, and splits texts into fields and numbers.

use std::mem::MaybeUninit;

use crate::arg::{Arg, PATH_MAX, join, terminate};
use crate::errno::Errno;
use crate::fields::{fields, parse_decimal, split_field};
use crate::numbers::Numbers;
use crate::text::Text;

/// Input: three bytes with the number of repetitions of each line, and three lines.
pub fn run(data: &[u8]) {
    let mut numbers = Numbers(data);
    let repeats: [usize; 3] = std::array::from_fn(|_| usize::from(numbers.byte()));
    let mut lines = numbers.0.splitn(3, |&byte| byte == b'\n');
    let parts = repeats.map(|count| lines.next().unwrap_or_default().repeat(count.max(1)));
    check_joined([&parts[0], &parts[1], &parts[2]]);
    for part in &parts {
        check_joined([part, b"", b""]);
        check_split(part, b'/');
    }
    check_split(data, b':');
    check_number(numbers.0);
}

fn check_joined(parts: [&[u8]; 3]) {
    let whole = parts.concat();
    let expected = match whole.len() {
        PATH_MAX.. => Err(Errno::ENAMETOOLONG),
        _ if whole.contains(&0) => Err(Errno::EINVAL),
        _ => Ok(&whole[..]),
    };
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    assert_eq!(join(parts, &mut buffer).map(std::ffi::CStr::to_bytes), expected);
    if parts[1].is_empty() && parts[2].is_empty() {
        let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
        assert_eq!(terminate(&whole, &mut buffer).map(std::ffi::CStr::to_bytes), expected);
        let passed = whole.as_slice().with_c_str(|path| Text::new(path.to_bytes()));
        assert_eq!(passed.as_ref().map(Text::as_bytes).map_err(|errno| *errno), expected);
    }
}

fn check_split(text: &[u8], separator: u8) {
    let expected: Vec<_> = text.split(|&byte| byte == separator).collect();
    assert_eq!(fields(text, separator).collect::<Vec<_>>(), expected);
    for (number, field) in expected.iter().enumerate().take(5) {
        assert_eq!(fields(text, separator).nth(number), Some(*field));
    }
    assert_eq!(fields(text, separator).nth(expected.len()), None);
    let mut rest = text;
    assert_eq!(split_field(&mut rest, separator), expected[0]);
    assert_eq!(rest, expected[1..].join(&separator));
}

fn check_number(text: &[u8]) {
    let digits = str::from_utf8(text).ok().filter(|_| text.iter().all(u8::is_ascii_digit));
    assert_eq!(parse_decimal(text), digits.and_then(|digits| digits.parse().ok()));
}
