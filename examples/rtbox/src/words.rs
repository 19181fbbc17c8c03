//! The arguments and variables that the kernel passed to the program.

use core::ffi::{CStr, c_char};
use core::ptr::NonNull;

use ffi_syscalls::{Arg, Result};

/// An argument or a variable: bytes in any encoding, at the address where the kernel put them.
///
/// A slice of words has the layout of the array of the kernel, so a command can get the rest of it without a copy.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Word(NonNull<c_char>);

impl Word {
    fn as_c_str(&self) -> &'static CStr {
        // SAFETY: only `words` makes one, from a NUL-terminated string that lives as long as the program.
        unsafe { CStr::from_ptr(self.0.as_ptr()) }
    }

    /// Returns the bytes without the final NUL.
    pub(crate) fn bytes(self) -> &'static [u8] {
        self.as_c_str().to_bytes()
    }
}

impl Arg for Word {
    fn bytes(&self) -> &[u8] {
        self.as_c_str().to_bytes()
    }

    fn with_c_str<R>(&self, f: impl FnOnce(&CStr) -> Result<R>) -> Result<R> {
        f(self.as_c_str())
    }
}

/// Returns the strings of an array that ends with a null pointer. A null array is empty.
///
/// # Safety
/// The array must hold NUL-terminated strings and a final null pointer, and stay unchanged as long as the program runs.
pub(crate) unsafe fn words(array: *const *const c_char) -> &'static [Word] {
    let mut count = 0;
    // SAFETY: no entry before this one is null, so this one is in the array.
    while !array.is_null() && unsafe { !(*array.wrapping_add(count)).is_null() } {
        count += 1;
    }
    if count == 0 {
        return &[];
    }
    // SAFETY: the array has `count` entries that are not null, and `Word` has the layout of a pointer.
    unsafe { core::slice::from_raw_parts(array.cast(), count) }
}
