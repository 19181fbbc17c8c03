//! Signals.

use core::mem::MaybeUninit;
use core::ops::RangeInclusive;
use core::ptr::{null, null_mut};

use super::call::{decode, flags};
use crate::errno::Result;
use crate::sys::types::Disposition;

pub(crate) const SIGABRT: u32 = libc::SIGABRT.unsigned_abs();
pub(crate) const SIGCHLD: u32 = libc::SIGCHLD.unsigned_abs();
pub(crate) const SIGKILL: u32 = libc::SIGKILL.unsigned_abs();
pub(crate) const SIGPIPE: u32 = libc::SIGPIPE.unsigned_abs();
pub(crate) const SIGTERM: u32 = libc::SIGTERM.unsigned_abs();

/// The numbers of all signals. A system refuses those that it does not have.
pub(crate) const SIGNALS: RangeInclusive<u32> =
    1..=if cfg!(any(target_os = "freebsd", target_os = "dragonfly")) { 128 } else { 64 };

/// A set of signals.
pub(crate) type SignalSet = libc::sigset_t;

pub(crate) const ALL_SIGNALS: SignalSet = signal_set(0xff);
pub(crate) const NO_SIGNALS: SignalSet = signal_set(0);

/// Makes a set of these bits, one for each signal.
#[allow(unnecessary_transmutes, reason = "some systems have one integer for it")]
const fn signal_set(bits: u8) -> SignalSet {
    // SAFETY: the set consists of integers, for which all bits are valid.
    unsafe { core::mem::transmute([bits; size_of::<SignalSet>()]) }
}

/// The disposition of a signal with its flags and its mask.
pub(crate) struct SavedAction(libc::sigaction);

/// Has the calling process handle a signal by default, and returns what [`restore_action`] puts back. See sigaction(2).
pub(crate) fn default_action(signal: u32) -> Result<SavedAction> {
    // SAFETY: a zeroed action is valid: the default one, with no flags and an empty mask.
    let default = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: both addresses are those of actions, and SIG_DFL runs no code.
    decode(unsafe { libc::sigaction(flags(signal), &raw const default, before.as_mut_ptr()) })?;
    // SAFETY: a zeroed action is valid, and the call has filled it.
    Ok(SavedAction(unsafe { before.assume_init() }))
}

/// Has the calling process handle a signal as before [`default_action`]. See sigaction(2).
pub(crate) fn restore_action(signal: u32, saved: &SavedAction) {
    // SAFETY: the action is one that the process had.
    unsafe { libc::sigaction(flags(signal), &raw const saved.0, null_mut()) };
}

/// Sends a signal to the calling thread. See raise(3).
pub(crate) fn raise(signal: u32) {
    // SAFETY: the call takes a number only.
    unsafe { libc::raise(flags(signal)) };
}

/// Sets the signal mask of the calling thread, and returns the previous one. See sigprocmask(2).
///
/// On all of these systems the mask is the thread's. pthread_sigmask(3) is not used: without the threads library it
/// does nothing on some systems, and NetBSD has it in that library alone.
pub(crate) fn set_signal_mask(mask: SignalSet) -> Result<SignalSet> {
    let mut before = NO_SIGNALS;
    // SAFETY: both addresses are those of signal sets.
    decode(unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const mask, &raw mut before) })?;
    Ok(before)
}

/// Returns the set of one signal.
fn set_of(signal: u32) -> SignalSet {
    let mut set = NO_SIGNALS;
    // SAFETY: the set is one of signals.
    unsafe { libc::sigaddset(&raw mut set, flags(signal)) };
    set
}

/// Adds a signal to the mask of the calling thread, and returns the previous mask. See sigprocmask(2).
pub(crate) fn block_signal(signal: u32) -> Result<SignalSet> {
    let (set, mut before) = (set_of(signal), NO_SIGNALS);
    // SAFETY: both addresses are those of signal sets.
    decode(unsafe { libc::sigprocmask(libc::SIG_BLOCK, &raw const set, &raw mut before) })?;
    Ok(before)
}

/// Returns whether a blocked signal waits for the calling thread or process. See sigpending(2).
pub(crate) fn is_pending(signal: u32) -> Result<bool> {
    let mut pending = NO_SIGNALS;
    // SAFETY: the address is that of a signal set.
    decode(unsafe { libc::sigpending(&raw mut pending) })?;
    // SAFETY: the address is that of a signal set.
    Ok(unsafe { libc::sigismember(&raw const pending, flags(signal)) } == 1)
}

/// Takes a blocked signal once it is pending; `EAGAIN` after this many milliseconds. See sigtimedwait(2).
#[cfg(not(any(target_os = "macos", target_os = "openbsd")))]
pub(crate) fn take_signal(signal: u32, limit: u32) -> Result<()> {
    let set = set_of(signal);
    let time = libc::timespec { tv_sec: (limit / 1000).into(), tv_nsec: (limit % 1000 * 1_000_000).into() };
    // SAFETY: the call reads a signal set and a time, and writes no details to a null pointer.
    decode(unsafe { libc::sigtimedwait(&raw const set, null_mut(), &raw const time) }).map(drop)
}

/// Takes a blocked signal that is pending, and fails with `EAGAIN` or `ENOSYS` if none is. See sigwait(3).
#[cfg(any(target_os = "macos", target_os = "openbsd"))]
pub(crate) fn take_signal(signal: u32, limit: u32) -> Result<()> {
    if !is_pending(signal)? {
        return Err(if limit == 0 { crate::errno::Errno::EAGAIN } else { crate::errno::Errno::ENOSYS });
    }
    let (set, mut taken) = (set_of(signal), 0);
    // SAFETY: the call reads a signal set, and writes one int.
    unsafe { libc::sigwait(&raw const set, &raw mut taken) };
    Ok(())
}

/// Returns how the calling process handles a signal. See sigaction(2).
pub(crate) fn disposition(signal: u32) -> Result<Disposition> {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: the buffer is a struct sigaction.
    decode(unsafe { libc::sigaction(flags(signal), null(), action.as_mut_ptr()) })?;
    // SAFETY: the call succeeded, so it filled the buffer.
    let action = unsafe { action.assume_init() };
    Ok(match action.sa_sigaction {
        libc::SIG_IGN => Disposition::Ignored,
        _ if signal == SIGCHLD && action.sa_flags & libc::SA_NOCLDWAIT != 0 => Disposition::NoChildWait,
        libc::SIG_DFL => Disposition::Default,
        _ => Disposition::Handled,
    })
}

/// Has the calling process handle a signal by default, or ignore it. See sigaction(2).
pub(crate) fn set_disposition(signal: u32, ignored: bool) {
    // SAFETY: a zeroed action is valid: the default one, with no flags and an empty mask.
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    if ignored {
        action.sa_sigaction = libc::SIG_IGN;
    }
    // SAFETY: neither SIG_DFL nor SIG_IGN runs code. The call fails only for signals whose disposition cannot change.
    unsafe { libc::sigaction(flags(signal), &raw const action, null_mut()) };
}
