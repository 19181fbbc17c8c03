//! Watching a child until it ends, or its time is over.

use super::options::Options;
use crate::errno::{Errno, Result};
use crate::sys::{self, WaitStatus};

/// The longest pause between two looks at a child, in milliseconds.
const MAX_PAUSE: u32 = 50;

/// Returns the milliseconds since a moment that stays the same.
pub(super) fn now() -> u64 {
    let time = sys::monotonic_time();
    let seconds = u64::try_from(time.seconds).unwrap_or_default();
    seconds.saturating_mul(1000).saturating_add(u64::try_from(time.nanoseconds / 1_000_000).unwrap_or_default())
}

/// Pauses between looks at a child, each twice as long as the one before.
pub(super) struct Pause(u32);

impl Pause {
    pub(super) const START: Self = Self(1);

    /// Returns the length of the next pause in milliseconds.
    pub(super) fn next(&mut self) -> u32 {
        let pause = self.0;
        self.0 = (2 * pause).min(MAX_PAUSE);
        pause
    }
}

/// The next signal to a child.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    None,
    /// SIGTERM at this time, or SIGKILL if there is no grace.
    Terminate(u64),
    /// SIGKILL at this time.
    Kill(u64),
}

/// A child that is watched, and not reaped until [`Watch::reap`]: until then its process ID is its own.
pub(super) struct Watch {
    pub(super) child: i32,
    is_group: bool,
    pub(super) grace: u64,
    next: Next,
    /// The time at which its end was seen.
    pub(super) ended: Option<u64>,
    pub(super) timed_out: bool,
    /// The result of waiting, of a child that could not be watched without reaping it.
    reaped: Option<Result<WaitStatus>>,
}

impl Watch {
    /// Watches a child with the time limit of its options.
    pub(super) fn new(child: i32, options: &Options<'_>) -> Self {
        let next = options.timeout.map_or(Next::None, |timeout| Next::Terminate(now().saturating_add(timeout)));
        let (is_group, grace) = (options.new_group, options.grace);
        Self { child, is_group, grace, next, ended: None, timed_out: false, reaped: None }
    }

    /// Forgets the time limit, which another process keeps.
    pub(super) fn forget_limit(&mut self) {
        self.next = Next::None;
    }

    /// Finds out whether the child has ended.
    pub(super) fn look(&mut self, now: u64) {
        if self.ended.is_some() {
            return;
        }
        let has_ended = match sys::has_ended(self.child) {
            Ok(has_ended) => has_ended,
            Err(Errno::ECHILD) => true,
            // Systems and sandboxes may lack the call.
            Err(_) => match sys::wait_now(self.child) {
                Ok(None) => false,
                Ok(Some(status)) => {
                    self.reaped = Some(Ok(status));
                    true
                }
                Err(errno) => {
                    self.reaped = Some(Err(errno));
                    true
                }
            },
        };
        if has_ended {
            self.ended = Some(now);
        }
    }

    /// Sends the signals whose time has come.
    pub(super) fn advance(&mut self, now: u64) {
        let is_due = match self.next {
            Next::None => false,
            Next::Terminate(at) | Next::Kill(at) => now >= at,
        };
        if !is_due {
            return;
        }
        self.look(now);
        if self.ended.is_some() {
            self.next = Next::None;
            return;
        }
        if matches!(self.next, Next::Terminate(_)) && self.grace > 0 {
            self.send(sys::SIGTERM);
            self.next = Next::Kill(now.saturating_add(self.grace));
        } else {
            self.send(sys::SIGKILL);
            self.next = Next::None;
        }
        self.timed_out = true;
    }

    /// Returns the time of the next signal, if any is left to send.
    pub(super) const fn next_signal(&self) -> Option<u64> {
        match self.next {
            Next::None => None,
            Next::Terminate(at) | Next::Kill(at) => Some(at),
        }
    }

    /// Sends a signal to the child, or to its group. The child is not reaped.
    fn send(&self, signal: u32) {
        let signal = signal.cast_signed();
        // A child that has not made its group yet is alone.
        if !self.is_group || sys::kill(-self.child, signal) == Err(Errno::ESRCH) {
            let _ = sys::kill(self.child, signal);
        }
    }

    /// Kills a child that has not ended.
    pub(super) fn kill(&mut self) {
        self.look(0);
        if self.ended.is_none() {
            self.send(sys::SIGKILL);
        }
    }

    /// Returns how the child ended, and reaps it. What is left of the group of a child whose time was over is killed.
    pub(super) fn reap(&mut self) -> Result<WaitStatus> {
        if let Some(status) = self.reaped {
            return status;
        }
        if self.timed_out && self.is_group {
            // Until it is reaped, no other group can have the number.
            let _ = sys::kill(-self.child, sys::SIGKILL.cast_signed());
        }
        sys::wait(self.child)
    }

    /// Waits for the end of a child whose signal SIGCHLD is blocked here.
    ///
    /// The rest of a group gets its grace, too, if it may write to streams that `is_captured`.
    pub(super) fn wait(&mut self, is_captured: bool) -> Result<WaitStatus> {
        let mut pause = Pause::START;
        while let Some(at) = self.next_signal() {
            let now = now();
            self.look(now);
            self.advance(now);
            if self.ended.is_some() {
                if self.timed_out && self.is_group && is_captured {
                    sleep_until(at);
                }
                break;
            }
            let rest = u32::try_from(self.next_signal().unwrap_or(now).saturating_sub(now)).unwrap_or(u32::MAX);
            match sys::take_signal(sys::SIGCHLD, rest) {
                Ok(()) | Err(Errno::EAGAIN | Errno::EINTR) => {}
                Err(_) => sys::sleep_milliseconds(pause.next().min(rest)),
            }
        }
        self.reap()
    }
}

/// Sleeps until a time.
fn sleep_until(time: u64) {
    while now() < time {
        sys::sleep_milliseconds(MAX_PAUSE);
    }
}
