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

/// The accesses that the pages of a mapping allow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    Read,
    ReadWrite,
    ReadExecute,
}

/// A mapping to make. See mmap(2).
#[derive(Clone, Copy)]
pub(crate) struct MapRequest {
    /// The descriptor of the file; none for memory without a file.
    pub(crate) file: Option<i32>,
    /// A multiple of the page size.
    pub(crate) offset: usize,
    /// Not 0.
    pub(crate) len: usize,
    pub(crate) protection: Protection,
    /// Set if what is written goes to the file, and is seen by others.
    pub(crate) is_shared: bool,
    /// Set if the pages are to be read at once.
    pub(crate) is_populated: bool,
    /// Set if the kernel should reserve no swap space for the pages.
    pub(crate) has_no_reserve: bool,
    /// Set if the memory suits a stack.
    pub(crate) is_stack: bool,
    /// Set for huge pages: the logarithm of their size, or 0 for the usual one.
    pub(crate) huge: Option<u8>,
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
