//! The status of files.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use ffi_syscalls_arch::{Sysno, nr};
use linux_raw_sys::general;
pub(crate) use linux_raw_sys::general::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK};

use super::call::{CWD, path_arg, syscall_retry};
use super::fd::Fd;
use crate::errno::Result;
use crate::sys::types::{FileId, Timespec};

/// The status of a file. See stat(3type).
#[repr(transparent)]
pub(crate) struct Stat(general::stat);

/// Room for a [`Stat`]. The caller provides it, since a `Stat` is too large to return.
pub(crate) type StatBuffer = MaybeUninit<Stat>;

impl Stat {
    /// Returns the file type and mode bits.
    pub(crate) const fn mode(&self) -> u32 {
        self.0.st_mode
    }

    /// Returns the size in bytes, which is a hint only.
    pub(crate) const fn size(&self) -> i64 {
        self.0.st_size
    }

    /// Returns when the content last changed, in seconds since 1970; negative before.
    #[allow(
        clippy::cast_possible_wrap,
        clippy::unnecessary_cast,
        reason = "the type of this field differs between architectures; the kernel's is signed everywhere"
    )]
    pub(crate) const fn modified(&self) -> i64 {
        self.0.st_mtime as i64
    }

    /// Returns when the content last changed.
    #[allow(
        clippy::cast_possible_wrap,
        clippy::unnecessary_cast,
        reason = "the types of these fields differ between architectures; the kernel's are signed everywhere"
    )]
    pub(crate) const fn modified_time(&self) -> Timespec {
        Timespec { seconds: self.modified(), nanoseconds: self.0.st_mtime_nsec as i64 }
    }

    /// Returns when the content was last read.
    #[allow(
        clippy::cast_possible_wrap,
        clippy::unnecessary_cast,
        reason = "the types of these fields differ between architectures; the kernel's are signed everywhere"
    )]
    pub(crate) const fn accessed_time(&self) -> Timespec {
        Timespec { seconds: self.0.st_atime as i64, nanoseconds: self.0.st_atime_nsec as i64 }
    }

    /// Returns the device and the inode number, which identify the file.
    #[allow(clippy::unnecessary_cast, reason = "the types of these fields differ between architectures")]
    pub(crate) const fn id(&self) -> FileId {
        FileId { device: self.0.st_dev as u64, inode: self.0.st_ino as u64 }
    }

    /// Returns the user and the group that own the file.
    pub(crate) const fn owner(&self) -> (u32, u32) {
        (self.0.st_uid, self.0.st_gid)
    }

    /// Returns whether a directory contains the file under any name.
    pub(crate) const fn has_names(&self) -> bool {
        self.0.st_nlink > 0
    }

    /// Returns whether less is stored than the size demands, so that the file has holes or is compressed.
    pub(crate) const fn looks_sparse(&self) -> bool {
        self.0.st_blocks < self.0.st_size / 512
    }

    /// Returns whether both describe the same file, under whatever names.
    pub(crate) const fn same_file(&self, other: &Self) -> bool {
        self.0.st_dev == other.0.st_dev && self.0.st_ino == other.0.st_ino
    }

    /// Returns whether the two may describe the same file although their inode numbers differ.
    pub(crate) const fn same_attributes(&self, other: &Self) -> bool {
        let (this, other) = (&self.0, &other.0);
        this.st_dev == other.st_dev
            && this.st_size == other.st_size
            && this.st_mtime == other.st_mtime
            && this.st_mtime_nsec == other.st_mtime_nsec
            && this.st_ctime == other.st_ctime
            && this.st_ctime_nsec == other.st_ctime_nsec
    }
}

/// Returns the status of a path, following symbolic links. See stat(2).
#[inline(never)]
pub(crate) fn stat<'a>(path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the call takes a path, a buffer and flags.
    unsafe { stat_with(Some(path), buffer, 0, nr::NEWFSTATAT, CWD) }
}

/// Returns the status of a path; a symbolic link in the last component is not followed. See lstat(2).
pub(crate) fn lstat<'a>(path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the call takes a path, a buffer and flags.
    unsafe { stat_with(Some(path), buffer, general::AT_SYMLINK_NOFOLLOW, nr::NEWFSTATAT, CWD) }
}

/// Returns the status of a path that starts at a directory, following symbolic links. See fstatat(2).
pub(crate) fn stat_at<'a>(directory: &Fd, path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the call takes a directory, a path, a buffer and flags.
    unsafe { stat_with(Some(path), buffer, 0, nr::NEWFSTATAT, directory.register()) }
}

/// Returns the status of a path that starts at a directory; a symbolic link in the last component is not followed. See
/// fstatat(2).
pub(crate) fn lstat_at<'a>(directory: &Fd, path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the call takes a directory, a path, a buffer and flags.
    unsafe { stat_with(Some(path), buffer, general::AT_SYMLINK_NOFOLLOW, nr::NEWFSTATAT, directory.register()) }
}

/// Returns the status of an open file. See fstat(2).
#[inline(never)]
pub(crate) fn fstat<'a>(fd: &Fd, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the call takes a descriptor and a buffer.
    unsafe { stat_with(None, buffer, 0, Sysno::fstat, fd.register()) }
}

/// Makes one of the calls above. The one without a path takes the buffer in the path's place.
///
/// # Safety
/// The call is one of them: it fills the buffer or fails, and has no other effect.
#[inline(never)]
unsafe fn stat_with<'a>(
    path: Option<&CStr>,
    buffer: &'a mut StatBuffer,
    flags: u32,
    number: Sysno,
    start: usize,
) -> Result<&'a Stat> {
    let address = buffer.as_mut_ptr().expose_provenance();
    // SAFETY: the path is NUL-terminated, and the buffer is a struct stat.
    unsafe { syscall_retry(start, path.map_or(address, path_arg), address, flags as usize, number) }?;
    // SAFETY: the call succeeded, so the kernel filled the buffer.
    Ok(unsafe { buffer.assume_init_ref() })
}
