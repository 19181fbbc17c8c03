//! Calls on paths, other than to open one and to ask for its status.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use ffi_syscalls_arch::{Sysno, nr, syscall2, syscall5};
use linux_raw_sys::general;

use super::call::{CWD, path_arg, syscall_retry, syscall_retry_unit};
use super::fd::Fd;
use crate::errno::{Result, decode};
use crate::sys;
use crate::sys::types::{Timespec, retry};

/// Checks, as the real user, that the path resolves. See access(2).
pub(crate) fn access(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { syscall_retry_unit(CWD, path_arg(path), general::F_OK as usize, Sysno::faccessat) }
}

/// Removes the name of a file that is not a directory. See unlink(2).
#[inline(never)]
pub(crate) fn unlink(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { syscall_retry_unit(CWD, path_arg(path), 0, Sysno::unlinkat) }
}

/// Removes the name of a file that is not a directory, by a path that starts at a directory. See unlinkat(2).
pub(crate) fn unlink_at(directory: &Fd, path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { syscall_retry_unit(directory.register(), path_arg(path), 0, Sysno::unlinkat) }
}

/// Removes an empty directory, by a path that starts at a directory. See unlinkat(2).
pub(crate) fn rmdir_at(directory: &Fd, path: &CStr) -> Result<()> {
    let flags = general::AT_REMOVEDIR as usize;
    // SAFETY: the path is NUL-terminated.
    unsafe { syscall_retry_unit(directory.register(), path_arg(path), flags, Sysno::unlinkat) }
}

/// Gives a file another name, which replaces what had it. See rename(2).
#[inline(never)]
pub(crate) fn rename(from: &CStr, to: &CStr) -> Result<()> {
    rename_at(&sys::CWD, from, to)
}

/// Like [`rename`], by two paths that start at a directory. See renameat(2).
pub(crate) fn rename_at(directory: &Fd, from: &CStr, to: &CStr) -> Result<()> {
    let (number, start, from, to) = (nr::RENAMEAT as usize, directory.register(), path_arg(from), path_arg(to));
    // SAFETY: both paths are NUL-terminated. There are no flags, which renameat(2) does not take and renameat2(2) does.
    retry(|| decode(unsafe { syscall5(number, start, from, start, to, 0) })).map(drop)
}

/// Creates a symbolic link with this content. See symlink(2).
pub(crate) fn symlink(content: &CStr, path: &CStr) -> Result<()> {
    // SAFETY: both texts are NUL-terminated.
    unsafe { syscall_retry_unit(path_arg(content), CWD, path_arg(path), Sysno::symlinkat) }
}

/// Reads the content of a symbolic link, as much as fits into the buffer, by a path that starts at a directory. See
/// readlinkat(2).
pub(crate) fn read_link_at(directory: &Fd, path: &CStr, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let address = buffer.as_mut_ptr().expose_provenance();
    // SAFETY: the path is NUL-terminated, and the buffer is writable for its length.
    unsafe { syscall_retry(directory.register(), path_arg(path), address, buffer.len(), Sysno::readlinkat) }
}

/// Sets the times of the last access and modification; `None` keeps one. See utimensat(2).
///
/// A symbolic link in the last component is followed if `follow` is set.
pub(crate) fn set_times(path: &CStr, times: [Option<Timespec>; 2], follow: bool) -> Result<()> {
    let times = times.map(|time| match time {
        Some(time) => general::__kernel_timespec { tv_sec: time.seconds, tv_nsec: time.nanoseconds },
        None => general::__kernel_timespec { tv_sec: 0, tv_nsec: i64::from(general::UTIME_OMIT) },
    });
    let flags = if follow { 0 } else { general::AT_SYMLINK_NOFOLLOW };
    let address = times.as_ptr().expose_provenance();
    // SAFETY: the path is NUL-terminated, and two times are at the address.
    unsafe { syscall_retry(CWD, path_arg(path), address, flags as usize, Sysno::utimensat) }.map(drop)
}

/// Sets the owner of a path; a symbolic link in the last component is not followed. See lchown(2).
pub(crate) fn chown_path(path: &CStr, (user, group): (u32, u32)) -> Result<()> {
    let (number, flags) = (Sysno::fchownat as usize, general::AT_SYMLINK_NOFOLLOW as usize);
    let (path, user, group) = (path_arg(path), user as usize, group as usize);
    // SAFETY: the path is NUL-terminated.
    retry(|| decode(unsafe { syscall5(number, CWD, path, user, group, flags) })).map(drop)
}

/// Sets the working directory of the process. See chdir(2).
pub(crate) fn chdir(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { syscall_retry_unit(path_arg(path), 0, 0, Sysno::chdir) }
}

/// Creates a directory. See mkdir(2).
#[inline(never)]
pub(crate) fn mkdir(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { syscall_retry_unit(CWD, path_arg(path), mode as usize, Sysno::mkdirat) }
}

/// Sets the permission bits of the file at a path, following symbolic links. See chmod(2).
pub(crate) fn chmod_path(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { syscall_retry_unit(CWD, path_arg(path), mode as usize, Sysno::fchmodat) }
}

/// Writes the working directory and a NUL into the buffer; the result counts both. See getcwd(2).
pub(crate) fn getcwd(buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    // SAFETY: the buffer is writable for its length.
    decode(unsafe { syscall2(Sysno::getcwd as usize, buffer.as_mut_ptr().expose_provenance(), buffer.len()) })
}
