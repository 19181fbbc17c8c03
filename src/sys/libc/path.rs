//! Calls on paths, other than to open one and to ask for its status.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use super::call::{decode, decode_count, last_errno, mode_bits};
use super::fd::Fd;
use super::stat::{Stat, StatBuffer, lstat_at};
use crate::errno::{Errno, Result};
use crate::sys;
use crate::sys::types::{Timespec, retry};

/// Checks, as the real user, that the path resolves. See access(2).
pub(crate) fn access(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    retry(|| decode(unsafe { libc::access(path.as_ptr(), libc::F_OK) })).map(drop)
}

/// Removes the name of a file that is not a directory. See unlink(2).
pub(crate) fn unlink(path: &CStr) -> Result<()> {
    unlink_at(&sys::CWD, path)
}

/// Removes the name of a file that is not a directory, by a path that starts at a directory. See unlinkat(2).
pub(crate) fn unlink_at(directory: &Fd, path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    match retry(|| decode(unsafe { libc::unlinkat(directory.raw(), path.as_ptr(), 0) })) {
        // POSIX specifies EPERM for a directory; EBUSY and EINVAL come for a mount point and for `.`. A file that may
        // not be removed can get each of them as well.
        Err(Errno::EPERM | Errno::EBUSY | Errno::EINVAL)
            if lstat_at(directory, path, &mut StatBuffer::uninit()).is_ok_and(Stat::is_dir) =>
        {
            Err(Errno::EISDIR)
        }
        result => result.map(drop),
    }
}

/// Removes an empty directory, by a path that starts at a directory. See unlinkat(2).
pub(crate) fn rmdir_at(directory: &Fd, path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    retry(|| decode(unsafe { libc::unlinkat(directory.raw(), path.as_ptr(), libc::AT_REMOVEDIR) })).map(drop)
}

/// Gives a file another name, which replaces what had it. See rename(2).
pub(crate) fn rename(from: &CStr, to: &CStr) -> Result<()> {
    rename_at(&sys::CWD, from, to)
}

/// Like [`rename`], by two paths that start at a directory. See renameat(2).
pub(crate) fn rename_at(directory: &Fd, from: &CStr, to: &CStr) -> Result<()> {
    let start = directory.raw();
    // SAFETY: both paths are NUL-terminated.
    retry(|| decode(unsafe { libc::renameat(start, from.as_ptr(), start, to.as_ptr()) })).map(drop)
}

/// Creates a symbolic link with this content. See symlink(2).
pub(crate) fn symlink(content: &CStr, path: &CStr) -> Result<()> {
    // SAFETY: both texts are NUL-terminated.
    retry(|| decode(unsafe { libc::symlink(content.as_ptr(), path.as_ptr()) })).map(drop)
}

/// Reads the content of a symbolic link, as much as fits into the buffer, by a path that starts at a directory. See
/// readlinkat(2).
pub(crate) fn read_link_at(directory: &Fd, path: &CStr, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let (start, len) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: the path is NUL-terminated, and the buffer is writable for its length.
    retry(|| decode_count(unsafe { libc::readlinkat(directory.raw(), path.as_ptr(), start, len) }))
}

/// Sets the times of the last access and modification; `None` keeps one. See utimensat(2).
///
/// A symbolic link in the last component is followed if `follow` is set.
pub(crate) fn set_times(path: &CStr, times: [Option<Timespec>; 2], follow: bool) -> Result<()> {
    let times = times.map(|time| match time {
        Some(time) => libc::timespec { tv_sec: time.seconds, tv_nsec: time.nanoseconds },
        None => libc::timespec { tv_sec: 0, tv_nsec: libc::UTIME_OMIT },
    });
    let flag_bits = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: the path is NUL-terminated, and there are two times.
    retry(|| decode(unsafe { libc::utimensat(libc::AT_FDCWD, path.as_ptr(), times.as_ptr(), flag_bits) })).map(drop)
}

/// Sets the owner of a path; a symbolic link in the last component is not followed. See lchown(2).
pub(crate) fn chown_path(path: &CStr, (user, group): (u32, u32)) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    retry(|| decode(unsafe { libc::lchown(path.as_ptr(), user, group) })).map(drop)
}

/// Sets the working directory of the process. See chdir(2).
pub(crate) fn chdir(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    retry(|| decode(unsafe { libc::chdir(path.as_ptr()) })).map(drop)
}

/// Creates a directory. See mkdir(2).
pub(crate) fn mkdir(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    match retry(|| decode(unsafe { libc::mkdir(path.as_ptr(), mode_bits(mode)) })) {
        // Some systems return this for the root directory.
        Err(Errno::EISDIR) => Err(Errno::EEXIST),
        result => result.map(drop),
    }
}

/// Sets the permission bits of the file at a path, following symbolic links. See chmod(2).
pub(crate) fn chmod_path(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    retry(|| decode(unsafe { libc::chmod(path.as_ptr(), mode_bits(mode)) })).map(drop)
}

/// Writes the working directory and a NUL into the buffer; the result counts both. See getcwd(3).
pub(crate) fn getcwd(buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    // SAFETY: the buffer is writable for its length.
    let path = unsafe { libc::getcwd(buffer.as_mut_ptr().cast(), buffer.len()) };
    if path.is_null() {
        // The buffer holds the longest path that the kernel takes.
        return Err(match last_errno() {
            Errno::ERANGE => Errno::ENAMETOOLONG,
            errno => errno,
        });
    }
    // SAFETY: the call has written a NUL-terminated string.
    Ok(unsafe { CStr::from_ptr(path) }.count_bytes() + 1)
}
