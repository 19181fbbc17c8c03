//! The library's own source over a kernel that is a model.
//!
//! All modules of the library are compiled into this crate, from where they are. Below them is not an architecture but
//! [`kernel`]: it answers every system call from what a test has prepared, and this crate has the items of a column of
//! arch/ under its name. So whatever the library reads (files of /proc, directory records, an environment, a stack) can
//! be anything, at some ten thousand runs a second, and Miri, which knows no system calls, can run it as well.
//!
//! Each [target](targets::ALL) takes bytes, has the library work on them, and compares with what a plain and slow model,
//! the libc or the real kernel makes of the same. A difference is a panic.

#![allow(dead_code, reason = "not all that the library has for its own use is used here")]

extern crate self as ffi_syscalls_arch;

// The library, module by module. What is for its own use would be unused here.
include!(concat!(env!("OUT_DIR"), "/library/modules.rs"));

pub mod kernel;
pub mod targets;

pub use arg::Arg;
pub use errno::Errno;
pub use text::{List, Text};

/// As in the library.
pub type Result<T> = core::result::Result<T, Errno>;

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
