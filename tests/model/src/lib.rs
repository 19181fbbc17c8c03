//! The library's lock-free code under loom, which tries every order of its atomic operations, and every value that the
//! memory model lets a load return.
//!
//! The tests include the library's own source files, unchanged. Those take their atomics from `core`, so the tests have
//!
//! ```ignore
//! extern crate model as core;
//! ```
//!
//! and this crate is `core` with other atomics, another `UnsafeCell` and another `spin_loop`. [`kernel`] has the system
//! calls of these files. [`check`] runs a model of the code as it is; [`check_finds`] runs it with a [`Fault`], which
//! the model must find. Loom knows neither time nor more than a few threads.

pub use ::core::*;

mod check;
mod fault;
pub mod kernel;
mod twins;

pub use check::{Extent, check, check_finds};
pub use fault::{Access, Fault};

/// As in `core`.
pub mod cell {
    pub use crate::twins::UnsafeCell;
    pub use ::core::cell::*;
}

/// As in `core`.
pub mod hint {
    pub use ::core::hint::*;

    /// Does nothing: the model chooses the order of threads.
    pub const fn spin_loop() {}
}

/// As in `core`.
pub mod sync {
    pub use ::core::sync::*;

    /// As in `core`.
    pub mod atomic {
        pub use crate::twins::{AtomicI32, AtomicPtr, AtomicU32, AtomicUsize};
        pub use ::core::sync::atomic::Ordering;
    }
}
