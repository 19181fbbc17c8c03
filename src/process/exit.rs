//! The end of the process.

use crate::sys;

/// Ends the process, including all its threads, with the low 8 bits of an exit code.
///
/// A freestanding program runs its destructors first. A call from one of them runs those that are left.
pub fn exit(code: i32) -> ! {
    #[cfg(feature = "freestanding")]
    super::destructors::run();
    sys::exit(code)
}
