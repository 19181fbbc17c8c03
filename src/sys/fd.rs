//! Owned file descriptors.

use core::mem::ManuallyDrop;

use super::backend::fd::close;
use crate::errno::Result;

/// A file descriptor that is closed when dropped.
///
/// It is stored as the register that carries it, so that a `Result<Fd>` takes two registers.
#[derive(Debug)]
pub(crate) struct Fd(usize);

/// The standard streams. A static cannot be moved and is never dropped, so nothing closes them. Using one that the
/// program has closed fails with `EBADF`.
pub(crate) static STDIN: Fd = Fd(0);
pub(crate) static STDOUT: Fd = Fd(1);
pub(crate) static STDERR: Fd = Fd(2);

impl Fd {
    /// Takes ownership of a descriptor.
    ///
    /// # Safety
    /// The descriptor is open, and nothing else owns it.
    #[expect(clippy::cast_sign_loss, reason = "an open descriptor is not negative")]
    pub(crate) const unsafe fn from_raw(fd: i32) -> Self {
        Self(fd as usize)
    }

    /// Returns the descriptor, which stays owned.
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "it was an int")]
    pub(crate) const fn raw(&self) -> i32 {
        self.0 as i32
    }

    /// Returns the register that carries the descriptor into the kernel, which reads the low 32 bits.
    #[allow(dead_code, reason = "a libc takes an int")]
    pub(crate) const fn register(&self) -> usize {
        self.0
    }

    /// Releases ownership: the descriptor stays open.
    pub(crate) fn into_raw(self) -> i32 {
        ManuallyDrop::new(self).raw()
    }

    /// Closes the descriptor and reports an earlier write that failed late, as on NFS or at a quota.
    ///
    /// The descriptor is closed whatever the result.
    pub(crate) fn close(self) -> Result<()> {
        // SAFETY: `self` owned the descriptor and has released it to this call.
        unsafe { close(self.into_raw()) }
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // Where a late error matters, `close` was called.
        // SAFETY: `self` owns the descriptor and is gone after this call.
        let _ = unsafe { close(self.raw()) };
    }
}
