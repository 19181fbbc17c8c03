//! Owned file descriptors.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;

use crate::errno::Result;

/// How a backend closes descriptors.
pub(crate) trait Close {
    /// Closes a descriptor, whatever the result. See close(2).
    ///
    /// # Safety
    /// The calling code owns the descriptor and does not use it again.
    unsafe fn close(fd: i32) -> Result<()>;
}

/// A file descriptor that a backend closes when it is dropped. The backend names the type `Fd`.
///
/// It is stored as the register that carries it, so that a `Result` with one takes two registers.
#[derive(Debug)]
pub(crate) struct OwnedFd<C: Close>(usize, PhantomData<C>);

impl<C: Close> OwnedFd<C> {
    /// Takes ownership of a descriptor.
    ///
    /// # Safety
    /// The descriptor is open and nothing else owns it, or the value is never dropped.
    #[expect(clippy::cast_sign_loss, reason = "an open descriptor is not negative")]
    pub(crate) const unsafe fn from_raw(fd: i32) -> Self {
        Self(fd as usize, PhantomData)
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
        unsafe { C::close(self.into_raw()) }
    }
}

impl<C: Close> Drop for OwnedFd<C> {
    fn drop(&mut self) {
        // A late error is lost here. Code to which it matters calls `close`.
        // SAFETY: `self` owns the descriptor and is gone after this call.
        let _ = unsafe { C::close(self.raw()) };
    }
}
