//! The C functions that support the others: memory, errors, streams, and the end of the process.

use core::ffi::{c_char, c_void};
use core::ptr::NonNull;

use super::convert::with_arg;
use super::last_error;
use crate::errno::text_of;
use crate::heap::{self, EMPTY};
use crate::{process, stdio};

/// Frees a pointer that a function of this library returned; NULL is fine. A list is freed as a whole, never its
/// entries.
///
/// Freeing a small block twice in a row, an entry of a list, or a pointer that is misaligned or not the library's stops
/// the process with a message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_free(p: *mut c_void) {
    match NonNull::new(p) {
        // SAFETY: C passes a pointer that the library returned, and does not use it afterwards.
        Some(pointer) if pointer != EMPTY.as_ptr() => unsafe { heap::free(pointer) },
        _ => {}
    }
}

/// Returns the length of a text in bytes, without the final NUL, or the number of entries of a list; 0 for NULL. It
/// takes constant time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_len(p: *const c_void) -> usize {
    match NonNull::new(p.cast_mut()) {
        // SAFETY: C passes a pointer that the library returned.
        Some(pointer) => unsafe { heap::length_of(pointer) },
        None => 0,
    }
}

/// Returns the errno of the calling thread's last call that returned its failure value; 0 if that value was genuine.
/// Unspecified after a success.
#[unsafe(no_mangle)]
pub extern "C" fn rt_last_error() -> i32 {
    last_error::get()
}

/// Returns the name and the description of an errno: "ENOENT: No such file or directory". Static, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn rt_error_text(err: i32) -> *const c_char {
    text_of(err).as_ptr()
}

/// Writes a text to the standard output, all of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_print(text: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(text, |text| stdio::print(text.get().to_bytes())) }
}

/// Writes a text to the standard error, all of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_eprint(text: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(text, |text| stdio::eprint(text.get().to_bytes())) }
}

/// Ends the process, including all its threads, with the low 8 bits of the code. In a program without a libc the
/// destructors run first; with one they do not.
#[unsafe(no_mangle)]
pub extern "C" fn rt_exit(code: i32) -> ! {
    process::exit(code)
}

/// Returns the version of the library: major << 16 | minor << 8 | patch.
#[unsafe(no_mangle)]
pub extern "C" fn rt_version() -> i32 {
    const VERSION: i32 = part(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | part(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | part(env!("CARGO_PKG_VERSION_PATCH"));
    VERSION
}

/// Returns a part of the version.
#[expect(clippy::panic, reason = "evaluated at compile time")]
const fn part(digits: &str) -> i32 {
    match i32::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("not a number"),
    }
}
