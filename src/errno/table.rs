//! The form in which errors are declared.

use core::ffi::CStr;

#[cfg(not(target_os = "linux"))]
pub(super) use libc as number;
#[cfg(target_os = "linux")]
pub(super) use linux_raw_sys::errno as number;

/// Declares each error once: its constant in [`Errno`], its number and its text.
///
/// One string holds all texts: an array of pointers would need a relocation per entry in a shared object.
macro_rules! errors {
    ($($name:ident $description:literal;)*) => {
        #[allow(clippy::cast_possible_wrap, clippy::unnecessary_cast, reason = "the type differs between systems")]
        impl Errno {
            $(#[doc = $description] pub const $name: Self = Self::known(number::$name as i32);)*
        }

        /// Returns the text of a number that is declared here.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "error numbers are small")]
        pub(in crate::errno) fn text_of(number: i32) -> Option<&'static core::ffi::CStr> {
            let numbers = &[$(number::$name as u16),*];
            // SAFETY: the texts end with NULs, and are in the order of the numbers.
            unsafe {
                crate::errno::table::find_text(number, numbers, concat!($(stringify!($name), ": ", $description, "\0"),*))
            }
        }
    };
}

/// Returns the text in the position that a number has.
///
/// # Safety
/// There is a NUL-terminated text for each number.
#[inline(never)]
pub(super) unsafe fn find_text(number: i32, numbers: &[u16], texts: &'static str) -> Option<&'static CStr> {
    let mut rest = texts.as_bytes();
    for &known in numbers {
        // SAFETY: the texts of the numbers before this one were skipped, so that of this one follows.
        let text = unsafe { CStr::from_ptr(rest.as_ptr().cast()) };
        if i32::from(known) == number {
            return Some(text);
        }
        rest = rest.get(text.count_bytes() + 1..)?;
    }
    None
}
