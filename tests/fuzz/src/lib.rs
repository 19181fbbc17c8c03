//! Runs the library's source over a model of the kernel.
//!
//! This crate compiles the modules of the library from their own files. [`kernel::arch`] takes the place of the
//! architecture: it answers every system call from the state that a test has prepared. The modules find its functions
//! because this crate also has the name `ffi_syscalls_arch`. So a test can pass any bytes to the library as files of
//! /proc, directory records, an environment or a stack, about ten thousand times a second. Miri, which supports few
//! system calls, runs the same code.
//!
//! Each [target](targets::ALL) takes bytes, runs the library on them, and compares the result with that of a simple and
//! slow model, of the libc or of the real kernel. It panics if the results differ.

#![allow(dead_code, reason = "the targets do not use every item of the library")]

extern crate self as ffi_syscalls_arch;

// The modules of the library, except those that only an archive or a program without std has.
#[path = "../../../src/arg.rs"]
pub mod arg;
#[path = "../../../src/c/mod.rs"]
pub mod c;
#[path = "../../../src/cgroup/mod.rs"]
pub mod cgroup;
#[path = "../../../src/content.rs"]
pub mod content;
#[path = "../../../src/dir/mod.rs"]
pub mod dir;
#[path = "../../../src/env/mod.rs"]
pub mod env;
#[path = "../../../src/errno/mod.rs"]
pub mod errno;
#[path = "../../../src/fields.rs"]
pub mod fields;
#[path = "../../../src/file/mod.rs"]
pub mod file;
#[path = "../../../src/glob/mod.rs"]
pub mod glob;
#[path = "../../../src/heap/mod.rs"]
pub mod heap;
#[path = "../../../src/io.rs"]
pub mod io;
#[path = "../../../src/list.rs"]
pub mod list;
#[path = "../../../src/mmap/mod.rs"]
pub mod mmap;
#[path = "../../../src/path/mod.rs"]
pub mod path;
#[path = "../../../src/process/mod.rs"]
pub mod process;
#[path = "../../../src/stdio.rs"]
pub mod stdio;
#[path = "../../../src/sys/mod.rs"]
pub mod sys;
#[path = "../../../src/system.rs"]
pub mod system;
#[path = "../../../src/temporary.rs"]
mod temporary;
#[path = "../../../src/text.rs"]
pub mod text;
#[path = "../../../src/time/mod.rs"]
pub mod time;

pub mod kernel;
mod numbers;
pub mod targets;

pub use kernel::arch::{
    clone_on_stack, environ, has_thread_pointer, init_array, preinit_array, syscall0, syscall1, syscall2, syscall3,
    syscall4, syscall5, syscall6, thread_pointer,
};
pub use real_arch::{Array, ChildEntry, Constructor, ElfHeader, R_RELATIVE, Sysno, VDSO_CLOCK_GETTIME, nr, relocate};

/// Defines the entry of a program as an ordinary function, because this program already has an entry.
#[macro_export]
macro_rules! define_start {
    ($entry:path) => {
        /// Starts a program on this stack, and never returns.
        pub(crate) fn begin(stack: *const usize) -> ! {
            // SAFETY: the stack has the kernel's layout, and a null header means that no image is relocated.
            unsafe { $entry(stack, core::ptr::null()) }
        }
    };
}
