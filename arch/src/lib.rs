//! What `ffi_syscalls` needs of each architecture, and the only place that knows one.
//!
//! An architecture is one column: a module with the same items in the same order as every other. The library above
//! sees the items, never the architecture. A column contains:
//!
//! | item | what it is |
//! |---|---|
//! | [`nr`] | the numbers of the system calls whose names differ between architectures |
//! | [`clone_on_stack`] | starts a child on a stack of its own |
//! | [`environ`] | the address of the libc's `environ`, null where there is none |
//! | [`has_thread_pointer`] | whether a libc gave this process thread pointers |
//! | [`thread_pointer`] | the thread pointer, an identity of the calling thread |
//! | [`define_start!`] | the program entry `_start` |
//! | [`R_RELATIVE`] | the kind of relocation that adds the load address, for [`relocate`] |
//! | memory functions | `memcpy`, `memmove`, `memset`, `memcmp`, `bcmp`, `strlen`, weak and hidden (feature `mem`) |
//!
//! A column refuses vector extensions whose registers a system call does not preserve.
//!
//! The system calls themselves are those of the crate `syscalls`, whose columns these stand on.

#![no_std]

use core::ffi::{c_char, c_void};

#[cfg(feature = "mem")]
#[macro_use]
mod memory;
mod relocate;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "riscv64")]
mod riscv64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
use aarch64 as column;
#[cfg(target_arch = "riscv64")]
use riscv64 as column;
#[cfg(target_arch = "x86_64")]
use x86_64 as column;

// The items of a column, and no others: an item that is missing here is unreachable, which the lints deny.
pub use column::{R_RELATIVE, clone_on_stack, environ, has_thread_pointer, nr, thread_pointer};

// The types that each column must give them.
const _: () = {
    let _: Sysno = nr::NEWFSTATAT;
    let _: unsafe extern "C" fn(usize, *mut c_void, ChildEntry, *mut c_void) -> usize = clone_on_stack;
    let _: fn() -> *const *const *const c_char = environ;
    let _: fn() -> bool = has_thread_pointer;
    let _: unsafe fn() -> usize = thread_pointer;
    let _: usize = R_RELATIVE;
};

// Not, say, x32 or big-endian aarch64 either.
#[cfg(not(all(
    any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "x86_64"),
    target_pointer_width = "64",
    target_endian = "little",
)))]
compile_error!("ffi_syscalls has no column in arch/ for this architecture");

pub use relocate::{ElfHeader, relocate};
pub use syscalls::Sysno;
pub use syscalls::raw::{syscall0, syscall1, syscall2, syscall3, syscall4, syscall5, syscall6};

/// What runs in a child that [`clone_on_stack`] started. It must not return: there is nothing to return to.
pub type ChildEntry = unsafe extern "C" fn(argument: *mut c_void) -> !;
