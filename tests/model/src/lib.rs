//! The library's lock-free parts under loom, which tries every order of their atomic operations, and every value that the
//! memory model lets a load see.
//!
//! The tests include the library's own source files, unchanged. Those take their atomics from `core`; so each test has
//!
//! ```ignore
//! extern crate model as core;
//! ```
//!
//! and this crate is `core` with other atomics, another `UnsafeCell` and another `spin_loop`. What the files take from
//! the kernel is in [`kernel`]. What loom does not know: sequences of more than a few threads, and time.

pub use ::core::*;

mod check;
pub mod kernel;
mod twins;

pub use check::check;

/// As in `core`.
pub mod cell {
    pub use crate::twins::UnsafeCell;
    pub use ::core::cell::*;
}

/// As in `core`.
pub mod hint {
    pub use ::core::hint::*;

    /// Nothing: how threads take turns is for the model to choose.
    pub const fn spin_loop() {}
}

/// As in `core`.
pub mod sync {
    pub use ::core::sync::*;

    /// As in `core`.
    pub mod atomic {
        pub use crate::twins::{AtomicI32, AtomicPtr, AtomicU8, AtomicU32, AtomicUsize};
        pub use ::core::sync::atomic::Ordering;
    }
}

/// What lies at this address of an [`AtomicU8`](sync::atomic::AtomicU8), read as a reader of plain memory would: the
/// model fails if somebody else may be writing it.
///
/// # Panics
/// No atomic was used at this address.
#[must_use]
pub fn read_plain(address: usize) -> u8 {
    twins::read_plain(address)
}

/// Makes a row of atomics again what they were when the program began, before others know of them.
///
/// For those that nobody but the modelled code can name: it is called once to learn where they are.
pub fn renew(row: &'static [sync::atomic::AtomicU8]) {
    twins::forget((&raw const *row).addr(), row.len());
    row.iter().for_each(sync::atomic::AtomicU8::touch);
}
