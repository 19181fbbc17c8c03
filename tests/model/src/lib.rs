//! Runs the library's lock-free code under loom, which explores every order of its atomic operations, and every value
//! that the memory model lets a load return.
//!
//! The tests include the library's source files without a change. These files use the atomics of `core`, so the tests
//! contain
//!
//! ```ignore
//! extern crate model as core;
//! ```
//!
//! and this crate is `core` with other atomics, another `UnsafeCell` and another `spin_loop`. [`kernel`] implements the
//! system calls of these files. [`check`] runs a model of the code as it is; [`check_finds`] runs it with a [`Fault`],
//! which the model must find. Loom models no time, and only a few threads.

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
