//! Mistakes that a model must find.
//!
//! A model that passes proves something only if it fails for code that is wrong. A fault makes the atomics and the
//! kernel of this crate behave as if the library's code had one mistake; the code itself stays as it is.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};

use loom::thread::ThreadId;

/// One mistake in the modelled code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Accesses of this kind are relaxed where the code asks for this ordering.
    Weakened(Access, Ordering),
    /// A `compare_exchange` is a load and a store, between which other threads run.
    SplitExchange,
    /// A `compare_exchange` that fails returns the new value instead of the one that it found.
    FailedExchangeReturnsNew,
    /// futex(2) wakes no thread.
    LostWake,
    /// A `swap` stores the second value instead of the first, and a futex(2) wait expects it.
    SwapStores(u32, u32),
    /// A `swap` by a woken thread does this, until the thread stores 0.
    SwapStoresAfterWake(u32, u32),
}

/// A kind of access to an atomic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A `load`.
    Load,
    /// A `swap`.
    Swap,
    /// A `compare_exchange` that finds the expected value.
    Exchange,
    /// A `compare_exchange` that finds another value.
    FailedExchange,
}

thread_local! {
    /// All threads of a model are one thread of the system, so that models with different faults run side by side.
    static FAULT: Cell<Option<Fault>> = const { Cell::new(None) };
    static WOKEN: RefCell<HashSet<ThreadId>> = RefCell::default();
}

pub(crate) fn set(fault: Option<Fault>) {
    FAULT.set(fault);
}

pub(crate) fn is(fault: Fault) -> bool {
    FAULT.get() == Some(fault)
}

pub(crate) fn is_set() -> bool {
    FAULT.get().is_some()
}

/// Starts another execution.
pub(crate) fn begin() {
    WOKEN.with_borrow_mut(HashSet::clear);
}

/// The ordering that an access really has.
pub(crate) fn ordering(access: Access, asked: Ordering) -> Ordering {
    if is(Fault::Weakened(access, asked)) { Relaxed } else { asked }
}

/// Records that the calling thread was woken.
pub(crate) fn note_wake() {
    WOKEN.with_borrow_mut(|woken| woken.insert(loom::thread::current().id()));
}

/// The value that a `swap` by the calling thread really stores.
pub(crate) fn swapped(value: u32) -> u32 {
    let thread = loom::thread::current().id();
    if value == 0 {
        WOKEN.with_borrow_mut(|woken| woken.remove(&thread));
    }
    match FAULT.get() {
        Some(Fault::SwapStores(meant, used)) if value == meant => used,
        Some(Fault::SwapStoresAfterWake(meant, used)) if value == meant => {
            if WOKEN.with_borrow(|woken| woken.contains(&thread)) { used } else { value }
        }
        _ => value,
    }
}

/// The ordering of the store in a [`Fault::SplitExchange`].
pub(crate) const fn store_part(success: Ordering) -> Ordering {
    match success {
        Acquire => Relaxed,
        AcqRel => Release,
        other => other,
    }
}

/// The contents of atomics.
pub(crate) trait Value: Copy + PartialEq {
    /// The value that a `swap` really stores.
    fn swapped(self) -> Self {
        self
    }
}

impl Value for u32 {
    fn swapped(self) -> Self {
        swapped(self)
    }
}
impl Value for i32 {}
impl Value for usize {}
impl<T> Value for *mut T {}
