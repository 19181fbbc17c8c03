//! The C functions for patterns.

use core::ffi::c_char;

use super::convert::{CStrArg, into_c};
use crate::glob;

/// Returns whether a text matches a pattern: ? a character, * any number of them, [a-c] and [!a-c] one of a class, ** any
/// number of whole names. When it is false, rt_last_error() is 0 if the text does not match, and EINVAL if the pattern is
/// malformed. ? and * match slashes too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_glob_match(pattern: *const c_char, text: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    let pattern = unsafe { CStrArg::new(pattern) };
    // SAFETY: C passes a string or NULL.
    let text = unsafe { CStrArg::new(text) };
    into_c(pattern.and_then(|pattern| glob::matches(pattern.get().to_bytes(), text?.get().to_bytes())))
}
