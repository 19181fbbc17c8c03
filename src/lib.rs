//! Files, directories, environment, processes, time and system facts straight from the Linux kernel, without a libc.
//!
//! On macOS and the BSDs, whose kernels have no stable interface of their own, the system's libc takes the kernel's
//! place.
//!
//! Each operation is a safe function that returns `Result<_, Errno>`. With the feature `exports` the same operations
//! are C functions `rt_*`, declared in `include/ffi_syscalls.h`.
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
//! # Memory
//! An operation that needs memory and gets none fails with `ENOMEM`. In a process that locks its memory
//! (`mlockall(MCL_FUTURE)`), mmap(2) fails with `EAGAIN` beyond `RLIMIT_MEMLOCK`, and so does the operation.
//!
//! # The way of one call
//! A C function (`c`) checks its pointers, calls the operation, and turns its `Result` into a C value. An operation
//! ([`mod@file`], [`dir`], [`path`], [`mod@glob`], [`mmap`], [`mod@env`], [`process`], [`system`], [`time`], [`stdio`])
//! defines what it means in terms of primitives. A primitive (`sys`) is one system call with typed arguments. The crate
//! `ffi_syscalls_arch` issues the calls of each architecture.
//!
//! Modules form layers, and use only the layers to their right:
//! `c` → operations → `content`, `cgroup`, `io`, `temporary` → `text`, `list`, `arg`, `fields` → `heap` → `sys` → `errno`.
//!
//! # Features
//! * `exports`: the C functions, as unmangled symbols. Without it the crate defines none, so it can be part of a
//!   program that has `rt_*` functions of its own.
//! * `mem`, `panic-handler`, `freestanding`: for programs without a libc and without Rust's std: memory functions, a
//!   panic handler, and `_start`, which runs constructors, calls `main(argc, argv, envp)` and runs destructors.
//!   docs/embedding.md shows how to link such a program.
//! * `std`: for programs with Rust's std. [`Errno`] becomes an `io::Error` by `?` and back by `try_from`; arguments may be
//!   `&Path`, `&OsStr`, `&String` and their owned forms; a [`Text`] is viewed as `OsStr` or `Path`; a lock of a file
//!   gives and takes its `OwnedFd`; a file of std is mapped and locked.
//! * `libc`: on Linux too, the libc in place of the kernel.
//! * `archive`: for `cargo xtask build` alone.

#![no_std]

#[cfg(feature = "std")]
extern crate std;

mod arg;
#[cfg(feature = "exports")]
pub mod c;
mod cgroup;
mod content;
pub mod dir;
pub mod env;
mod errno;
mod fields;
pub mod file;
pub mod glob;
mod heap;
mod io;
mod list;
pub mod mmap;
pub mod path;
pub mod process;
#[cfg(any(feature = "freestanding", feature = "panic-handler"))]
mod start;
pub mod stdio;
mod sys;
pub mod system;
mod temporary;
mod text;
pub mod time;
#[cfg(feature = "std")]
mod with_std;

pub use arg::Arg;
#[cfg(feature = "exports")]
#[doc(no_inline)]
pub use c as ffi;
pub use errno::{Errno, Result};
pub use list::List;
pub use text::Text;
