//! Owned file descriptors.

use crate::{Result, sys};

/// A file descriptor that is closed when dropped.
#[derive(Debug)]
pub(crate) struct Fd(i32);

impl Fd {
    /// Takes ownership of an open descriptor.
    pub(crate) const fn from_raw(fd: i32) -> Self {
        Self(fd)
    }

    /// The descriptor, for a system call.
    pub(crate) const fn raw(&self) -> i32 {
        self.0
    }

    /// Gives up ownership: the descriptor stays open.
    pub(crate) fn into_raw(self) -> i32 {
        core::mem::ManuallyDrop::new(self).0
    }

    /// Closes the descriptor and says whether that went well. It is closed in any case: what close(2) reports is an
    /// earlier write that failed late, as on NFS or at a quota.
    pub(crate) fn close(self) -> Result<()> {
        sys::close(self.into_raw())
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // Nobody is left to hear of an error. Where it matters, `close` was called.
        let _ = sys::close(self.0);
    }
}
