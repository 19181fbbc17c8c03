//! Signals.

use core::mem::offset_of;
use core::ops::RangeInclusive;

use ffi_syscalls_arch::{Sysno, syscall2, syscall3, syscall4};
use linux_raw_sys::general;
pub(crate) use linux_raw_sys::general::{SIGABRT, SIGCHLD, SIGKILL, SIGPIPE, SIGTERM};

use super::call::{IdCall, get_id};
use crate::errno::{Result, decode};
use crate::sys::types::Disposition;

/// Signals 1 to 64, a bit each.
pub(crate) type SignalSet = u64;

pub(crate) const ALL_SIGNALS: SignalSet = !0;
pub(crate) const NO_SIGNALS: SignalSet = 0;

/// The numbers of all signals.
pub(crate) const SIGNALS: RangeInclusive<u32> = 1..=general::_NSIG;

/// The size of the kernel's signal set, which differs from a libc's.
const SIGSET_SIZE: usize = size_of::<SignalSet>();

/// Room for the kernel's struct sigaction, whose first word is the handler.
///
/// On riscv64 the struct has three words. qemu (7.2) writes a fourth, which other architectures have.
type Action = [usize; 4];

const _: () = assert!(size_of::<general::kernel_sigaction>() <= size_of::<Action>());

/// The disposition of a signal with its flags and its mask.
pub(crate) struct SavedAction(Action);

/// Has the calling process handle a signal by default, and returns what [`restore_action`] puts back. See sigaction(2).
pub(crate) fn default_action(signal: u32) -> Result<SavedAction> {
    let (default, mut before) = (Action::default(), Action::default());
    let (new, old) = (default.as_ptr().expose_provenance(), before.as_mut_ptr().expose_provenance());
    // SAFETY: both buffers have room for the kernel's struct sigaction, and its alignment; SIG_DFL runs no code.
    decode(unsafe { syscall4(Sysno::rt_sigaction as usize, signal as usize, new, old, SIGSET_SIZE) })?;
    Ok(SavedAction(before))
}

/// Has the calling process handle a signal as before [`default_action`]. See sigaction(2).
pub(crate) fn restore_action(signal: u32, saved: &SavedAction) {
    let address = saved.0.as_ptr().expose_provenance();
    // SAFETY: the kernel has filled the struct, whose handler is one that the process had.
    let _ = decode(unsafe { syscall4(Sysno::rt_sigaction as usize, signal as usize, address, 0, SIGSET_SIZE) });
}

/// Sends a signal to the calling thread. See tgkill(2).
pub(crate) fn raise(signal: u32) {
    let (process, thread) = (get_id(IdCall::GETPID) as usize, get_id(IdCall::GETTID) as usize);
    // SAFETY: the call takes numbers only.
    let _ = decode(unsafe { syscall3(Sysno::tgkill as usize, process, thread, signal as usize) });
}

/// Sets the signal mask of the calling thread, and returns the previous one. See sigprocmask(2).
#[inline(never)]
pub(crate) fn set_signal_mask(mask: SignalSet) -> Result<SignalSet> {
    let mut before: SignalSet = 0;
    let (new, old) = ((&raw const mask).expose_provenance(), (&raw mut before).expose_provenance());
    // SAFETY: both addresses are those of signal sets of the given size.
    decode(unsafe { syscall4(Sysno::rt_sigprocmask as usize, general::SIG_SETMASK as usize, new, old, SIGSET_SIZE) })?;
    Ok(before)
}

/// Returns the set of one signal.
const fn set_of(signal: u32) -> SignalSet {
    1 << (signal - 1)
}

/// Adds a signal to the mask of the calling thread, and returns the previous mask. See sigprocmask(2).
pub(crate) fn block_signal(signal: u32) -> Result<SignalSet> {
    let (set, mut before) = (set_of(signal), 0);
    let (new, old) = ((&raw const set).expose_provenance(), (&raw mut before).expose_provenance());
    // SAFETY: both addresses are those of signal sets of the given size.
    decode(unsafe { syscall4(Sysno::rt_sigprocmask as usize, general::SIG_BLOCK as usize, new, old, SIGSET_SIZE) })?;
    Ok(before)
}

/// Returns whether a blocked signal waits for the calling thread or process. See sigpending(2).
pub(crate) fn is_pending(signal: u32) -> Result<bool> {
    let mut pending: SignalSet = 0;
    let address = (&raw mut pending).expose_provenance();
    // SAFETY: the address is that of a signal set of the given size.
    decode(unsafe { syscall2(Sysno::rt_sigpending as usize, address, SIGSET_SIZE) })?;
    Ok(pending & set_of(signal) != 0)
}

/// Takes a blocked signal once it is pending; `EAGAIN` after this many milliseconds. See sigtimedwait(2).
pub(crate) fn take_signal(signal: u32, limit: u32) -> Result<()> {
    let set = set_of(signal);
    let time =
        general::__kernel_timespec { tv_sec: i64::from(limit / 1000), tv_nsec: i64::from(limit % 1000) * 1_000_000 };
    let (set, time) = ((&raw const set).expose_provenance(), (&raw const time).expose_provenance());
    // SAFETY: the kernel reads a signal set of the given size and a time, and writes no details to a null address.
    decode(unsafe { syscall4(Sysno::rt_sigtimedwait as usize, set, 0, time, SIGSET_SIZE) }).map(drop)
}

/// Returns how the calling process handles a signal. See sigaction(2).
pub(crate) fn disposition(signal: u32) -> Result<Disposition> {
    // The handler is read as a number: 0 is SIG_DFL and 1 is SIG_IGN, which no function pointer can be.
    const HANDLER: usize = offset_of!(general::kernel_sigaction, sa_handler_kernel);
    const FLAGS: usize = offset_of!(general::kernel_sigaction, sa_flags);
    let mut action = Action::default();
    let address = action.as_mut_ptr().expose_provenance();
    // SAFETY: the buffer has room for the kernel's struct sigaction, and its alignment.
    decode(unsafe { syscall4(Sysno::rt_sigaction as usize, signal as usize, 0, address, SIGSET_SIZE) })?;
    let word = |offset: usize| action.get(offset / size_of::<usize>()).copied().unwrap_or_default();
    Ok(match word(HANDLER) {
        1 => Disposition::Ignored,
        _ if signal == SIGCHLD && word(FLAGS) & general::SA_NOCLDWAIT as usize != 0 => Disposition::NoChildWait,
        0 => Disposition::Default,
        _ => Disposition::Handled,
    })
}

/// Has the calling process handle a signal by default, or ignore it. See sigaction(2).
#[inline(never)]
pub(crate) fn set_disposition(signal: u32, ignored: bool) {
    let mut action = Action::default();
    if let Some(handler) = action.first_mut() {
        *handler = usize::from(ignored);
    }
    let address = action.as_ptr().expose_provenance();
    // SAFETY: the buffer has room for the kernel's struct sigaction, which starts with the handler, and its alignment;
    // neither SIG_DFL nor SIG_IGN runs code. The call fails only for signals whose disposition cannot change.
    let _ = decode(unsafe { syscall4(Sysno::rt_sigaction as usize, signal as usize, address, 0, SIGSET_SIZE) });
}
