//! The destructors of a freestanding program. In other programs the libc runs them.

use core::sync::atomic::AtomicIsize;
use core::sync::atomic::Ordering::Relaxed;

use ffi_syscalls_arch::{Array, fini_array};

/// The number of destructors that have started.
static LEFT: AtomicIsize = AtomicIsize::new(0);

/// Runs the destructors, from the last to the first. One that ends the process comes here again, and the rest runs.
#[inline(always)]
pub(super) fn run() {
    loop {
        let Array { first, end } = fini_array();
        let destructor = end.wrapping_offset(LEFT.fetch_sub(1, Relaxed)).wrapping_sub(1);
        // Signed, since the bounds of a missing array may both be null.
        if destructor.addr().cast_signed() < first.addr().cast_signed() {
            return;
        }
        // SAFETY: the pointer is to an element of the array.
        let destructor = unsafe { *destructor };
        // SAFETY: the compiler has entered the function for this call.
        unsafe { destructor() };
    }
}
