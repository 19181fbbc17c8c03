//! Stands for the crate `ffi_syscalls_arch`: system calls go to the model.

use std::ffi::{c_char, c_void};
use std::ptr::null;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use linux_raw_sys::general;

use super::call;
use crate::{Array, ChildEntry, Constructor};

/// Answers a system call without arguments.
///
/// # Safety
/// None: there are no pointers.
pub unsafe fn syscall0(number: usize) -> usize {
    call(number, [0; 6])
}

/// Answers a system call with one argument.
///
/// # Safety
/// A pointer among the arguments must be valid for the call.
pub unsafe fn syscall1(number: usize, a: usize) -> usize {
    call(number, [a, 0, 0, 0, 0, 0])
}

/// Answers a system call with two arguments.
///
/// # Safety
/// The pointers among the arguments must be valid for the call.
pub unsafe fn syscall2(number: usize, a: usize, b: usize) -> usize {
    call(number, [a, b, 0, 0, 0, 0])
}

/// Answers a system call with three arguments.
///
/// # Safety
/// The pointers among the arguments must be valid for the call.
pub unsafe fn syscall3(number: usize, a: usize, b: usize, c: usize) -> usize {
    call(number, [a, b, c, 0, 0, 0])
}

/// Answers a system call with four arguments.
///
/// # Safety
/// The pointers among the arguments must be valid for the call.
pub unsafe fn syscall4(number: usize, a: usize, b: usize, c: usize, d: usize) -> usize {
    call(number, [a, b, c, d, 0, 0])
}

/// Answers a system call with five arguments.
///
/// # Safety
/// The pointers among the arguments must be valid for the call.
pub unsafe fn syscall5(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize) -> usize {
    call(number, [a, b, c, d, e, 0])
}

/// Answers a system call with six arguments.
///
/// # Safety
/// The pointers among the arguments must be valid for the call.
pub unsafe fn syscall6(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> usize {
    call(number, [a, b, c, d, e, f])
}

/// Starts a child in the real kernel.
///
/// The child shares the caller's memory and the caller waits for it, whatever the flags are. Its stack is larger than
/// the library's, because the model needs more room.
///
/// # Safety
/// `entry` must accept `argument`, and must not return.
pub unsafe fn clone_on_stack(_flags: usize, _top: *mut c_void, entry: ChildEntry, argument: *mut c_void) -> usize {
    const FLAGS: u32 = general::CLONE_VM | general::CLONE_VFORK | general::SIGCHLD;
    // A new stack for each child: it ends without returning, so a sanitizer takes its frames for live ones.
    let mut stack = Vec::<u128>::with_capacity(1 << 14);
    let top = stack.spare_capacity_mut().as_mut_ptr_range().end;
    // SAFETY: `entry` accepts `argument` and does not return, and nothing else uses the stack while the child runs.
    unsafe { real_arch::clone_on_stack(FLAGS as usize, top.cast(), entry, argument) }
}

/// The variable `environ` of the libc.
static ENVIRON: AtomicPtr<*const c_char> = AtomicPtr::new(std::ptr::null_mut());
static HAS_ENVIRON: AtomicUsize = AtomicUsize::new(0);

/// Sets the libc's `environ`. `None` stands for a program without a libc.
pub fn set_environ(entries: Option<*const *const c_char>) {
    ENVIRON.store(entries.unwrap_or(null()).cast_mut(), Ordering::Relaxed);
    HAS_ENVIRON.store(entries.is_some().into(), Ordering::Relaxed);
}

/// Returns the address of the libc's `environ`, or null without a libc.
pub fn environ() -> *const *const *const c_char {
    if HAS_ENVIRON.load(Ordering::Relaxed) == 0 { null() } else { ENVIRON.as_ptr().cast_const().cast() }
}

/// Returns false, so that the library identifies threads by their ids.
pub fn has_thread_pointer() -> bool {
    false
}

/// Returns 0. The library does not call it, because there is no thread pointer.
///
/// # Safety
/// None.
pub unsafe fn thread_pointer() -> usize {
    0
}

/// Returns no constructors: those of this program have run.
pub fn preinit_array() -> Array<Constructor> {
    Array { first: null(), end: null() }
}

/// Returns no constructors: those of this program have run.
pub fn init_array() -> Array<Constructor> {
    Array { first: null(), end: null() }
}
