//! Ways to make a system call, and the forms of its arguments and results.

use core::ffi::{CStr, c_int};

use ffi_syscalls_arch::{Sysno, syscall0, syscall4};
use linux_raw_sys::{errno, general};

use crate::errno::{Result, decode};

/// The most bytes that one read or write transfers. See read(2), NOTES.
pub(super) const MAX_TRANSFER: usize = 0x7fff_f000;

/// Relative paths start at the working directory.
pub(super) const CWD: usize = fd_arg(general::AT_FDCWD);

/// Converts a descriptor, or AT_FDCWD, to the register that carries it.
#[expect(clippy::cast_sign_loss, reason = "the kernel reads the low 32 bits")]
pub(super) const fn fd_arg(fd: c_int) -> usize {
    fd as usize
}

/// Converts a path to the register that carries its address.
pub(super) fn path_arg(path: &CStr) -> usize {
    path.as_ptr().expose_provenance()
}

/// Converts a result that is a small non-negative int, such as a process ID.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the kernel returns an int here")]
pub(super) const fn int(result: usize) -> i32 {
    result as i32
}

/// Makes a call of up to four arguments, and repeats it while a signal interrupts it before it has any effect.
///
/// Primitives share this function: the loop and the decoder are most of a primitive's code. The number comes last, so
/// that the arguments arrive almost in the registers in which they leave.
///
/// # Safety
/// The arguments satisfy the system call with this number.
#[inline(never)]
pub(super) unsafe fn syscall_retry(a: usize, b: usize, c: usize, d: usize, number: Sysno) -> Result<usize> {
    const INTERRUPTED: usize = (errno::EINTR as usize).wrapping_neg();
    loop {
        // SAFETY: the arguments satisfy the call, and an interrupted call has used up none of them.
        let result = unsafe { syscall4(number as usize, a, b, c, d) };
        if result != INTERRUPTED {
            return decode(result);
        }
    }
}

/// Like [`syscall_retry`], for a call that returns no value.
///
/// # Safety
/// The arguments satisfy the system call with this number.
#[inline(never)]
pub(super) unsafe fn syscall_retry_unit(a: usize, b: usize, c: usize, number: Sysno) -> Result<()> {
    // SAFETY: the arguments satisfy the call, which ignores the fourth.
    unsafe { syscall_retry(a, b, c, 0, number) }.map(drop)
}

/// Transfers at most `len` bytes between a descriptor and memory: read(2), write(2), getdents(2).
///
/// # Safety
/// The memory may be read, or written if the call writes to it, for `len` bytes.
#[inline(never)]
pub(super) unsafe fn syscall_retry_transfer(fd: usize, address: usize, len: usize, number: Sysno) -> Result<usize> {
    // SAFETY: the memory is valid for `len` bytes, hence for fewer.
    unsafe { syscall_retry(fd, address, len.min(MAX_TRANSFER), 0, number) }
}

/// A call that takes nothing, cannot fail, and returns the ID of a process, a thread, a user or a group.
pub(super) struct IdCall(Sysno);

impl IdCall {
    pub(super) const GETEGID: Self = Self(Sysno::getegid);
    pub(super) const GETEUID: Self = Self(Sysno::geteuid);
    pub(super) const GETGID: Self = Self(Sysno::getgid);
    pub(super) const GETPID: Self = Self(Sysno::getpid);
    pub(super) const GETPPID: Self = Self(Sysno::getppid);
    pub(super) const GETTID: Self = Self(Sysno::gettid);
    pub(super) const GETUID: Self = Self(Sysno::getuid);
}

/// Makes a call that returns an ID.
#[expect(clippy::cast_possible_truncation, reason = "an ID has 32 bits")]
pub(super) fn get_id(call: IdCall) -> u32 {
    // SAFETY: the call takes nothing.
    unsafe { syscall0(call.0 as usize) as u32 }
}
