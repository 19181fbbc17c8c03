//! Locks on files that Rust's std has opened.

use core::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd};

use crate::errno::Result;
use crate::sys::{self, Fd};

/// Locks on an open file, such as a `std::fs::File`. See flock(2).
///
/// The lock belongs to the open file description. It ends when all its descriptors are closed, and a lock of the other
/// kind replaces it. Nothing tells if the path of the file names another one by now; [`lock_exclusive`] does.
///
/// [`lock_exclusive`]: super::lock_exclusive
///
/// ```
/// use ffi_syscalls::{Errno, file::LockExt};
///
/// # fn main() -> std::io::Result<()> {
/// # let path = std::env::temp_dir().join(format!("ffi_syscalls.lock_ext.{}", std::process::id()));
/// let (first, second) = (std::fs::File::create(&path)?, std::fs::File::open(&path)?);
/// first.lock_exclusive()?;
/// assert_eq!(LockExt::try_lock_shared(&second), Err(Errno::EAGAIN));
/// LockExt::unlock(&first)?;
/// # std::fs::remove_file(path)
/// # }
/// ```
pub trait LockExt {
    /// Takes an exclusive lock, and waits for it.
    ///
    /// # Errors
    /// Those of flock(2).
    fn lock_exclusive(&self) -> Result<()>;

    /// Takes a shared lock, and waits for it.
    ///
    /// # Errors
    /// Those of flock(2).
    fn lock_shared(&self) -> Result<()>;

    /// Takes an exclusive lock without waiting.
    ///
    /// # Errors
    /// Those of flock(2): `EAGAIN` if another open file description holds a lock.
    fn try_lock_exclusive(&self) -> Result<()>;

    /// Takes a shared lock without waiting.
    ///
    /// # Errors
    /// Those of flock(2): `EAGAIN` if another open file description holds an exclusive lock.
    fn try_lock_shared(&self) -> Result<()>;

    /// Releases the lock.
    ///
    /// # Errors
    /// Those of flock(2).
    fn unlock(&self) -> Result<()>;
}

impl<T: AsFd> LockExt for T {
    fn lock_exclusive(&self) -> Result<()> {
        sys::wait_lock(&borrow(self))
    }

    fn lock_shared(&self) -> Result<()> {
        sys::wait_lock_shared(&borrow(self))
    }

    fn try_lock_exclusive(&self) -> Result<()> {
        sys::try_lock(&borrow(self))
    }

    fn try_lock_shared(&self) -> Result<()> {
        sys::try_lock_shared(&borrow(self))
    }

    fn unlock(&self) -> Result<()> {
        sys::unlock(&borrow(self))
    }
}

fn borrow(file: &impl AsFd) -> ManuallyDrop<Fd> {
    // SAFETY: the value is never dropped.
    ManuallyDrop::new(unsafe { Fd::from_raw(file.as_fd().as_raw_fd()) })
}
