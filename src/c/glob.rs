//! The C functions for patterns.

use core::ffi::c_char;

use super::convert::{CStrArg, into_c, into_c_pointer};
use crate::glob;
use crate::list::List;

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

/// Lists the paths that match a pattern, sorted by their bytes, ended by NULL; an empty list if there are none. A link to
/// a directory is followed where one component names it, never by **. Directories that cannot be read are left out.
/// EINVAL for a malformed pattern. One rt_free() frees the array and the paths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_glob_pattern(pattern: *const c_char) -> *mut *mut c_char {
    // SAFETY: C passes a string or NULL.
    let pattern = unsafe { CStrArg::new(pattern) };
    into_c_pointer(pattern.and_then(|pattern| glob::paths(pattern.get().to_bytes())).map(List::into_raw)).cast()
}
