//! Error numbers and their texts.

use std::ffi::CStr;

use crate::c;
use crate::errno::{Errno, decode};
use crate::numbers::Numbers;

/// Input: numbers of eight bytes.
pub fn run(data: &[u8]) {
    let mut numbers = Numbers(data);
    while !numbers.is_empty() {
        let number = numbers.word();
        check(number);
        // Numbers in and near the range of errors.
        check(number % 5000);
        check((number % 5000).wrapping_neg());
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "any int is a valid input")]
fn check(result: usize) {
    let is_error = (-4095..0).contains(&(result as isize));
    let expected = if is_error { Err(-(result as i32)) } else { Ok(result) };
    assert_eq!(decode(result).map_err(Errno::raw), expected);
    let number = result as i32;
    assert_eq!(Errno::from_raw(number).map(Errno::raw), (1..4096).contains(&number).then_some(number));
    // SAFETY: the text is static and ends with a NUL.
    let text = unsafe { CStr::from_ptr(c::rt_error_text(number)) }.to_bytes();
    assert!(!text.is_empty());
    #[cfg(not(miri))]
    assert_eq!(text, by_libc(number), "{number}");
}

/// Returns the text with glibc's name and description.
#[cfg(not(miri))]
fn by_libc(number: i32) -> Vec<u8> {
    unsafe extern "C" {
        fn strerrorname_np(number: i32) -> *const std::ffi::c_char;
        fn strerrordesc_np(number: i32) -> *const std::ffi::c_char;
    }
    // SAFETY: both functions accept any number.
    let (name, description) = unsafe { (strerrorname_np(number), strerrordesc_np(number)) };
    if number == 0 {
        return b"OK: Success".to_vec();
    }
    if name.is_null() {
        return b"Unknown error".to_vec();
    }
    // SAFETY: both are static C strings.
    let [name, description] = [name, description].map(|text| unsafe { CStr::from_ptr(text) }.to_bytes());
    [name, b": ", description].concat()
}
