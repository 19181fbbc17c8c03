//! Processes.

use core::ffi::{CStr, c_char, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

pub(crate) use ffi_syscalls_arch::ChildEntry;
use ffi_syscalls_arch::{Sysno, clone_on_stack, syscall1, syscall2, syscall3, syscall4, syscall5};
use linux_raw_sys::{general, prctl};

use super::call::{IdCall, fd_arg, get_id, int, path_arg, syscall_retry};
use super::fd::Fd;
use super::signal::{SIGCHLD, SignalSet};
use crate::errno::{Errno, Result, decode};
use crate::sys::types::{Sharing, WaitStatus};

/// True if posix_spawn(3) starts programs here, in place of [`spawn`] and [`exec`].
pub(crate) const HAS_POSIX_SPAWN: bool = false;

/// Returns the process ID of the caller. See getpid(2).
pub(crate) fn getpid() -> i32 {
    get_id(IdCall::GETPID).cast_signed()
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

/// Returns how a child ended, or `None` while it runs. See wait(2).
pub(crate) fn wait_now(child: i32) -> Result<Option<WaitStatus>> {
    let mut status = 0;
    let address = (&raw mut status).expose_provenance();
    // SAFETY: the kernel writes one int.
    let ended = unsafe { syscall_retry(fd_arg(child), address, general::WNOHANG as usize, 0, Sysno::wait4) }?;
    Ok((ended != 0).then_some(WaitStatus(status)))
}

/// Returns whether a child has ended. It is not reaped, and its process ID stays its own. See WNOWAIT in waitid(2).
pub(crate) fn has_ended(child: i32) -> Result<bool> {
    // struct siginfo, which starts with the number of the signal: 0 while the child runs.
    let mut info = [0_u64; size_of::<general::siginfo>() / size_of::<u64>()];
    let address = info.as_mut_ptr().expose_provenance();
    let options = (general::WEXITED | general::WNOHANG | general::WNOWAIT) as usize;
    loop {
        let kind = general::P_PID as usize;
        // SAFETY: the kernel writes one struct siginfo, and no usage of resources to a null address.
        match decode(unsafe { syscall5(Sysno::waitid as usize, kind, fd_arg(child), address, options, 0) }) {
            Ok(_) => return Ok(info.first().is_some_and(|&word| word != 0)),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Opens a descriptor that becomes readable when a process ends, close-on-exec (Linux 5.3). See pidfd_open(2).
pub(crate) fn open_process(process: i32) -> Result<Fd> {
    // SAFETY: the call takes numbers only.
    let fd = decode(unsafe { syscall2(Sysno::pidfd_open as usize, fd_arg(process), 0) })?;
    // SAFETY: the kernel has just opened the descriptor for this call.
    unsafe { Fd::from_new(int(fd), || {}) }
}

/// Sends a signal to a process, or to the group whose number is negated. See kill(2).
pub(crate) fn kill(process: i32, signal: i32) -> Result<()> {
    // SAFETY: the call takes numbers only.
    decode(unsafe { syscall2(Sysno::kill as usize, fd_arg(process), fd_arg(signal)) }).map(drop)
}

/// Makes the caller the leader of a new process group. See setpgid(2).
pub(crate) fn new_group() -> Result<()> {
    // SAFETY: the call takes numbers only; 0 is the caller, and its own number.
    decode(unsafe { syscall2(Sysno::setpgid as usize, 0, 0) }).map(drop)
}

/// The resources memory, processor seconds, descriptors, processes and file size. See getrlimit(2).
pub(crate) const LIMITS: [u32; 5] =
    [general::RLIMIT_AS, general::RLIMIT_CPU, general::RLIMIT_NOFILE, general::RLIMIT_NPROC, general::RLIMIT_FSIZE];

/// Limits a resource of the caller, soft and hard. See prlimit(2).
pub(crate) fn set_limit(resource: u32, limit: u64) -> Result<()> {
    let limit = general::rlimit64 { rlim_cur: limit, rlim_max: limit };
    let address = (&raw const limit).expose_provenance();
    // SAFETY: the kernel reads one struct, and writes none to a null address; 0 is the caller.
    decode(unsafe { syscall4(Sysno::prlimit64 as usize, 0, resource as usize, address, 0) }).map(drop)
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
    // SAFETY: the call takes numbers only. If a sandbox rejects it, the process continues without it.
    let _ = unsafe { syscall2(Sysno::prctl as usize, option, signal) };
    let now = get_id(IdCall::GETPPID).cast_signed();
    // A parent in another PID namespace is 0, and a sandbox may return an error.
    if now > 0 && parent > 0 && now != parent {
        exit(0);
    }
}
