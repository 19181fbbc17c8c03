//! The C functions for paths.

use core::ffi::c_char;

use super::convert::{CStrArg, into_c_pointer, text_with_arg};
use crate::path;
use crate::text::Text;

/// Returns the last name in a path, without the slashes after it: "/" for "/", "" for "". Free the text with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_path_basename(path: *const c_char) -> *mut c_char {
    // SAFETY: C passes a string or NULL.
    unsafe { text_with_arg(path, |path| Text::new(path::basename(path.get().to_bytes()))) }
}

/// Returns a path without its last name and the slashes around it: "." if nothing is left, "/" for a name in the root
/// directory. Free the text with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_path_dirname(path: *const c_char) -> *mut c_char {
    // SAFETY: C passes a string or NULL.
    unsafe { text_with_arg(path, |path| Text::new(path::dirname(path.get().to_bytes()))) }
}

/// Returns the part of the last name after its last dot, "" if there is none. The dot of ".bashrc" starts no extension.
/// Free the text with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_path_extension(path: *const c_char) -> *mut c_char {
    // SAFETY: C passes a string or NULL.
    unsafe { text_with_arg(path, |path| Text::new(path::extension(path.get().to_bytes()))) }
}

/// Returns the path that leads to `path` from the directory `base`. An absolute path replaces the base; if either is
/// "", the result is the other. Free the text with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_path_join(base: *const c_char, path: *const c_char) -> *mut c_char {
    // SAFETY: C passes a string or NULL.
    let base = unsafe { CStrArg::new(base) };
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    let joined = base.and_then(|base| path::join(base.get().to_bytes(), path?.get().to_bytes()));
    into_c_pointer(joined.map(Text::into_raw)).cast()
}

/// Returns a path that leads to the same file from every working directory, without "." and needless slashes. ".." stays,
/// and nothing is looked up but the working directory. ENOENT for "". Free the text with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_path_absolute(path: *const c_char) -> *mut c_char {
    // SAFETY: C passes a string or NULL.
    unsafe { text_with_arg(path, |path| path::absolute(path.get().to_bytes())) }
}

/// Returns the absolute path of an existing file without symbolic links, "." and "..", as realpath(3) does. ELOOP after 40
/// links, ENAMETOOLONG if the result has 4096 bytes or more. Free the text with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_path_canonical(path: *const c_char) -> *mut c_char {
    // SAFETY: C passes a string or NULL.
    unsafe { text_with_arg(path, |path| path::canonical(path.get())) }
}
