//! Primitives: one system call each, with typed arguments and `Result<_, Errno>`.
//!
//! The same names and meanings on every backend; this is the only place that chooses one. A backend adds nothing to a
//! call but what every caller wants: EINTR is retried where the kernel did nothing (never on close), descriptors are
//! close-on-exec, lengths are capped at what the system takes. What a kernel lacks comes back as its errno: the
//! fallback is the operation's, once for all backends.

mod linux;
pub(crate) use linux::*;

use crate::{Errno, Result};

/// Calls again as long as a signal interrupted the call before it did anything.
fn retry<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

impl Stat {
    pub(crate) const fn is_dir(&self) -> bool {
        self.mode() & S_IFMT == S_IFDIR
    }

    pub(crate) const fn is_regular(&self) -> bool {
        self.mode() & S_IFMT == S_IFREG
    }
}

/// How a signal is handled, as far as it matters to a child.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    Default,
    Ignored,
    /// A handler of the caller's.
    Handled,
    /// Of SIGCHLD alone: ended children are not kept to be waited for (SA_NOCLDWAIT).
    NotWaited,
}

/// How a process ended, as wait(2) reports it.
#[derive(Clone, Copy)]
pub(crate) struct WaitStatus(pub(crate) i32);
