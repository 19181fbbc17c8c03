//! A mutual-exclusion lock on futex(2), for programs that have no libc to provide one.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::sys;

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and a thread may sleep until it is free.
const CONTENDED: u32 = 2;

/// The number of attempts before sleeping: the sections that these locks guard are shorter than a system call. A model
/// checker finds nothing more with a third attempt.
const SPINS: u32 = if cfg!(loom) { 2 } else { 100 };

/// The lock without its value: the code is the same whatever it guards.
struct Lock(AtomicU32);

impl Lock {
    /// Waits until the lock is free, and takes it.
    #[inline(never)]
    fn acquire(&self) {
        for _ in 0..SPINS {
            if self.0.load(Relaxed) == FREE && self.0.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok() {
                return;
            }
            core::hint::spin_loop();
        }
        while self.0.swap(CONTENDED, Acquire) != FREE {
            sys::futex_wait(&self.0, CONTENDED);
        }
    }

    #[inline(never)]
    fn release(&self) {
        if self.0.swap(FREE, Release) == CONTENDED {
            sys::futex_wake_one(&self.0);
        }
    }
}

/// A value that one thread at a time may use.
pub(crate) struct Mutex<T> {
    lock: Lock,
    value: UnsafeCell<T>,
}

// SAFETY: the lock gives the value to one thread at a time.
unsafe impl<T: Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { lock: Lock(AtomicU32::new(FREE)), value: UnsafeCell::new(value) }
    }

    /// Waits until the value is free, and takes it.
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        self.lock.acquire();
        Guard(self)
    }
}

/// The right to use the value, until dropped.
pub(crate) struct Guard<'a, T>(&'a Mutex<T>);

// SAFETY: a shared guard gives shared access to the value only.
unsafe impl<T: Sync> Sync for Guard<'_, T> {}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: no other guard exists, and the reference lives no longer than this one.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: no other guard exists, and this one is borrowed mutably.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.0.lock.release();
    }
}
