//! The entry and the panic handler of a program without a libc and without Rust's std.

#[cfg(feature = "freestanding")]
mod entry;
#[cfg(feature = "panic-handler")]
mod panic;
