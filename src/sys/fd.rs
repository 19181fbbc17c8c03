//! Owned file descriptors. None that a backend opens is a standard stream.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;

use crate::errno::Result;

/// The last descriptor of a standard stream.
const LAST_STREAM: i32 = 2;

/// How a backend closes and duplicates descriptors.
pub(crate) trait Calls {
    /// Duplicates a descriptor, close-on-exec, to the lowest free number from `least` on. See F_DUPFD_CLOEXEC(2const).
    fn duplicate(fd: i32, least: i32) -> Result<i32>;

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
pub(crate) struct OwnedFd<C: Calls>(usize, PhantomData<C>);

impl<C: Calls> OwnedFd<C> {
    /// Takes ownership of a descriptor.
    ///
    /// # Safety
    /// The descriptor is open and nothing else owns it, or the value is never dropped.
    #[expect(clippy::cast_sign_loss, reason = "an open descriptor is not negative")]
    pub(crate) const unsafe fn from_raw(fd: i32) -> Self {
        Self(fd as usize, PhantomData)
    }

    /// Takes ownership of a new descriptor, and moves it off the standard streams. Calls `undo` if that fails.
    ///
    /// A program may close these, and the kernel assigns the lowest free number: the output of another thread would enter
    /// the file. No call opens a file at a higher number, so the file is a stream until it is duplicated.
    ///
    /// # Safety
    /// The descriptor is open and nothing else owns it.
    pub(super) unsafe fn from_new(fd: i32, undo: impl FnOnce()) -> Result<Self> {
        // SAFETY: the descriptor is open and nothing else owns it.
        let fd = unsafe { Self::from_raw(fd) };
        if fd.is_stream() { fd.move_off_streams().inspect_err(|_| undo()) } else { Ok(fd) }
    }

    fn is_stream(&self) -> bool {
        self.raw() <= LAST_STREAM
    }

    #[cold]
    #[inline(never)]
    fn move_off_streams(self) -> Result<Self> {
        let duplicate = C::duplicate(self.raw(), LAST_STREAM + 1)?;
        // SAFETY: the descriptor was just opened. `self` is closed when it is dropped here.
        Ok(unsafe { Self::from_raw(duplicate) })
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

impl<C: Calls> Drop for OwnedFd<C> {
    fn drop(&mut self) {
        // A late error is lost here. Code to which it matters calls `close`.
        // SAFETY: `self` owns the descriptor and is gone after this call.
        let _ = unsafe { C::close(self.raw()) };
    }
}

/// The two ends of a pipe: the one to read from first.
type Ends<C> = (OwnedFd<C>, OwnedFd<C>);

/// Opens pipes until neither end is a standard stream.
///
/// A duplicate is not enough: bytes that another thread writes to a closed stream in between would stay in the pipe.
pub(super) fn pipe_off_streams<C: Calls>(open: fn() -> Result<Ends<C>>) -> Result<Ends<C>> {
    let ends = open()?;
    if ends.0.is_stream() || ends.1.is_stream() {
        // The low numbers stay taken until another pipe is open.
        return pipe_off_streams(open);
    }
    Ok(ends)
}
