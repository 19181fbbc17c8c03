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

/// A moment, or a length of time. See timespec(3type).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timespec {
    /// Seconds, since 1970 (UTC) if it is a moment of the real-time clock.
    pub(crate) seconds: i64,
    /// 0 to 999,999,999.
    pub(crate) nanoseconds: i64,
}

/// The device and the inode number of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    pub(crate) device: u64,
    pub(crate) inode: u64,
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
