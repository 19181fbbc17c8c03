//! The texts that the kernel gave the program.

use core::ffi::{CStr, c_char};
use core::ptr::NonNull;

use ffi_syscalls::{Arg, Result};

/// An argument or a variable, where the kernel put it. It is bytes of any encoding.
///
/// A slice of them is the kernel's own array, so the rest of the arguments can be handed on without a copy.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Word(NonNull<c_char>);

impl Word {
    fn as_c_str(&self) -> &'static CStr {
        // SAFETY: what `words` made it of.
        unsafe { CStr::from_ptr(self.0.as_ptr()) }
    }

    /// The bytes, without the final NUL.
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

/// The texts of an array that ends with a null pointer.
///
/// # Safety
/// It is such an array of NUL-terminated strings, and stays as it is as long as the program runs.
pub(crate) unsafe fn words(array: *const *const c_char) -> &'static [Word] {
    let mut count = 0;
    // SAFETY: not beyond the null pointer that ends the array.
    while !array.is_null() && unsafe { !(*array.wrapping_add(count)).is_null() } {
        count += 1;
    }
    if count == 0 {
        return &[];
    }
    // SAFETY: this many pointers to strings, none of them null.
    unsafe { core::slice::from_raw_parts(array.cast(), count) }
}
