//! The architecture-dependent parts of `ffi_syscalls`. No other code of the library depends on the architecture.
//!
//! Each architecture has a column: a module with the same items in the same order as the others. The library uses these
//! items and never refers to an architecture. A column contains:
//!
//! | item | purpose |
//! |---|---|
//! | [`nr`] | numbers of the system calls whose names differ between architectures |
//! | [`clone_on_stack`] | starts a child on a stack of its own |
//! | [`environ`] | returns the address of the `environ` of the libc, null without a libc |
//! | [`has_thread_pointer`] | returns true if a libc has set up thread pointers in this process |
//! | [`thread_pointer`] | returns the thread pointer, which identifies the calling thread |
//! | [`define_start!`] | defines the program entry `_start` |
//! | [`set_thread_pointer`] | sets the thread pointer, for thread-local variables without a libc |
//! | [`place_thread_locals`] | returns where the variables and the thread pointer belong |
//! | `array!` | returns the bounds of an array that the linker makes, for [`init_array`] and the other two |
//! | [`VDSO_CLOCK_GETTIME`] | the name of the function of the vDSO that reads a clock |
//! | [`R_RELATIVE`] | the type of relocation that adds the load address, for [`relocate`] |
//! | memory functions | `memcpy`, `memmove`, `memset`, `memcmp`, `bcmp`, `strlen`, weak and hidden (feature `mem`) |
//!
//! A column does not compile with vector extensions whose registers system calls clobber.
//!
//! The crate `syscalls` issues the system calls.

#![no_std]

use core::ffi::{CStr, c_char, c_void};

mod arrays;
mod child;
mod image;
#[cfg(feature = "mem")]
#[macro_use]
mod memory;
mod relocate;
mod thread_locals;

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
pub use column::{
    R_RELATIVE, VDSO_CLOCK_GETTIME, clone_on_stack, environ, has_thread_pointer, nr, place_thread_locals,
    set_thread_pointer, thread_pointer,
};

// The types that each column must give them.
const _: () = {
    let _: Sysno = nr::NEWFSTATAT;
    let _: Sysno = nr::RENAMEAT;
    let _: unsafe extern "C" fn(usize, *mut c_void, ChildEntry, *mut c_void) -> usize = clone_on_stack;
    let _: fn() -> *const *const *const c_char = environ;
    let _: fn() -> bool = has_thread_pointer;
    let _: unsafe fn() -> usize = thread_pointer;
    let _: unsafe fn(*mut usize) -> usize = set_thread_pointer;
    let _: fn(&ThreadLocals, usize) -> (usize, usize) = place_thread_locals;
    let _: usize = R_RELATIVE;
    let _: &CStr = VDSO_CLOCK_GETTIME;
};

// This excludes x32 and big-endian aarch64 too.
#[cfg(not(all(
    any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "x86_64"),
    target_pointer_width = "64",
    target_endian = "little",
)))]
compile_error!("ffi_syscalls has no column in arch/ for this architecture");

pub use arrays::{Array, Constructor, Destructor, fini_array, init_array, preinit_array};
pub use child::ChildEntry;
pub use image::ElfHeader;
pub use relocate::relocate;
pub use syscalls::Sysno;
pub use syscalls::raw::{syscall0, syscall1, syscall2, syscall3, syscall4, syscall5, syscall6};
pub use thread_locals::ThreadLocals;
