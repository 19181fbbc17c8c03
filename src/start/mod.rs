//! What a program without a libc and without Rust's std needs besides the operations.

#[cfg(feature = "freestanding")]
mod entry;
#[cfg(feature = "panic-handler")]
mod panic;
