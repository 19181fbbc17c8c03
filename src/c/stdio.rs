//! The C functions for the standard streams.

use core::ffi::c_char;

use super::convert::{fail, into_c_pointer, with_arg};
use crate::stdio;
use crate::text::Text;

/// Writes a text and a newline to the standard output, by one call where the kernel takes all of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_println(text: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(text, |text| stdio::println(text.get().to_bytes())) }
}

/// Writes a text and a newline to the standard error, by one call where the kernel takes all of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_eprintln(text: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(text, |text| stdio::eprintln(text.get().to_bytes())) }
}

/// Reads the rest of the standard input, to its end. Free the text with rt_free().
#[unsafe(no_mangle)]
pub extern "C" fn rt_stdin_read_text() -> *mut c_char {
    into_c_pointer(stdio::read_text().map(Text::into_raw)).cast()
}

/// Reads a line from the standard input, without its "\n" or "\r\n"; NULL and rt_last_error() 0 at the end.
///
/// The next reader of the input, in this process or another one, gets what follows the line. Free the text with
/// rt_free().
#[unsafe(no_mangle)]
pub extern "C" fn rt_stdin_read_line() -> *mut c_char {
    match stdio::read_line() {
        Ok(None) => fail(core::ptr::null_mut(), 0),
        Ok(Some(line)) => line.into_raw().as_ptr().cast(),
        Err(errno) => fail(core::ptr::null_mut(), errno.raw()),
    }
}
