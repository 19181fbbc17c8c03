//! A program may have its own `rt_*` functions beside the crate's: without its C exports it defines no symbol.

#![cfg(not(feature = "exports"))]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::ffi::{CStr, c_char};

use ffi_syscalls::{Errno, file};

/// The program's own function, under a name that the library's C functions have too. Its answer is its own as well.
///
/// # Safety
/// The path is NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_exists(path: *const c_char) -> bool {
    // SAFETY: the caller's.
    let path = unsafe { CStr::from_ptr(path) };
    path == c"only this program knows it"
}

/// Another one, with another signature.
#[unsafe(no_mangle)]
pub extern "C" fn rt_free() -> i32 {
    42
}

/// The same names as the linker knows them.
mod linked {
    use std::ffi::c_char;

    unsafe extern "C" {
        pub(crate) fn rt_file_exists(path: *const c_char) -> bool;
        pub(crate) safe fn rt_free() -> i32;
    }
}

#[test]
fn the_program_gets_its_own_function() {
    // SAFETY: the path is NUL-terminated.
    assert!(unsafe { linked::rt_file_exists(c"only this program knows it".as_ptr()) });
    // SAFETY: as above.
    assert!(!unsafe { linked::rt_file_exists(c"/dev/null".as_ptr()) });
    assert_eq!(linked::rt_free(), 42);
}

#[test]
fn the_crate_keeps_its_own() {
    assert_eq!(file::exists("only this program knows it"), Ok(false));
    assert_eq!(file::exists("/dev/null"), Ok(true));
    assert_eq!(file::read_text("/dev/null").unwrap(), "");
    assert_eq!(file::size("only this program knows it"), Err(Errno::ENOENT));
}
