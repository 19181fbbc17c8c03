//! A child that stands for rtbox: signals are passed on to it, and its end is that of rtbox.

use core::ffi::c_int;

use ffi_syscalls::process::{self, Outcome};
use ffi_syscalls::{Errno, Result};

use crate::sys::process::{fork, kill, wait_any};
use crate::sys::signal::{
    self, SIGABRT, SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGINT, SIGQUIT, SIGSEGV, SIGSYS, SIGTRAP, SIGTSTP, SIGTTIN,
    SIGTTOU, SIGWINCH, Set, Signal,
};

/// The signals that rtbox waits for. The others report faults of rtbox itself.
const AWAITED: Set = signal::all_but(&[SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS]);

/// Runs `body` in a child, which usually becomes a command, and waits for its end.
///
/// Signals that arrive meanwhile are passed on. Orphans that the kernel gives to process 1 are removed when they end.
pub(crate) fn run(body: impl FnOnce() -> c_int) -> Result<Outcome> {
    // The kernel keeps no status of children for a process that ignores SIGCHLD.
    let ignored_sigchld = signal::set_ignored(SIGCHLD, false)?;
    // A signal that arrives before the child exists stays pending, and is passed on to it then.
    let mask = signal::set_mask(AWAITED)?;
    if let Some(child) = fork()? {
        return supervise(child);
    }
    if ignored_sigchld {
        let _ = signal::set_ignored(SIGCHLD, true);
    }
    let _ = signal::set_mask(mask);
    process::exit(body())
}

/// Waits until the child ends.
fn supervise(child: i32) -> Result<Outcome> {
    let mut waits = false;
    loop {
        while let Some((ended, outcome)) = wait_any(waits)? {
            if ended == child {
                return Ok(outcome);
            }
        }
        match signal::wait(AWAITED) {
            Ok(signal) => pass_on(&signal, child),
            Err(Errno::EINTR) => {}
            // A sandbox refuses the call. The command still runs, and its code counts.
            Err(_) => waits = true,
        }
    }
}

/// Passes a signal on to the child, unless the child has it already.
fn pass_on(signal: &Signal, child: i32) {
    // The terminal sends these to the whole process group.
    let is_of_terminal = matches!(signal.number, SIGINT | SIGQUIT | SIGTSTP | SIGTTIN | SIGTTOU | SIGWINCH);
    let is_known = match signal.sender {
        // The child sent it to its group.
        Some(sender) => sender == child,
        None => is_of_terminal,
    };
    if signal.number == SIGCHLD {
        return;
    }
    if !is_known {
        kill(child, signal.number);
    }
    if matches!(signal.number, SIGTSTP | SIGTTIN | SIGTTOU) {
        let _ = signal::act_by_default(signal.number);
    }
}
