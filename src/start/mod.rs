//! The start and the end of a program without a libc and without Rust's std, and its panic handler.
//!
//! The parts that not every program needs are members of the freestanding archive of their own: `cargo xtask build`
//! makes them, and the linker takes those that the program refers to.

#[cfg(all(feature = "archive", feature = "freestanding"))]
mod cxx;
#[cfg(feature = "freestanding")]
mod entry;
#[cfg(all(feature = "archive", feature = "freestanding"))]
mod nothing;
#[cfg(feature = "panic-handler")]
mod panic;
#[cfg(all(feature = "archive", feature = "freestanding"))]
mod thread_locals;
