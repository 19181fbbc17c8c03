//! The C functions. The header `include/ffi_syscalls.h` is generated from these files, comments included.
//!
//! Each checks its pointers, calls the operation, and turns the result into a C value. A null pointer is `EFAULT`.
//!
//! # Safety
//! A pointer that C passes is null or points to a NUL-terminated string, which stays unchanged during the call.

#![expect(clippy::missing_safety_doc, reason = "one condition holds for all functions, and is stated above")]

mod convert;
mod dir;
mod env;
mod file;
mod glob;
mod last_error;
mod mmap;
mod path;
mod process;
#[cfg(feature = "archive")]
mod set_error;
mod stdio;
mod support;
mod system;
mod time;

pub use dir::*;
pub use env::*;
pub use file::*;
pub use glob::*;
pub use mmap::*;
pub use path::*;
pub use process::*;
pub use stdio::*;
pub use support::*;
pub use system::*;
pub use time::*;
