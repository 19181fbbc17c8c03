//! Locks on files. See flock(2).

use core::ffi::CStr;
use core::mem::ManuallyDrop;

use super::check::is_same_file;
use crate::arg::Arg;
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, StatBuffer};

/// An exclusive lock on a file or directory, released when dropped.
///
/// The lock is advisory: it binds those who ask for it. It belongs to this open file description, so a second [`lock`]
/// fails in the same process too, and opening and closing the file elsewhere has no effect. A child of fork(2) shares
/// the lock; a program started by exec does not. The lock ends with the process at the latest.
#[derive(Debug)]
pub struct FileLock(Fd);

impl FileLock {
    /// Releases the lock and closes its descriptor.
    ///
    /// # Errors
    /// Those of flock(2) and close(2). `EBADF` if the descriptor of [`from_raw`](Self::from_raw) is not open.
    #[doc(alias = "rt_file_unlock")]
    pub fn unlock(self) -> Result<()> {
        // SAFETY: `self` owned the descriptor and has released it.
        let fd = unsafe { Fd::from_raw(self.into_raw()) };
        let unlocked = sys::unlock(&fd);
        if unlocked == Err(Errno::EBADF) {
            // There is no descriptor to close: one that another thread opens now could get its number.
            let _ = fd.into_raw();
            return unlocked;
        }
        unlocked.and(fd.close())
    }

    /// Releases ownership of the descriptor that holds the lock, for [`from_raw`](Self::from_raw) or `rt_file_unlock`.
    #[must_use]
    pub fn into_raw(self) -> i32 {
        ManuallyDrop::new(self).0.raw()
    }

    /// Returns the descriptor that holds the lock, which stays owned.
    #[cfg(feature = "std")]
    pub(crate) const fn raw(&self) -> i32 {
        self.0.raw()
    }

    /// Takes ownership of a lock by its descriptor.
    ///
    /// # Safety
    /// The descriptor came from [`into_raw`](Self::into_raw) or `rt_file_lock`, and nothing else owns it.
    #[must_use]
    pub const unsafe fn from_raw(fd: i32) -> Self {
        // SAFETY: the descriptor is open, and nothing else owns it.
        Self(unsafe { Fd::from_raw(fd) })
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing alone would leave the lock to a child that shares the descriptor. The error has no one to report to.
        let _ = sys::unlock(&self.0);
    }
}

/// Takes an exclusive lock on a file, which is created if missing, or on a directory, without waiting.
///
/// The locked file is the one at the path: if it is replaced or deleted meanwhile, the attempt starts over.
/// A file system that invents an inode number at each stat (some of FUSE and CIFS) does not show that. A directory must
/// be readable. The descriptor of the lock is never one of the standard streams, also if these are closed.
///
/// # Errors
/// `EAGAIN` if another open file description holds the lock; never for a lack of memory, of which none is needed. Those
/// of open(2) and flock(2): `EBADF` for a directory on NFS, which locks only what is open for writing.
pub fn lock(path: impl Arg) -> Result<FileLock> {
    path.with_c_str(|path| {
        // Each new attempt means that the file was replaced within microseconds.
        for _ in 0..1000 {
            let fd = open_for_lock(path)?;
            sys::try_lock(&fd)?;
            let (mut found, mut locked) = (StatBuffer::uninit(), StatBuffer::uninit());
            match sys::stat(path, &mut found) {
                // The descriptor is examined after the path, when a file that was replaced has no name left.
                Ok(found) if is_same_file(path, found, sys::fstat(&fd, &mut locked)?) => return Ok(FileLock(fd)),
                Ok(_) | Err(Errno::ENOENT) => {}
                Err(errno) => return Err(errno),
            }
        }
        Err(Errno::EAGAIN)
    })
}

/// Opens a file or directory to lock it.
///
/// It is opened for writing, as NFS demands of an exclusive lock; elsewhere a read-only file can be locked as well.
fn open_for_lock(path: &CStr) -> Result<Fd> {
    const NEW_FILE_MODE: u32 = 0o666;
    // Opening a FIFO or a device may block otherwise.
    match sys::open(path, sys::O_RDWR | sys::O_CREAT | sys::O_NONBLOCK, NEW_FILE_MODE) {
        Err(errno @ (Errno::EACCES | Errno::EPERM | Errno::EROFS | Errno::ETXTBSY)) => {
            sys::open(path, sys::O_RDONLY | sys::O_NONBLOCK, 0)
                .map_err(|second| if second == Errno::ENOENT { errno } else { second })
        }
        // No directory can be open for writing. A path that ends in a slash names one, or nothing.
        Err(Errno::EISDIR) => sys::open(path, sys::O_RDONLY | sys::O_DIRECTORY | sys::O_NONBLOCK, 0),
        result => result,
    }
}
