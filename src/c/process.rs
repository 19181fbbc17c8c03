//! The C functions for processes.

use core::ffi::c_char;

use super::convert::{CStrArg, fail};
use crate::errno::{Errno, Result};
use crate::process::{self, Argv, Outcome, exec_argv, run_argv};

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
    into_code(unsafe { argv_of(cmd, args, arg_count) }.and_then(run_argv))
}

/// Runs a line of shell script by `/bin/sh -c`, and waits for its end.
///
/// The result is that of rt_process_run(): 127 with the error 0 is what a shell returns for a command that it does not
/// find.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_shell(command: *const c_char) -> i32 {
    // SAFETY: C passes a string or NULL.
    into_code(unsafe { CStrArg::new(command) }.and_then(|command| process::shell(command.get())))
}

/// Replaces the calling process by a program, and returns only if that fails.
///
/// 127: the command was not found, 126: it was found, and could not be executed; rt_last_error() is the reason. -1: it
/// could not be looked for. After a failure the process is as before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_process_exec(cmd: *const c_char, args: *const *const c_char, arg_count: usize) -> i32 {
    // SAFETY: C passes a string or NULL, and an array of this many strings or NULLs.
    into_code(unsafe { argv_of(cmd, args, arg_count) }.and_then(exec_argv))
}

/// Returns the code of an outcome, or -1, and records the reason of a failure value.
fn into_code(outcome: Result<Outcome>) -> i32 {
    match outcome {
        Ok(outcome) => match outcome.code() {
            // A program's own exit code can equal a failure value.
            code @ (126 | 127) => fail(code, outcome.error().map_or(0, Errno::raw)),
            code => code,
        },
        Err(errno) => fail(-1, errno.raw()),
    }
}

/// # Safety
/// The command is null or points to a NUL-terminated string. The array is null or has this many pointers, of which each
/// is null or points to a NUL-terminated string. All of them stay unchanged for the lifetime.
unsafe fn argv_of<'a>(cmd: *const c_char, args: *const *const c_char, count: usize) -> Result<Argv<'a>> {
    // SAFETY: the pointer is null or points to a string.
    let command = unsafe { CStrArg::new(cmd) }?;
    // SAFETY: the array is null or has this many pointers.
    let args = unsafe { array_of(args, count) }?;
    // SAFETY: the pointers that are not null point to strings.
    unsafe { Argv::from_pointers(command.get(), args) }
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
