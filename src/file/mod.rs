//! Files: existence, content, status, copies and locks.
//!
//! Paths are bytes. Symbolic links are followed except by [`delete`]. New files get the mode 0666, and [`copy()`] creates
//! its destination with that of the source, both less the umask. Sizes that files claim are hints.

mod attributes;
mod check;
mod copy;
mod holes;
mod lock;

use core::ffi::CStr;

use crate::arg::Arg;
use crate::content::read_to_end;
use crate::errno::{Errno, Result};
use crate::io::write_all;
use crate::sys::{self, StatBuffer};
use crate::text::Text;

pub use attributes::Kind;
pub(crate) use check::check_exists;
pub use copy::copy;
pub use lock::{FileLock, lock};

const NEW_FILE_MODE: u32 = 0o666;

/// Returns whether the path resolves. A dangling symbolic link does not.
///
/// # Errors
/// Errors that leave it unknown: `EACCES` if a directory of the path may not be searched, `ELOOP`, `EIO`.
pub fn exists(path: impl Arg) -> Result<bool> {
    match path.with_c_str(check_exists) {
        Ok(()) => Ok(true),
        Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Reads a file to its end, whatever size it claims: files of /proc, pipes and terminals too.
///
/// # Errors
/// Those of open(2) and read(2): `ENOENT`, `EACCES`, `EISDIR` for a directory. `ENOMEM` if the content does not fit
/// into memory, or into that of the control group, as that of an endless file; `EAGAIN` if memory is locked
/// ([Memory](crate#memory)). A file that does not report its size, such as a pipe, may be endless, so a content of more
/// than half of the memory fails too.
pub fn read_text(path: impl Arg) -> Result<Text> {
    path.with_c_str(|path| read_to_end(&sys::open(path, sys::O_RDONLY, 0)?))
}

/// Replaces the content of a file, which is created if missing. Its directory is not.
///
/// The old content is gone before the new one is written: a reader in between, or after a failure, may see a part.
///
/// # Errors
/// Those of open(2), write(2) and close(2): `ENOENT` if the directory is missing, `EACCES`, `EISDIR`, `ENOSPC`.
pub fn write_text(path: impl Arg, content: impl AsRef<[u8]>) -> Result<()> {
    path.with_c_str(|path| write_with(path, sys::O_TRUNC, content.as_ref()))
}

/// Appends to a file, which is created if missing.
///
/// The kernel places each write at the current end, and the whole content is passed to one write, so that what several
/// processes append to a local file does not interleave. NFS cannot promise that.
///
/// # Errors
/// Those of [`write_text`].
pub fn append_text(path: impl Arg, content: impl AsRef<[u8]>) -> Result<()> {
    path.with_c_str(|path| write_with(path, sys::O_APPEND, content.as_ref()))
}

fn write_with(path: &CStr, flag: u32, content: &[u8]) -> Result<()> {
    let fd = sys::open(path, sys::O_WRONLY | sys::O_CREAT | flag, NEW_FILE_MODE)?;
    write_all(&fd, content).and(fd.close())
}

/// Removes the name of a file. A symbolic link is removed itself.
///
/// # Errors
/// Those of unlink(2): `ENOENT` if it is missing, `EISDIR` for a directory.
#[doc(alias = "rt_file_remove")]
pub fn delete(path: impl Arg) -> Result<()> {
    path.with_c_str(sys::unlink)
}

/// Returns the size in bytes, as stat(2) reports it for any kind of file. Files of /proc report 0 and have content.
///
/// # Errors
/// Those of stat(2).
pub fn size(path: impl Arg) -> Result<i64> {
    path.with_c_str(|path| Ok(sys::stat(path, &mut StatBuffer::uninit())?.size()))
}

/// Returns when the content last changed, in seconds since 1970 (UTC); negative before.
///
/// # Errors
/// Those of stat(2).
pub fn modified_time(path: impl Arg) -> Result<i64> {
    path.with_c_str(|path| Ok(sys::stat(path, &mut StatBuffer::uninit())?.modified()))
}
