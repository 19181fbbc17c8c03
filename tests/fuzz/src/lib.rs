//! The library's own source over a model of the kernel.
//!
//! This crate compiles all modules of the library, from their own files. Below them is no architecture but [`kernel`],
//! which answers every system call from what a test has prepared; this crate has the items of a column of arch/ under the
//! name of that crate. So all that the library reads (files of /proc, directory records, an environment, a stack) can be
//! any bytes, at some ten thousand runs a second, and Miri, which knows no system calls, can run it too.
//!
//! Each [target](targets::ALL) takes bytes, lets the library work on them, and compares the result with that of a plain
//! and slow model, the libc or the real kernel. A difference is a panic.

#![allow(dead_code, reason = "the targets do not use all that the library uses")]

extern crate self as ffi_syscalls_arch;

// The library, but for what only an archive or a program without std has.
#[path = "../../../src/arg.rs"]
pub mod arg;
#[path = "../../../src/c/mod.rs"]
pub mod c;
#[path = "../../../src/cgroup/mod.rs"]
pub mod cgroup;
#[path = "../../../src/content.rs"]
pub mod content;
#[path = "../../../src/dir.rs"]
pub mod dir;
#[path = "../../../src/env/mod.rs"]
pub mod env;
#[path = "../../../src/errno/mod.rs"]
pub mod errno;
#[path = "../../../src/fields.rs"]
pub mod fields;
#[path = "../../../src/file/mod.rs"]
pub mod file;
#[path = "../../../src/heap/mod.rs"]
pub mod heap;
#[path = "../../../src/io.rs"]
pub mod io;
#[path = "../../../src/list.rs"]
pub mod list;
#[path = "../../../src/process/mod.rs"]
pub mod process;
#[path = "../../../src/stdio.rs"]
pub mod stdio;
#[path = "../../../src/sys/mod.rs"]
pub mod sys;
#[path = "../../../src/system.rs"]
pub mod system;
#[path = "../../../src/text.rs"]
pub mod text;

pub mod kernel;
mod numbers;
pub mod targets;

pub use kernel::{
    clone_on_stack, environ, has_thread_pointer, syscall0, syscall1, syscall2, syscall3, syscall4, syscall5, syscall6,
    thread_pointer,
};
pub use real_arch::{ChildEntry, ElfHeader, R_RELATIVE, Sysno, nr, relocate};

/// The entry of a program, as a function to call: there is a program already.
#[macro_export]
macro_rules! define_start {
    ($entry:path) => {
        /// Begins as a program does on this stack, and never returns.
        pub(crate) fn begin(stack: *const usize) -> ! {
            // SAFETY: the stack is as a kernel would make it, and no image is to be relocated.
            unsafe { $entry(stack, core::ptr::null()) }
        }
    };
}
