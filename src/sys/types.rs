//! Types that primitives take and return, the same on every backend.

use crate::errno::{Errno, Result};

/// The disposition of a signal, as far as it matters to a child.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// SIG_DFL.
    Default,
    /// SIG_IGN.
    Ignored,
    /// The caller has a handler.
    Handled,
    /// SIGCHLD with SA_NOCLDWAIT: the kernel keeps no status of children.
    NoChildWait,
}

/// How a process ended, as wait(2) reports it.
#[derive(Clone, Copy)]
pub(crate) struct WaitStatus(pub(crate) i32);

/// The parts of its parent that a child shares until it executes a program.
#[derive(Clone, Copy)]
pub(crate) enum Sharing {
    /// The memory, while the calling thread is suspended: no page table is copied, however large the parent.
    MemorySuspended,
    /// The memory and the descriptors, while the calling thread continues.
    MemoryAndFiles,
    /// Nothing: the child has a copy, as after fork(2).
    Nothing,
}

/// Repeats a call that a signal interrupted before it had any effect.
pub(super) fn retry<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}
