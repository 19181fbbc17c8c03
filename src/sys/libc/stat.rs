//! The status of files.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use super::call::{constants, decode};
use super::fd::Fd;
use crate::errno::Result;
use crate::sys::types::{FileId, Timespec, retry};

constants! { S_IFBLK S_IFCHR S_IFDIR S_IFIFO S_IFLNK S_IFMT S_IFREG S_IFSOCK }

/// The status of a file. See stat(2).
#[repr(transparent)]
pub(crate) struct Stat(libc::stat);

/// Room for a [`Stat`]. The caller provides it, since a `Stat` is too large to return.
pub(crate) type StatBuffer = MaybeUninit<Stat>;

#[allow(clippy::useless_conversion, reason = "the width of these fields differs between systems")]
impl Stat {
    /// Returns the file type and mode bits.
    pub(crate) fn mode(&self) -> u32 {
        u32::from(self.0.st_mode)
    }

    /// Returns the size in bytes, which is a hint only.
    pub(crate) const fn size(&self) -> i64 {
        self.0.st_size
    }

    /// Returns when the content last changed, in seconds since 1970; negative before.
    pub(crate) const fn modified(&self) -> i64 {
        self.0.st_mtime
    }

    /// Returns when the content last changed.
    pub(crate) const fn modified_time(&self) -> Timespec {
        Timespec { seconds: self.0.st_mtime, nanoseconds: nanoseconds(&self.0)[1] }
    }

    /// Returns when the content was last read.
    pub(crate) const fn accessed_time(&self) -> Timespec {
        Timespec { seconds: self.0.st_atime, nanoseconds: nanoseconds(&self.0)[0] }
    }

    /// Returns the device and the inode number, which identify the file.
    #[allow(
        clippy::cast_sign_loss,
        clippy::cast_lossless,
        clippy::unnecessary_cast,
        reason = "the types of these fields differ between systems"
    )]
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
    pub(crate) fn same_attributes(&self, other: &Self) -> bool {
        let (this, other) = (&self.0, &other.0);
        this.st_dev == other.st_dev
            && this.st_size == other.st_size
            && (this.st_mtime, this.st_ctime) == (other.st_mtime, other.st_ctime)
            && nanoseconds(this)[1..] == nanoseconds(other)[1..]
    }
}

/// Returns the parts of a second of the times of access, modification and change.
#[cfg(not(target_os = "netbsd"))]
const fn nanoseconds(stat: &libc::stat) -> [i64; 3] {
    [stat.st_atime_nsec, stat.st_mtime_nsec, stat.st_ctime_nsec]
}

/// Returns the parts of a second of the times of access, modification and change.
#[cfg(target_os = "netbsd")]
const fn nanoseconds(stat: &libc::stat) -> [i64; 3] {
    [stat.st_atimensec, stat.st_mtimensec, stat.st_ctimensec]
}

/// Returns the status of a path, following symbolic links. See stat(2).
pub(crate) fn stat<'a>(path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the path is NUL-terminated, and the buffer is a struct stat.
    retry(|| decode(unsafe { libc::stat(path.as_ptr(), buffer.as_mut_ptr().cast()) }))?;
    // SAFETY: the call succeeded, so it filled the buffer.
    Ok(unsafe { buffer.assume_init_ref() })
}

/// Returns the status of a path; a symbolic link in the last component is not followed. See lstat(2).
pub(crate) fn lstat<'a>(path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the path is NUL-terminated, and the buffer is a struct stat.
    retry(|| decode(unsafe { libc::lstat(path.as_ptr(), buffer.as_mut_ptr().cast()) }))?;
    // SAFETY: the call succeeded, so it filled the buffer.
    Ok(unsafe { buffer.assume_init_ref() })
}

/// Returns the status of a path that starts at a directory, following symbolic links. See fstatat(2).
pub(crate) fn stat_at<'a>(directory: &Fd, path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    let start = buffer.as_mut_ptr().cast();
    // SAFETY: the path is NUL-terminated, and the buffer is a struct stat.
    retry(|| decode(unsafe { libc::fstatat(directory.raw(), path.as_ptr(), start, 0) }))?;
    // SAFETY: the call succeeded, so it filled the buffer.
    Ok(unsafe { buffer.assume_init_ref() })
}

/// Returns the status of a path that starts at a directory; a symbolic link in the last component is not followed. See
/// fstatat(2).
pub(crate) fn lstat_at<'a>(directory: &Fd, path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    let (start, flag_bits) = (buffer.as_mut_ptr().cast(), libc::AT_SYMLINK_NOFOLLOW);
    // SAFETY: the path is NUL-terminated, and the buffer is a struct stat.
    retry(|| decode(unsafe { libc::fstatat(directory.raw(), path.as_ptr(), start, flag_bits) }))?;
    // SAFETY: the call succeeded, so it filled the buffer.
    Ok(unsafe { buffer.assume_init_ref() })
}

/// Returns the status of an open file. See fstat(2).
pub(crate) fn fstat<'a>(fd: &Fd, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the buffer is a struct stat.
    retry(|| decode(unsafe { libc::fstat(fd.raw(), buffer.as_mut_ptr().cast()) }))?;
    // SAFETY: the call succeeded, so it filled the buffer.
    Ok(unsafe { buffer.assume_init_ref() })
}
