//! The error type, and the decoder of system call results.

use core::num::NonZeroUsize;

/// The result of an operation: the value, or the kernel's reason why there is none.
pub type Result<T> = core::result::Result<T, Errno>;

/// The kernel's reason why a call failed. See errno(3).
///
/// Numbers without a name in this library pass through unchanged.
// The number is as wide as a register, so that a `Result` of a register-sized value takes two registers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(NonZeroUsize);

/// The largest error number that the kernel reports.
const MAX_ERRNO: usize = 4095;

/// Decodes the result of a system call: -4095 to -1 are errors, and every other value is a success.
#[inline]
#[allow(dead_code, reason = "the libc backend has its own decoder")]
pub(crate) const fn decode(result: usize) -> Result<usize> {
    // The explicit comparison lets the compiler merge it with the check for zero below.
    if result <= usize::MAX - MAX_ERRNO {
        return Ok(result);
    }
    match NonZeroUsize::new(result.wrapping_neg()) {
        Some(number) => Err(Errno(number)),
        None => Ok(result),
    }
}

impl Errno {
    /// Returns the error with this number, or `None` outside the kernel's range of 1 to 4095.
    #[must_use]
    pub const fn from_raw(number: i32) -> Option<Self> {
        #[expect(clippy::cast_sign_loss, reason = "a negative number becomes too large")]
        match NonZeroUsize::new(number as usize) {
            Some(number) if number.get() <= MAX_ERRNO => Some(Self(number)),
            _ => None,
        }
    }

    /// Returns the error number, as in `errno`.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "1 to 4095 fit")]
    pub const fn raw(self) -> i32 {
        self.0.get() as i32
    }

    /// Makes a constant. A number that is not an error number fails the build.
    pub(super) const fn known(number: i32) -> Self {
        match Self::from_raw(number) {
            Some(errno) => errno,
            #[expect(clippy::panic, reason = "evaluated at compile time")]
            None => panic!("not an error number"),
        }
    }
}
