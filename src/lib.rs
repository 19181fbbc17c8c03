//! Files, directories, environment, processes and system facts straight from the Linux kernel, with no libc; on macOS and
//! the BSDs, where there is no other way, on the system's libc.
//!
//! Each operation is a safe function that returns `Result<_, Errno>`; the same operations are C functions `rt_*` with
//! the feature `exports` (the header is `include/ffi_syscalls.h`).
//!
//! ```
//! use ffi_syscalls::{Errno, env, file};
//!
//! # fn main() -> Result<(), Errno> {
//! # let directory = std::env::temp_dir().join(format!("ffi_syscalls.{}", std::process::id()));
//! # std::fs::create_dir(&directory).unwrap();
//! # std::env::set_current_dir(&directory).unwrap();
//! file::write_text("greeting.txt", "hello\n")?;
//! let text = file::read_text("greeting.txt")?;
//! assert_eq!(&*text, b"hello\n");
//! file::delete("greeting.txt")?;
//! assert_eq!(file::size("greeting.txt"), Err(Errno::ENOENT));
//! assert!(env::cwd()?.starts_with(b"/"));
//! # std::fs::remove_dir(&directory).unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! # The way of one call
//! An operation ([`mod@file`], [`dir`], [`mod@env`], [`process`], [`system`]) says what it means in terms of primitives;
//! a primitive (`sys`) is one system call with typed arguments; the crate `ffi_syscalls_arch` knows the architecture.
//! The C functions (`ffi`) check their pointers, call the operation, and turn its `Result` into a C value.
//!
//! # Features
//! * `exports`: the C functions, as unmangled symbols. Without it the crate defines none, so that it can live in a
//!   program that has its own `rt_*` functions.
//! * `mem`, `panic-handler`, `freestanding`: for programs without libc and without Rust's std: memory functions, a
//!   panic handler, and `_start`, which calls `main(argc, argv, envp)`. The README shows how such a program is linked.
//! * `libc`: on Linux too, the libc in place of the kernel.
//! * `archive`: for `cargo xtask build` alone.

#![no_std]

mod alloc;
#[cfg(feature = "archive")]
mod archive;
mod arg;
mod cgroup;
pub mod dir;
pub mod env;
mod errno;
mod fd;
#[cfg(feature = "exports")]
pub mod ffi;
pub mod file;
#[cfg(feature = "exports")]
mod last_error;
#[cfg(feature = "panic-handler")]
mod panic;
pub mod process;
mod scratch;
mod segments;
#[cfg(feature = "freestanding")]
mod start;
pub mod stdio;
mod sync;
mod sys;
pub mod system;
mod text;

pub use arg::Arg;
pub use errno::Errno;
pub use text::{List, Text};

/// The result of an operation: the value, or the kernel's reason why there is none.
pub type Result<T> = core::result::Result<T, Errno>;
