//! Locks on files. See flock(2).

use core::ffi::CStr;
use core::mem::ManuallyDrop;
use core::time::Duration;

use super::check::is_same_file;
use crate::arg::Arg;
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, StatBuffer};

/// A lock on a file or directory, released when dropped.
///
/// The lock is advisory: it binds those who ask for it. It belongs to this open file description, so a second [`lock`]
/// fails in the same process too, and opening and closing the file elsewhere has no effect. A child of fork(2) shares
/// the lock; a program started by exec does not. The lock ends with the process at the latest.
///
/// ```
/// use ffi_syscalls::{Errno, file};
///
/// # fn main() -> Result<(), Errno> {
/// # let path = std::env::temp_dir().join(format!("ffi_syscalls.lock.{}", std::process::id()));
/// # let path = path.to_str().unwrap();
/// let reader = file::lock_shared(path)?;
/// let other_reader = file::try_lock_shared(path)?;
/// assert_eq!(file::try_lock_exclusive(path).unwrap_err(), Errno::EAGAIN);
/// reader.unlock()?;
/// other_reader.unlock()?;
/// file::lock_exclusive(path)?.unlock()?;
/// # std::fs::remove_file(path).unwrap();
/// # Ok(())
/// # }
/// ```
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
///
/// ```
/// use ffi_syscalls::{Errno, file};
///
/// # fn main() -> Result<(), Errno> {
/// # let path = std::env::temp_dir().join(format!("ffi_syscalls.try.{}", std::process::id()));
/// # let path = path.to_str().unwrap();
/// let held = file::lock(path)?;
/// assert_eq!(file::lock(path).unwrap_err(), Errno::EAGAIN);
/// # held.unlock()?;
/// # std::fs::remove_file(path).unwrap();
/// # Ok(())
/// # }
/// ```
pub fn lock(path: impl Arg) -> Result<FileLock> {
    path.with_c_str(|path| attempt(path, sys::try_lock))
}

/// The same as [`lock`].
///
/// # Errors
/// Those of [`lock`].
///
/// ```
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// # let path = std::env::temp_dir().join(format!("ffi_syscalls.exclusive.{}", std::process::id()));
/// # let path = path.to_str().unwrap();
/// let held = ffi_syscalls::file::try_lock_exclusive(path)?;
/// # held.unlock()?;
/// # std::fs::remove_file(path).unwrap();
/// # Ok(())
/// # }
/// ```
pub fn try_lock_exclusive(path: impl Arg) -> Result<FileLock> {
    lock(path)
}

/// Like [`lock`], for a shared lock: any number of open file descriptions may hold one, while none holds an exclusive
/// lock.
///
/// # Errors
/// Those of [`lock`]; `EAGAIN` if another open file description holds an exclusive lock.
///
/// ```
/// use ffi_syscalls::file;
///
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// # let path = std::env::temp_dir().join(format!("ffi_syscalls.shared.{}", std::process::id()));
/// # let path = path.to_str().unwrap();
/// let (first, second) = (file::try_lock_shared(path)?, file::try_lock_shared(path)?);
/// assert!(file::lock(path).is_err());
/// # drop((first, second));
/// # std::fs::remove_file(path).unwrap();
/// # Ok(())
/// # }
/// ```
pub fn try_lock_shared(path: impl Arg) -> Result<FileLock> {
    path.with_c_str(|path| attempt(path, sys::try_lock_shared))
}

/// Like [`lock`], and waits until the lock is free. A process that holds the lock itself waits for ever.
///
/// # Errors
/// Those of [`lock_timeout`] without a limit.
///
/// ```
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// # let path = std::env::temp_dir().join(format!("ffi_syscalls.waits.{}", std::process::id()));
/// # let path = path.to_str().unwrap();
/// let held = ffi_syscalls::file::lock_exclusive(path)?;
/// # held.unlock()?;
/// # std::fs::remove_file(path).unwrap();
/// # Ok(())
/// # }
/// ```
pub fn lock_exclusive(path: impl Arg) -> Result<FileLock> {
    lock_timeout(path, None)
}

/// Like [`try_lock_shared`], and waits until the lock is free. A process that holds an exclusive lock itself waits for
/// ever.
///
/// # Errors
/// Those of [`lock_timeout`] without a limit.
///
/// ```
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// # let path = std::env::temp_dir().join(format!("ffi_syscalls.shares.{}", std::process::id()));
/// # let path = path.to_str().unwrap();
/// let held = ffi_syscalls::file::lock_shared(path)?;
/// # held.unlock()?;
/// # std::fs::remove_file(path).unwrap();
/// # Ok(())
/// # }
/// ```
pub fn lock_shared(path: impl Arg) -> Result<FileLock> {
    lock_shared_timeout(path, None)
}

/// Like [`lock`], and waits for the lock at most this long, or without limit if there is none.
///
/// The time is that of the monotonic clock. The kernel has no wait with a limit, so the call tries again after 1 ms at
/// first and after 50 ms in the end, each time with the file that is at the path then. Without a limit the kernel wakes
/// it; if the path names another file by then, it waits for that.
///
/// # Errors
/// Those of [`lock`]: `EAGAIN` if the limit is zero and the lock is held, or if files are replaced at the path again and
/// again within microseconds. `ETIMEDOUT` if the lock was not free within the limit.
///
/// ```
/// use core::time::Duration;
/// use ffi_syscalls::{Errno, file};
///
/// # fn main() -> Result<(), Errno> {
/// # let path = std::env::temp_dir().join(format!("ffi_syscalls.limit.{}", std::process::id()));
/// # let path = path.to_str().unwrap();
/// let held = file::lock_timeout(path, Some(Duration::from_secs(1)))?;
/// let refused = file::lock_timeout(path, Some(Duration::from_millis(5)));
/// assert_eq!(refused.unwrap_err(), Errno::ETIMEDOUT);
/// # held.unlock()?;
/// # std::fs::remove_file(path).unwrap();
/// # Ok(())
/// # }
/// ```
pub fn lock_timeout(path: impl Arg, limit: Option<Duration>) -> Result<FileLock> {
    path.with_c_str(|path| wait(path, limit, sys::try_lock, sys::wait_lock))
}

/// Like [`lock_timeout`], for a shared lock.
///
/// # Errors
/// Those of [`lock_timeout`].
///
/// ```
/// use core::time::Duration;
/// use ffi_syscalls::file;
///
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// # let path = std::env::temp_dir().join(format!("ffi_syscalls.shared_limit.{}", std::process::id()));
/// # let path = path.to_str().unwrap();
/// let limit = Some(Duration::from_secs(1));
/// let (first, second) = (file::lock_shared_timeout(path, limit)?, file::lock_shared_timeout(path, limit)?);
/// # drop((first, second));
/// # std::fs::remove_file(path).unwrap();
/// # Ok(())
/// # }
/// ```
pub fn lock_shared_timeout(path: impl Arg, limit: Option<Duration>) -> Result<FileLock> {
    path.with_c_str(|path| wait(path, limit, sys::try_lock_shared, sys::wait_lock_shared))
}

/// A primitive that locks a descriptor.
type Lock = fn(&Fd) -> Result<()>;

/// The most times that a file may be replaced while it is being locked. Each takes microseconds.
const REPLACEMENTS: u32 = 1000;

/// Locks the file at the path, if that needs no wait.
fn attempt(path: &CStr, try_lock: Lock) -> Result<FileLock> {
    for _ in 0..REPLACEMENTS {
        let fd = open_for_lock(path)?;
        try_lock(&fd)?;
        if let Some(lock) = confirm(path, fd)? {
            return Ok(lock);
        }
    }
    Err(Errno::EAGAIN)
}

/// Returns the lock, or `None` if the path names another file, or none, by now.
fn confirm(path: &CStr, fd: Fd) -> Result<Option<FileLock>> {
    let (mut found, mut locked) = (StatBuffer::uninit(), StatBuffer::uninit());
    match sys::stat(path, &mut found) {
        // The descriptor is examined after the path, when a file that was replaced has no name left.
        Ok(found) if is_same_file(path, found, sys::fstat(&fd, &mut locked)?) => Ok(Some(FileLock(fd))),
        Ok(_) | Err(Errno::ENOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

fn wait(path: &CStr, limit: Option<Duration>, try_lock: Lock, wait_lock: Lock) -> Result<FileLock> {
    match limit {
        Some(Duration::ZERO) => attempt(path, try_lock),
        Some(limit) => wait_within(path, limit, try_lock),
        None => wait_for_ever(path, try_lock, wait_lock),
    }
}

/// Tries to lock the file until the time is over.
fn wait_within(path: &CStr, limit: Duration, try_lock: Lock) -> Result<FileLock> {
    const LONGEST_PAUSE: u32 = 50;
    // Nanoseconds are numbers here, of which 64 bits are 584 years: the sum of two durations may panic.
    let mut rest = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
    let (mut last, mut pause) = (monotonic_nanoseconds(), 1);
    loop {
        match attempt(path, try_lock) {
            Err(Errno::EAGAIN) => {}
            result => return result,
        }
        if rest == 0 {
            return Err(Errno::ETIMEDOUT);
        }
        let milliseconds = u32::try_from(rest.div_ceil(NANOSECONDS)).map_or(pause, |rest| rest.min(pause));
        sys::sleep_milliseconds(milliseconds);
        let now = monotonic_nanoseconds();
        // If a sandbox refuses the clock, the pauses count.
        let paused = last.zip(now).map(|(last, now)| now.saturating_sub(last));
        rest = rest.saturating_sub(paused.unwrap_or(u64::from(milliseconds) * NANOSECONDS));
        last = now;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The nanoseconds of a millisecond.
const NANOSECONDS: u64 = 1_000_000;

/// Returns the time of the monotonic clock; `None` if it is refused.
fn monotonic_nanoseconds() -> Option<u64> {
    let time = sys::monotonic_time();
    let nanoseconds = time.seconds.checked_mul(1_000_000_000)?.checked_add(time.nanoseconds)?;
    u64::try_from(nanoseconds).ok().filter(|&nanoseconds| nanoseconds > 0)
}

/// Has the kernel wait until the lock is free.
///
/// A file that is replaced during a wait does not count: holders may delete the file before they release the lock.
fn wait_for_ever(path: &CStr, try_lock: Lock, wait_lock: Lock) -> Result<FileLock> {
    let mut replacements = 0;
    while replacements < REPLACEMENTS {
        let fd = open_for_lock(path)?;
        match try_lock(&fd) {
            Ok(()) => replacements += 1,
            Err(Errno::EAGAIN) => {
                wait_lock(&fd)?;
                replacements = 0;
            }
            Err(errno) => return Err(errno),
        }
        if let Some(lock) = confirm(path, fd)? {
            return Ok(lock);
        }
    }
    Err(Errno::EAGAIN)
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
