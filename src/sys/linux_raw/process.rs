//! Processes.

use core::ffi::{CStr, c_char, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

pub(crate) use ffi_syscalls_arch::ChildEntry;
use ffi_syscalls_arch::{Sysno, clone_on_stack, syscall1, syscall2, syscall3};
use linux_raw_sys::{general, prctl};

use super::call::{fd_arg, get_id, int, path_arg, syscall_retry};
use super::signal::{SIGCHLD, SignalSet};
use crate::errno::{Errno, Result, decode};
use crate::sys::types::{Sharing, WaitStatus};

/// Whether posix_spawn(3) starts programs here, in place of [`spawn`] and [`exec`].
pub(crate) const HAS_POSIX_SPAWN: bool = false;

/// Returns the process ID of the caller. See getpid(2).
pub(crate) fn getpid() -> i32 {
    get_id(Sysno::getpid).cast_signed()
}

/// Starts a child that runs `entry(argument)`, and returns its process ID. See clone(2).
///
/// # Safety
/// `entry` takes `argument` and does not return. Until the child has executed a program or ended, nothing else uses
/// `stack`, and no thread uses what a child that shares memory writes to.
pub(crate) unsafe fn spawn(
    sharing: Sharing,
    stack: &mut [MaybeUninit<u8>],
    entry: ChildEntry,
    argument: NonNull<c_void>,
) -> Result<i32> {
    let sharing = match sharing {
        Sharing::MemorySuspended => general::CLONE_VM | general::CLONE_VFORK,
        Sharing::MemoryAndFiles => general::CLONE_VM | general::CLONE_FILES,
        Sharing::Nothing => 0,
    };
    let flags = (sharing | SIGCHLD) as usize;
    let top = stack.as_mut_ptr_range().end.cast();
    // SAFETY: the stack is the child's alone, and the entry takes the argument and does not return.
    Ok(int(decode(unsafe { clone_on_stack(flags, top, entry, argument.as_ptr()) })?))
}

/// Fails: the kernel has no such call.
///
/// # Safety
/// `argv` and `envp` are arrays of NUL-terminated strings, each ended by a null pointer.
pub(crate) unsafe fn posix_spawn(
    _path: &CStr,
    _argv: *const *const c_char,
    _envp: *const *const c_char,
    _mask: &SignalSet,
) -> Result<i32> {
    Err(Errno::ENOSYS)
}

/// Replaces the program of the calling process, and returns only on failure. See execve(2).
///
/// # Safety
/// `argv` and `envp` are arrays of NUL-terminated strings, each ended by a null pointer.
pub(crate) unsafe fn exec(path: &CStr, argv: *const *const c_char, envp: *const *const c_char) -> Errno {
    // SAFETY: the path is NUL-terminated, and so are the strings of both arrays.
    match decode(unsafe {
        syscall3(Sysno::execve as usize, path_arg(path), argv.expose_provenance(), envp.expose_provenance())
    }) {
        Err(errno) => errno,
        Ok(_) => Errno::ENOSYS, // execve returns no success
    }
}

/// Ends the process, including all its threads, with this exit code. See exit_group(2).
pub(crate) fn exit(code: i32) -> ! {
    loop {
        // SAFETY: the call takes a number only.
        unsafe { syscall1(Sysno::exit_group as usize, fd_arg(code)) };
    }
}

/// Waits for a child to end. See wait(2).
pub(crate) fn wait(child: i32) -> Result<WaitStatus> {
    let mut status = 0;
    let address = (&raw mut status).expose_provenance();
    // SAFETY: the kernel writes one int.
    unsafe { syscall_retry(fd_arg(child), address, 0, 0, Sysno::wait4) }?;
    Ok(WaitStatus(status))
}

/// Waits for a child to end of which the kernel keeps no status.
pub(crate) fn wait_forgotten(child: i32) -> Result<WaitStatus> {
    wait(child)
}

/// Has the kernel kill the calling process when its parent thread ends, and exits if the parent has already ended.
///
/// `parent` is the process of that thread. See PR_SET_PDEATHSIG(2const).
pub(crate) fn set_parent_death_signal(parent: i32) {
    let (option, signal) = (prctl::PR_SET_PDEATHSIG as usize, general::SIGKILL as usize);
    // SAFETY: the call takes numbers only. Without it, in a sandbox, the process goes on.
    let _ = unsafe { syscall2(Sysno::prctl as usize, option, signal) };
    let now = get_id(Sysno::getppid).cast_signed();
    // A parent in another PID namespace is 0, and a sandbox may return an error.
    if now > 0 && parent > 0 && now != parent {
        exit(0);
    }
}
