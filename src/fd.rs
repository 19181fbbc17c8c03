//! Owned file descriptors.

use core::mem::MaybeUninit;

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

    /// Reads until the buffer is full or the file at its end: how much, and whether it is at its end.
    pub(crate) fn fill(&self, buffer: &mut [MaybeUninit<u8>]) -> Result<(usize, bool)> {
        let mut len = 0;
        while let Some(rest) = buffer.get_mut(len..).filter(|rest| !rest.is_empty()) {
            match sys::read(self, rest)? {
                0 => return Ok((len, true)),
                read => len += read,
            }
        }
        Ok((len, false))
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
