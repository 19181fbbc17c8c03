//! Signals.

use core::mem::{MaybeUninit, offset_of};

use ffi_syscalls::Result;
use linux_raw_sys::general::{self, kernel_sigaction, siginfo_t};
use syscalls::Sysno;

use super::{call, process};

pub(crate) use linux_raw_sys::general::{
    SIGABRT, SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGINT, SIGQUIT, SIGSEGV, SIGSYS, SIGTRAP, SIGTSTP, SIGTTIN, SIGTTOU,
    SIGWINCH,
};

/// Signals 1 to 64, a bit each.
pub(crate) type Set = u64;

/// Returns the set of all signals except these.
pub(crate) const fn all_but(signals: &[u32]) -> Set {
    let (mut set, mut rest) = (!0, signals);
    while let [signal, others @ ..] = rest {
        set &= !(1 << (*signal - 1));
        rest = others;
    }
    set
}

const SIZE: usize = size_of::<Set>();

/// Sets the signal mask, and returns the previous one. See sigprocmask(2).
pub(crate) fn set_mask(mask: Set) -> Result<Set> {
    let mut before: Set = 0;
    let (new, old) = ((&raw const mask).expose_provenance(), (&raw mut before).expose_provenance());
    // SAFETY: both addresses are those of signal sets of the given size.
    unsafe { call(Sysno::rt_sigprocmask, [general::SIG_SETMASK as usize, new, old, SIZE, 0]) }?;
    Ok(before)
}

/// A signal that arrived.
pub(crate) struct Signal {
    pub(crate) number: u32,
    /// The process that sent it, 0 if it is in another PID namespace. None: the kernel sent it, as for a key.
    pub(crate) sender: Option<i32>,
}

/// Waits for a signal of the set, which is blocked. See sigwaitinfo(2).
///
/// Fails with `EINTR` too if the process was stopped and continues.
pub(crate) fn wait(set: Set) -> Result<Signal> {
    let mut info = MaybeUninit::<siginfo_t>::zeroed();
    let (set, address) = ((&raw const set).expose_provenance(), info.as_mut_ptr().expose_provenance());
    // SAFETY: the addresses are those of a signal set of the given size and of a siginfo; there is no time limit.
    let number = unsafe { call(Sysno::rt_sigtimedwait, [set, address, 0, SIZE, 0]) }?;
    // SAFETY: a siginfo consists of integers, for which zeroes and what the kernel wrote are valid.
    let info = unsafe { info.assume_init() };
    // SAFETY: all signals have these fields.
    let info = unsafe { info.__bindgen_anon_1.__bindgen_anon_1 };
    // SAFETY: the field is an integer, which a process that sends a signal sets.
    let sender = unsafe { info._sifields._kill._pid };
    Ok(Signal { number: u32::try_from(number).unwrap_or_default(), sender: (info.si_code <= 0).then_some(sender) })
}

/// Has this process act on a blocked signal by default: stop, if the signal stops. Returns when it continues.
pub(crate) fn act_by_default(signal: u32) -> Result<()> {
    process::kill(ffi_syscalls::process::getpid(), signal);
    let mask = set_mask(all_but(&[signal]))?;
    set_mask(mask).map(drop)
}

/// Room for a struct sigaction, whose first word is the handler: 0 is SIG_DFL and 1 is SIG_IGN.
///
/// On riscv64 the struct has three words. qemu (7.2) writes a fourth, which other architectures have.
type Action = [usize; 4];

const _: () = assert!(size_of::<kernel_sigaction>() <= size_of::<Action>());
const _: () = assert!(offset_of!(kernel_sigaction, sa_handler_kernel) == 0);

/// Has this process ignore a signal, or act on it by default. Returns whether it was ignored before. See sigaction(2).
pub(crate) fn set_ignored(signal: u32, ignored: bool) -> Result<bool> {
    let (mut new, mut old) = (Action::default(), Action::default());
    if let Some(handler) = new.first_mut() {
        *handler = usize::from(ignored);
    }
    let (new, before) = (new.as_ptr().expose_provenance(), old.as_mut_ptr().expose_provenance());
    // SAFETY: both buffers have room for the kernel's struct sigaction, and its alignment, and neither SIG_DFL nor
    // SIG_IGN runs code.
    unsafe { call(Sysno::rt_sigaction, [signal as usize, new, before, SIZE, 0]) }?;
    Ok(old.first() == Some(&1))
}
