//! The C functions for processes.

use core::ffi::{c_char, c_void};
use core::mem::{MaybeUninit, offset_of};
use core::ptr::{NonNull, null_mut};

use super::convert::{CStrArg, fail, into_c, into_c_bool, into_c_pointer};
use crate::env::EntriesOf;
use crate::errno::{Errno, Result};
use crate::process::{
    self, Argv, Options, Outcome, Output, exec_argv, output_of, run_argv, run_argv_with, spawn_argv, wait_milliseconds,
};
use crate::text::Text;

/// Captures the standard output.
pub const RT_PROCESS_CAPTURE_OUT: u32 = 1;
/// Captures the standard error.
pub const RT_PROCESS_CAPTURE_ERR: u32 = 2;
/// Has the standard error go where the standard output goes.
pub const RT_PROCESS_ERR_TO_OUT: u32 = 4;
/// Makes the program the leader of a new process group, which is ended as a whole when the time is over.
pub const RT_PROCESS_NEW_GROUP: u32 = 8;
/// Gives the program /dev/null as its standard input, unless it has an input.
pub const RT_PROCESS_NULL_INPUT: u32 = 16;

/// The time of the program was over.
pub const RT_PROCESS_TIMED_OUT: u32 = 1;
/// A captured stream had more than max_output.
pub const RT_PROCESS_TRUNCATED: u32 = 2;

/// Options of a program to run. Zeroes, but for the size, are the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rt_process_options {
    /// sizeof(rt_process_options). 0 is EINVAL. A larger one, of a later version, is E2BIG unless the rest is zeroes.
    pub size: usize,
    /// RT_PROCESS_CAPTURE_OUT and the like. Unknown ones are EINVAL.
    pub flags: u32,
    /// The working directory of the program. NULL: the caller's.
    pub cwd: *const c_char,
    /// The environment: texts "NAME=value", ended by NULL. NULL: that of the library.
    pub env: *const *const c_char,
    /// The standard input. NULL: the caller's, or /dev/null by RT_PROCESS_NULL_INPUT.
    pub input: *const c_void,
    /// The number of bytes of the standard input.
    pub input_len: usize,
    /// The time after which SIGTERM ends the program, in milliseconds. 0 or below: none.
    pub timeout_ms: i64,
    /// The time from SIGTERM to SIGKILL, in milliseconds, and from the end of the program to that of streams which
    /// another process holds open. 0: 1000. Below 0: none.
    pub grace_ms: i64,
    /// The number of bytes to keep of each stream. 0: 64 MB. The rest is read and dropped.
    pub max_output: u64,
    /// RLIMIT_AS in bytes, soft and hard. 0, here and below: that of the caller.
    pub max_memory: u64,
    /// RLIMIT_CPU in seconds.
    pub max_cpu_seconds: u64,
    /// RLIMIT_NOFILE.
    pub max_files: u64,
    /// RLIMIT_NPROC.
    pub max_processes: u64,
    /// RLIMIT_FSIZE in bytes.
    pub max_file_size: u64,
}

/// How a program ended, and what it wrote.
#[repr(C)]
pub struct rt_process_result {
    /// sizeof(rt_process_result), set by the caller. A smaller one is EINVAL.
    pub size: usize,
    /// The code, as of rt_process_run(), and 124 if the time was over.
    pub code: i32,
    /// RT_PROCESS_TIMED_OUT, RT_PROCESS_TRUNCATED.
    pub flags: u32,
    /// The standard output, for rt_free(). NULL if it was not captured.
    pub out: *mut c_char,
    /// The standard error, for rt_free(). NULL if it was not captured.
    pub err: *mut c_char,
}

/// The largest struct of a later version.
const LARGEST: usize = 4096;

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

/// Runs a program with options, and waits for its end.
///
/// The options may be NULL. It returns true with the code of rt_process_run(), 126 and 127 for a program that could not
/// be executed included, whose reason is rt_last_error(); otherwise that is 0. It returns false where rt_process_run()
/// would return -1, and if the working directory cannot be entered or a limit cannot be set; all of the result but its
/// size is 0 then. All captured streams and the input move at once. After the timeout the code is 124.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_process_run_with(
    cmd: *const c_char,
    args: *const *const c_char,
    arg_count: usize,
    options: *const rt_process_options,
    result: *mut rt_process_result,
) -> bool {
    // SAFETY: C passes a struct or NULL.
    if let Err(errno) = unsafe { clear(result) } {
        return into_c_bool(Err(errno));
    }
    // SAFETY: C passes a string or NULL, and an array of this many strings or NULLs.
    let argv = unsafe { argv_of(cmd, args, arg_count) };
    // SAFETY: C passes a struct or NULL.
    let options = unsafe { options_of(options) };
    let output = argv.and_then(|argv| run_argv_with(argv, &options?.options()?));
    match output {
        Ok(output) => {
            if let code @ (126 | 127) = output.code() {
                // A program's own exit code can equal that of one that did not start.
                fail(code, output.outcome.error().map_or(0, Errno::raw));
            }
            // SAFETY: the result is a struct that C owns.
            unsafe { fill(result, output) };
            true
        }
        Err(errno) => into_c_bool(Err(errno)),
    }
}

/// Runs a program, and returns all that it wrote to its standard output, however it ended.
///
/// NULL if it could not be run, or if the output is more than memory holds (ENOMEM). rt_process_run_with() returns how it
/// ended, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_process_output(
    cmd: *const c_char,
    args: *const *const c_char,
    arg_count: usize,
) -> *mut c_char {
    // SAFETY: C passes a string or NULL, and an array of this many strings or NULLs.
    let output = unsafe { argv_of(cmd, args, arg_count) }.and_then(|argv| output_of(argv, Options::NONE));
    into_c_pointer(output.map(Text::into_raw)).cast()
}

/// Starts a program, and returns its process ID, for rt_process_wait(), rt_process_is_running() and rt_process_kill().
///
/// The options may be NULL. A capture, input, timeout, grace or maximum of output in them is EINVAL. -1 if the program
/// could not be executed, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_process_spawn(
    cmd: *const c_char,
    args: *const *const c_char,
    arg_count: usize,
    options: *const rt_process_options,
) -> i64 {
    // SAFETY: C passes a string or NULL, and an array of this many strings or NULLs.
    let argv = unsafe { argv_of(cmd, args, arg_count) };
    // SAFETY: C passes a struct or NULL.
    let options = unsafe { options_of(options) };
    into_c(argv.and_then(|argv| spawn_argv(argv, &options?.for_spawn()?)).map(i64::from))
}

/// Waits for a child of rt_process_spawn() to end, at most this many milliseconds, and returns its code, once.
///
/// Below 0 it waits without a limit, and 0 only looks. The code is that of rt_process_run(). -1: ETIMEDOUT, the child
/// still runs; ECHILD, it is no child of the caller's, was waited for, or was started while the caller ignores SIGCHLD.
#[unsafe(no_mangle)]
pub extern "C" fn rt_process_wait(pid: i64, timeout_ms: i64) -> i32 {
    let limit = u64::try_from(timeout_ms).ok();
    into_code(number_of(pid, Errno::ECHILD).and_then(|pid| wait_milliseconds(pid, limit)))
}

/// Returns whether a child still runs. It is false once the child has ended, waited for or not.
///
/// rt_last_error() is 0 for a child that has ended, and ECHILD for what is no child of the caller's.
#[unsafe(no_mangle)]
pub extern "C" fn rt_process_is_running(pid: i64) -> bool {
    into_c(number_of(pid, Errno::ECHILD).and_then(process::is_running))
}

/// Sends a signal to a process, by kill(2). A process ID of 0 or below is EINVAL.
#[unsafe(no_mangle)]
pub extern "C" fn rt_process_kill(pid: i64, signal: i32) -> bool {
    into_c_bool(number_of(pid, Errno::ESRCH).and_then(|pid| process::kill(pid, signal)))
}

/// Returns a process ID, or the error of one that no process can have. The operations refuse those below 1.
fn number_of(pid: i64, none: Errno) -> Result<i32> {
    if pid <= 0 { Err(Errno::EINVAL) } else { i32::try_from(pid).map_err(|_| none) }
}

/// # Safety
/// The pointer is null or that of a struct, which has as many bytes as its size tells.
unsafe fn options_of(options: *const rt_process_options) -> Result<rt_process_options> {
    const SIZE: usize = size_of::<rt_process_options>();
    // SAFETY: the struct consists of numbers and pointers, for which zeroes are valid.
    let mut copy: rt_process_options = unsafe { MaybeUninit::zeroed().assume_init() };
    if options.is_null() {
        return Ok(copy);
    }
    // SAFETY: every version of the struct starts with its size.
    let size = unsafe { options.cast::<usize>().read() };
    if size < size_of::<usize>() {
        return Err(Errno::EINVAL);
    }
    if size > LARGEST {
        return Err(Errno::E2BIG);
    }
    let bytes = options.cast::<u8>();
    // SAFETY: the struct has at least this many bytes, and the copy too.
    unsafe { (&raw mut copy).cast::<u8>().copy_from_nonoverlapping(bytes, size.min(SIZE)) };
    // SAFETY: the struct has this many bytes.
    let unknown = unsafe { core::slice::from_raw_parts(bytes, size) }.get(SIZE..).unwrap_or_default();
    if unknown.iter().any(|&byte| byte != 0) { Err(Errno::E2BIG) } else { Ok(copy) }
}

impl rt_process_options {
    /// Returns the options in the form of the operation.
    fn options<'a>(&self) -> Result<Options<'a>> {
        const ALL: u32 = RT_PROCESS_CAPTURE_OUT
            | RT_PROCESS_CAPTURE_ERR
            | RT_PROCESS_ERR_TO_OUT
            | RT_PROCESS_NEW_GROUP
            | RT_PROCESS_NULL_INPUT;
        if self.flags & !ALL != 0 {
            return Err(Errno::EINVAL);
        }
        let has = |flag| self.flags & flag != 0;
        let default = Options::NONE;
        Ok(Options {
            captures_out: has(RT_PROCESS_CAPTURE_OUT),
            captures_err: has(RT_PROCESS_CAPTURE_ERR),
            err_to_out: has(RT_PROCESS_ERR_TO_OUT),
            new_group: has(RT_PROCESS_NEW_GROUP),
            null_input: has(RT_PROCESS_NULL_INPUT),
            // SAFETY: C passes a string or NULL.
            cwd: unsafe { CStrArg::new(self.cwd) }.ok().map(CStrArg::get),
            // SAFETY: C passes an array of strings, ended by NULL.
            env: (!self.env.is_null()).then(|| unsafe { EntriesOf::new(self.env) }),
            input: self.input()?,
            timeout: u64::try_from(self.timeout_ms).ok().filter(|&timeout| timeout > 0),
            grace: if self.grace_ms == 0 { default.grace } else { u64::try_from(self.grace_ms).unwrap_or_default() },
            max_output: match self.max_output {
                0 => default.max_output,
                bytes => usize::try_from(bytes).unwrap_or(usize::MAX),
            },
            limits: [self.max_memory, self.max_cpu_seconds, self.max_files, self.max_processes, self.max_file_size],
        })
    }

    fn input<'a>(&self) -> Result<Option<&'a [u8]>> {
        match NonNull::new(self.input.cast_mut()) {
            None if self.input_len > 0 => Err(Errno::EFAULT),
            None => Ok(None),
            Some(_) if self.input_len > isize::MAX.unsigned_abs() => Err(Errno::EINVAL),
            // SAFETY: C passes this many bytes.
            Some(input) => Ok(Some(unsafe { core::slice::from_raw_parts(input.cast().as_ptr(), self.input_len) })),
        }
    }

    /// Returns the options in the form of the operation. `EINVAL` if some need a caller that waits.
    fn for_spawn<'a>(&self) -> Result<Options<'a>> {
        let captures = self.flags & (RT_PROCESS_CAPTURE_OUT | RT_PROCESS_CAPTURE_ERR) != 0;
        let has_input = !self.input.is_null() || self.input_len > 0;
        if captures || has_input || self.timeout_ms != 0 || self.grace_ms != 0 || self.max_output != 0 {
            return Err(Errno::EINVAL);
        }
        self.options()
    }
}

/// Zeroes all of a result but its size.
///
/// # Safety
/// The pointer is null or that of a struct, which has as many bytes as its size tells.
unsafe fn clear(result: *mut rt_process_result) -> Result<()> {
    const FIRST: usize = offset_of!(rt_process_result, code);
    if result.is_null() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: every version of the struct starts with its size.
    let size = unsafe { result.cast::<usize>().read() };
    if size < size_of::<rt_process_result>() || size > LARGEST {
        return Err(Errno::EINVAL);
    }
    // SAFETY: the struct has this many bytes.
    let rest = unsafe { result.cast::<u8>().add(FIRST) };
    // SAFETY: the struct has this many bytes after its size.
    unsafe { rest.write_bytes(0, size - FIRST) };
    Ok(())
}

/// Fills a result, whose size stays.
///
/// # Safety
/// The pointer is that of a struct.
unsafe fn fill(result: *mut rt_process_result, output: Output) {
    // SAFETY: the pointer is that of a struct.
    let result = unsafe { &mut *result };
    result.code = output.code();
    let timed_out = if output.timed_out { RT_PROCESS_TIMED_OUT } else { 0 };
    result.flags = timed_out | if output.truncated { RT_PROCESS_TRUNCATED } else { 0 };
    let pointer = |text: Option<Text>| text.map_or(null_mut(), |text| text.into_raw().as_ptr().cast());
    result.out = pointer(output.out);
    result.err = pointer(output.err);
}
