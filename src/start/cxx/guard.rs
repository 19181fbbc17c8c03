//! Guards of static variables of functions, which the first call initializes.
//!
//! Compilers read the first byte of a guard, and call these functions while it is 0. The first word of the guard holds
//! the state, so its lowest byte is set only when the variable is initialized.

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::sys;

const EMPTY: u32 = 0;
const INITIALIZED: u32 = 1;
/// A thread initializes the variable.
const HELD: u32 = 1 << 8;
/// Held, and a thread may sleep until it is not.
const CONTENDED: u32 = 1 << 16;

/// Returns 1 if the caller must initialize the variable, and 0 after another thread has done so.
#[unsafe(no_mangle)]
extern "C" fn __cxa_guard_acquire(guard: &AtomicU32) -> i32 {
    let mut held = HELD;
    loop {
        match guard.compare_exchange(EMPTY, held, Acquire, Acquire) {
            Ok(_) => return 1,
            Err(INITIALIZED) => break,
            Err(HELD) if guard.compare_exchange(HELD, CONTENDED, Relaxed, Relaxed).is_err() => {}
            Err(_) => {
                sys::futex_wait(guard, CONTENDED);
                // Another thread may still sleep.
                held = CONTENDED;
            }
        }
    }
    if held == CONTENDED {
        // A thread that has slept wakes the next.
        sys::futex_wake_one(guard);
    }
    0
}

/// Ends the initialization of a variable.
#[unsafe(no_mangle)]
extern "C" fn __cxa_guard_release(guard: &AtomicU32) {
    finish(guard, INITIALIZED);
}

/// Ends a failed initialization of a variable. Another call tries again.
#[unsafe(no_mangle)]
extern "C" fn __cxa_guard_abort(guard: &AtomicU32) {
    finish(guard, EMPTY);
}

fn finish(guard: &AtomicU32, state: u32) {
    if guard.swap(state, Release) == CONTENDED {
        sys::futex_wake_one(guard);
    }
}
