//! Without its C exports the crate defines no symbols, so a program can define `rt_*` functions of its own.

#![cfg(not(feature = "exports"))]
#![expect(clippy::unwrap_used, reason = "a test stops at an unexpected result")]

use std::ffi::{CStr, c_char};

use ffi_syscalls::{Errno, file};

/// A function of the program with the name and signature of a C function of the library, and another result.
///
/// # Safety
/// `path` must point to a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_exists(path: *const c_char) -> bool {
    // SAFETY: `path` points to a NUL-terminated string, as this function requires.
    let path = unsafe { CStr::from_ptr(path) };
    path == c"only this program knows it"
}

/// A function of the program with the name of a C function of the library, and another signature.
#[unsafe(no_mangle)]
pub extern "C" fn rt_free() -> i32 {
    42
}

/// The same names, resolved by the linker.
mod linked {
    use std::ffi::c_char;

    unsafe extern "C" {
        pub(crate) fn rt_file_exists(path: *const c_char) -> bool;
        pub(crate) safe fn rt_free() -> i32;
    }
}

#[test]
fn program_calls_its_own_rt_functions() {
    // SAFETY: the path is NUL-terminated.
    assert!(unsafe { linked::rt_file_exists(c"only this program knows it".as_ptr()) });
    // SAFETY: the path is NUL-terminated.
    assert!(!unsafe { linked::rt_file_exists(c"/dev/null".as_ptr()) });
    assert_eq!(linked::rt_free(), 42);
}

#[test]
fn crate_does_not_call_the_rt_functions_of_the_program() {
    assert_eq!(file::exists("only this program knows it"), Ok(false));
    assert_eq!(file::exists("/dev/null"), Ok(true));
    assert_eq!(file::read_text("/dev/null").unwrap(), "");
    assert_eq!(file::size("only this program knows it"), Err(Errno::ENOENT));
}
