//! Files and directories.

use core::ffi::{CStr, c_int, c_long};
use core::mem::MaybeUninit;

use super::call::{MAX_TRANSFER, decode, decode_count, flags, last_errno};
use super::fd::Fd;
use super::own::open_pipe;
pub(crate) use super::own::{SEEK_DATA, SEEK_HOLE, copy_file_range, dir_record, is_deleted, read_dir};
use crate::errno::{Errno, Result};
use crate::sys::fd::pipe_off_streams;
use crate::sys::types::retry;

/// Defines constants in the type that the primitives take; none is negative or large.
macro_rules! constants {
    ($($name:ident)*) => {
        $(
            #[allow(
                clippy::cast_sign_loss,
                clippy::cast_lossless,
                clippy::cast_possible_truncation,
                reason = "their types differ between systems, and their values are small"
            )]
            pub(crate) const $name: u32 = libc::$name as u32;
        )*
    };
}

constants! {
    O_APPEND O_CREAT O_DIRECTORY O_EXCL O_NOFOLLOW O_NONBLOCK O_RDONLY O_RDWR O_TRUNC O_WRONLY
    PIPE_BUF S_IFDIR S_IFMT S_IFREG SEEK_CUR SEEK_END SEEK_SET
}

#[allow(clippy::cast_possible_truncation, clippy::useless_conversion, reason = "some systems have 16 bits for it")]
const fn mode_bits(mode: u32) -> libc::mode_t {
    mode as libc::mode_t
}

/// Opens a file, close-on-exec, never as the controlling terminal or as a standard stream. See open(2).
///
/// After an error no file is left that O_EXCL created.
pub(crate) fn open(path: &CStr, flag_bits: u32, mode: u32) -> Result<Fd> {
    let flag_bits = flags(flag_bits) | libc::O_CLOEXEC | libc::O_NOCTTY;
    // SAFETY: the path is NUL-terminated.
    let fd = retry(|| decode(unsafe { libc::open(path.as_ptr(), flag_bits, mode) }))?;
    let remove_new_file = || {
        if flag_bits & libc::O_EXCL != 0 {
            let _ = unlink(path);
        }
    };
    // SAFETY: the call has just opened the descriptor.
    let fd = unsafe { Fd::from_new(fd, remove_new_file) }?;
    // The BSDs read a directory as if it were a file.
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    if flag_bits & (libc::O_ACCMODE | libc::O_DIRECTORY) == libc::O_RDONLY
        && is_directory(fstat(&fd, &mut StatBuffer::uninit())?)
    {
        return Err(Errno::EISDIR);
    }
    Ok(fd)
}

/// Reads at most the buffer's length; 0 is the end of the file. See read(2).
pub(crate) fn read(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let (start, len) = (buffer.as_mut_ptr().cast(), buffer.len().min(MAX_TRANSFER));
    // SAFETY: the buffer is writable for its length.
    retry(|| decode_count(unsafe { libc::read(fd.raw(), start, len) }))
}

/// Writes at most the buffer's length. See write(2).
pub(crate) fn write(fd: &Fd, buffer: &[u8]) -> Result<usize> {
    let (start, len) = (buffer.as_ptr().cast(), buffer.len().min(MAX_TRANSFER));
    // SAFETY: the buffer is readable for its length.
    retry(|| decode_count(unsafe { libc::write(fd.raw(), start, len) }))
}

/// Waits until the descriptor is writable, or has an error. See poll(2).
pub(crate) fn wait_writable(fd: &Fd) -> Result<()> {
    let mut request = libc::pollfd { fd: fd.raw(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: there is one pollfd, and no time limit.
    retry(|| decode(unsafe { libc::poll(&raw mut request, 1, -1) })).map(drop)
}

/// Checks, as the real user, that the path resolves. See access(2).
pub(crate) fn access(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    retry(|| decode(unsafe { libc::access(path.as_ptr(), libc::F_OK) })).map(drop)
}

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
            && nanoseconds(this) == nanoseconds(other)
    }
}

/// Returns the parts of a second of the times of modification and change.
#[cfg(not(target_os = "netbsd"))]
const fn nanoseconds(stat: &libc::stat) -> (c_long, c_long) {
    (stat.st_mtime_nsec, stat.st_ctime_nsec)
}

/// Returns the parts of a second of the times of modification and change.
#[cfg(target_os = "netbsd")]
const fn nanoseconds(stat: &libc::stat) -> (c_long, c_long) {
    (stat.st_mtimensec, stat.st_ctimensec)
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

/// Returns the status of an open file. See fstat(2).
pub(crate) fn fstat<'a>(fd: &Fd, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the buffer is a struct stat.
    retry(|| decode(unsafe { libc::fstat(fd.raw(), buffer.as_mut_ptr().cast()) }))?;
    // SAFETY: the call succeeded, so it filled the buffer.
    Ok(unsafe { buffer.assume_init_ref() })
}

fn is_directory(stat: &Stat) -> bool {
    stat.mode() & S_IFMT == S_IFDIR
}

/// Removes the name of a file that is not a directory. See unlink(2).
pub(crate) fn unlink(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    match retry(|| decode(unsafe { libc::unlink(path.as_ptr()) })) {
        // POSIX specifies EPERM for a directory; EBUSY and EINVAL come for a mount point and for `.`. A file that may
        // not be removed can get each of them as well.
        Err(Errno::EPERM | Errno::EBUSY | Errno::EINVAL)
            if lstat(path, &mut StatBuffer::uninit()).is_ok_and(is_directory) =>
        {
            Err(Errno::EISDIR)
        }
        result => result.map(drop),
    }
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

/// Moves the offset of a descriptor, and returns it. See lseek(2).
pub(crate) fn seek(fd: &Fd, offset: usize, whence: u32) -> Result<usize> {
    let offset = libc::off_t::try_from(offset).map_err(|_| Errno::EINVAL)?;
    // SAFETY: the call takes numbers only.
    let offset = retry(|| match unsafe { libc::lseek(fd.raw(), offset, flags(whence)) } {
        -1 => Err(last_errno()),
        offset => Ok(offset),
    })?;
    usize::try_from(offset).map_err(|_| Errno::EOVERFLOW)
}

/// Sets the length of a file. See ftruncate(2).
pub(crate) fn truncate(fd: &Fd, len: usize) -> Result<()> {
    let len = libc::off_t::try_from(len).map_err(|_| Errno::EFBIG)?;
    // SAFETY: the call takes numbers only.
    retry(|| decode(unsafe { libc::ftruncate(fd.raw(), len) })).map(drop)
}

/// Sets the permission bits of a file. See fchmod(2).
pub(crate) fn chmod(fd: &Fd, mode: u32) -> Result<()> {
    // SAFETY: the call takes numbers only.
    retry(|| decode(unsafe { libc::fchmod(fd.raw(), mode_bits(mode)) })).map(drop)
}

/// Sets the permission bits of the file at a path, following symbolic links. See chmod(2).
pub(crate) fn chmod_path(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    retry(|| decode(unsafe { libc::chmod(path.as_ptr(), mode_bits(mode)) })).map(drop)
}

/// Takes an exclusive lock unless another open file description holds one. See flock(2).
pub(crate) fn try_lock(fd: &Fd) -> Result<()> {
    flock(fd, libc::LOCK_EX | libc::LOCK_NB)
}

/// Releases a lock. See flock(2).
pub(crate) fn unlock(fd: &Fd) -> Result<()> {
    flock(fd, libc::LOCK_UN)
}

fn flock(fd: &Fd, operation: c_int) -> Result<()> {
    // SAFETY: the call takes numbers only.
    retry(|| decode(unsafe { libc::flock(fd.raw(), operation) })).map(drop)
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

/// Opens a pipe, close-on-exec, whose reads and writes never wait. See pipe(2).
pub(crate) fn pipe() -> Result<(Fd, Fd)> {
    pipe_off_streams(open_pipe)
}
