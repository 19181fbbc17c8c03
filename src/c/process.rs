//! The C functions for processes.

use core::ffi::c_char;

use super::convert::{CStrArg, fail};
use crate::errno::{Errno, Result};
use crate::process::{self, Argv, Outcome, run_argv};

/// Returns the process ID of the caller.
#[unsafe(no_mangle)]
pub extern "C" fn rt_getpid() -> i64 {
    i64::from(process::getpid())
}

/// Runs a program with these arguments after its name, searched in PATH as by execvp(3), and waits for its end.
///
/// 0 to 255: its exit code. 128 + N: signal N ended it. 127: not found, 126: found, and could not be executed;
/// rt_last_error() is the reason, and 0 if the program itself exited with 126 or 127. -1: no child could be started or
/// waited for. The call also works if the caller ignores SIGCHLD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_process_run(cmd: *const c_char, args: *const *const c_char, arg_count: usize) -> i32 {
    // SAFETY: C passes a string or NULL, and an array of this many strings or NULLs.
    match unsafe { run(cmd, args, arg_count) } {
        Ok(outcome) => match outcome.code() {
            // A program's own exit code can equal a failure value.
            code @ (126 | 127) => fail(code, outcome.error().map_or(0, Errno::raw)),
            code => code,
        },
        Err(errno) => fail(-1, errno.raw()),
    }
}

/// # Safety
/// The command is null or leads to a NUL-terminated string. The array is null or has this many pointers, of which each is
/// null or leads to a NUL-terminated string.
unsafe fn run(cmd: *const c_char, args: *const *const c_char, count: usize) -> Result<Outcome> {
    // SAFETY: the pointer is null or leads to a string.
    let command = unsafe { CStrArg::new(cmd) }?;
    // SAFETY: the array is null or has this many pointers.
    let args = unsafe { array_of(args, count) }?;
    // SAFETY: the pointers that are not null lead to strings.
    run_argv(unsafe { Argv::from_pointers(command.get(), args) }?)
}

/// Returns an array of pointers that C passed.
///
/// # Safety
/// The array is null, or has this many elements that stay unchanged for the lifetime.
unsafe fn array_of<'a>(array: *const *const c_char, count: usize) -> Result<&'a [*const c_char]> {
    match count {
        0 => Ok(&[]),
        _ if array.is_null() => Err(Errno::EFAULT),
        _ if count > isize::MAX as usize / size_of::<*const c_char>() => Err(Errno::E2BIG),
        // SAFETY: the array has this many elements, and is no longer than a slice can be.
        _ => Ok(unsafe { core::slice::from_raw_parts(array, count) }),
    }
}
