//! The kind of a file, its permission bits and times, and writing it to its disk.

use core::ffi::CStr;

use crate::arg::Arg;
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, StatBuffer, Timespec};

/// The bits of a mode that [`mode`] returns and [`set_mode`] sets: permissions, set-user-ID, set-group-ID and sticky.
pub(super) const MODE_BITS: u32 = 0o7777;

/// The mode of a new file, less the umask.
pub(super) const NEW_FILE_MODE: u32 = 0o666;

/// The kind of a file. See inode(7).
///
/// ```
/// use ffi_syscalls::file::{self, Kind};
///
/// assert_eq!(file::kind("/dev/null"), Ok(Kind::CharDevice));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A FIFO, also known as a named pipe.
    Fifo,
    /// A socket with a name.
    Socket,
    /// A block device.
    BlockDevice,
    /// A character device.
    CharDevice,
}

impl Kind {
    /// Returns the kind that the type bits of a mode state, if it is a known one.
    pub(crate) const fn from_mode(mode: u32) -> Option<Self> {
        Some(match mode & sys::S_IFMT {
            sys::S_IFREG => Self::File,
            sys::S_IFDIR => Self::Directory,
            sys::S_IFLNK => Self::Symlink,
            sys::S_IFIFO => Self::Fifo,
            sys::S_IFSOCK => Self::Socket,
            sys::S_IFBLK => Self::BlockDevice,
            sys::S_IFCHR => Self::CharDevice,
            _ => return None,
        })
    }
}

/// Returns the kind of a file. A symbolic link is not followed.
///
/// # Errors
/// Those of lstat(2). `EINVAL` for a kind that is none of these.
///
/// ```
/// use ffi_syscalls::file::{self, Kind};
///
/// assert_eq!(file::kind("/"), Ok(Kind::Directory));
/// ```
pub fn kind(path: impl Arg) -> Result<Kind> {
    let mode = path.with_c_str(|path| Ok(sys::lstat(path, &mut StatBuffer::uninit())?.mode()))?;
    Kind::from_mode(mode).ok_or(Errno::EINVAL)
}

/// Returns the permission bits of a file, with set-user-ID, set-group-ID and sticky: at most 0o7777.
///
/// # Errors
/// Those of stat(2).
///
/// ```
/// use ffi_syscalls::file;
///
/// assert_eq!(file::mode("/dev/null")? & 0o7000, 0);
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
pub fn mode(path: impl Arg) -> Result<u32> {
    path.with_c_str(|path| Ok(sys::stat(path, &mut StatBuffer::uninit())?.mode() & MODE_BITS))
}

/// Sets the permission bits of a file, set-user-ID, set-group-ID and sticky included. The umask does not matter.
///
/// The kernel clears set-group-ID of a file whose group the caller is not in.
///
/// # Errors
/// `EINVAL` for other bits than 0o7777. Those of chmod(2): `EPERM` if the file belongs to another user.
///
/// ```
/// use ffi_syscalls::file;
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let path = file::temp("script-")?;
/// file::set_mode(&path, 0o755)?;
/// assert_eq!(file::mode(&path)?, 0o755);
/// # file::delete(&path)
/// # }
/// ```
pub fn set_mode(path: impl Arg, mode: u32) -> Result<()> {
    if mode > MODE_BITS {
        return Err(Errno::EINVAL);
    }
    path.with_c_str(|path| sys::chmod_path(path, mode))
}

/// Sets when the content of a file last changed: seconds since 1970 (UTC), negative before, and nanoseconds after them.
/// The time of the last access stays.
///
/// A file system that stores times less exactly, or fewer of them, rounds or limits the time.
///
/// # Errors
/// `EINVAL` for nanoseconds above 999,999,999. Those of utimensat(2): `EPERM` if the file belongs to another user.
///
/// ```
/// use ffi_syscalls::file;
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let path = file::temp("old-")?;
/// file::set_modified_time(&path, 1_000_000_000, 0)?;
/// assert_eq!(file::modified_time(&path)?, 1_000_000_000);
/// # file::delete(&path)
/// # }
/// ```
pub fn set_modified_time(path: impl Arg, seconds: i64, nanoseconds: u32) -> Result<()> {
    // The kernel takes some larger numbers for requests of another kind.
    if nanoseconds > 999_999_999 {
        return Err(Errno::EINVAL);
    }
    let time = Timespec { seconds, nanoseconds: i64::from(nanoseconds) };
    path.with_c_str(|path| sys::set_times(path, [None, Some(time)], true))
}

/// Waits until the content and the size of a file are on its disk, or the names in a directory.
///
/// A new name is on the disk once its directory is. [`atomic_write`](super::atomic_write) sees to both.
///
/// # Errors
/// Those of open(2) and fsync(2). `EINVAL` for what has no disk, such as a pipe; `EACCES` if the file can be neither read
/// nor written.
///
/// ```
/// use ffi_syscalls::file;
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let path = file::temp("important-")?;
/// file::write_text(&path, "to be kept")?;
/// file::sync(&path)?;
/// # file::delete(&path)
/// # }
/// ```
pub fn sync(path: impl Arg) -> Result<()> {
    path.with_c_str(|path| {
        let fd = open_to_sync(path)?;
        sys::sync(&fd).and(fd.close())
    })
}

/// Opens what is at a path, for reading or for writing. A FIFO is not waited for.
fn open_to_sync(path: &CStr) -> Result<Fd> {
    match sys::open(path, sys::O_RDONLY | sys::O_NONBLOCK, 0) {
        Err(Errno::EACCES) => sys::open(path, sys::O_WRONLY | sys::O_NONBLOCK, 0),
        // Some systems open no directory without a request for one.
        Err(Errno::EISDIR) => sys::open(path, sys::O_RDONLY | sys::O_DIRECTORY, 0),
        result => result,
    }
}
