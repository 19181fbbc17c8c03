//! The system calls that rtbox makes itself.
//!
//! The library has whole operations. A wrapper that waits for signals and for any child, and a stream that is passed on
//! as it arrives, need single calls. They are the same on every architecture.

pub(crate) mod file;
pub(crate) mod process;
pub(crate) mod signal;

use ffi_syscalls::{Errno, Result};
use syscalls::Sysno;
use syscalls::raw::syscall5;

/// Makes a system call. Calls that take fewer arguments ignore the rest.
///
/// # Safety
/// The arguments satisfy the call.
#[inline(never)]
unsafe fn call(number: Sysno, [a, b, c, d, e]: [usize; 5]) -> Result<usize> {
    // SAFETY: the arguments satisfy the call.
    decode(unsafe { syscall5(number as usize, a, b, c, d, e) })
}

/// Makes a system call again while a signal interrupts it before it has any effect.
///
/// # Safety
/// The arguments satisfy the call.
unsafe fn call_again(number: Sysno, arguments: [usize; 5]) -> Result<usize> {
    loop {
        // SAFETY: the arguments satisfy the call, and an interrupted call has used up none of them.
        match unsafe { call(number, arguments) } {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

/// Decodes a result: the kernel returns a negated errno, at most 4095, for a failure.
fn decode(result: usize) -> Result<usize> {
    let number = i32::try_from(result.wrapping_neg()).ok().filter(|&number| number < 4096);
    number.and_then(Errno::from_raw).map_or(Ok(result), Err)
}

/// Converts a number that the kernel takes as an int to the register that carries it.
#[expect(clippy::cast_sign_loss, reason = "the kernel reads the low 32 bits")]
const fn int_arg(number: i32) -> usize {
    number as usize
}

/// Converts a result that is a small non-negative int.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the kernel returns an int here")]
const fn int(result: usize) -> i32 {
    result as i32
}
