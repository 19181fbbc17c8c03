//! Files and directories.

use core::ffi::{CStr, c_int};
use core::mem::{MaybeUninit, offset_of};

use ffi_syscalls_arch::{Sysno, nr, syscall2, syscall6};
use linux_raw_sys::general;
pub(crate) use linux_raw_sys::general::{
    O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, PIPE_BUF,
    S_IFDIR, S_IFMT, S_IFREG, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET,
};

use super::call::{CWD, int, path_arg, syscall_retry, syscall_retry_transfer, syscall_retry_unit};
use super::fd::Fd;
use crate::errno::{Result, decode};
use crate::sys::fd::pipe_off_streams;
use crate::sys::types::retry;

/// Opens a file, close-on-exec, never as the controlling terminal or as a standard stream. See open(2).
///
/// After an error no file is left that O_EXCL created.
#[inline(never)]
pub(crate) fn open(path: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    let flags = flags | general::O_CLOEXEC | general::O_NOCTTY;
    // SAFETY: the path is NUL-terminated.
    let fd = unsafe { syscall_retry(CWD, path_arg(path), flags as usize, mode as usize, Sysno::openat) }?;
    let remove_new_file = || {
        if flags & O_EXCL != 0 {
            let _ = unlink(path);
        }
    };
    // SAFETY: the kernel has just opened the descriptor for this call.
    unsafe { Fd::from_new(int(fd), remove_new_file) }
}

/// Reads at most the buffer's length; 0 is the end of the file. See read(2).
pub(crate) fn read(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let address = buffer.as_mut_ptr().expose_provenance();
    // SAFETY: the buffer is writable for its length.
    unsafe { syscall_retry_transfer(fd.register(), address, buffer.len(), Sysno::read) }
}

/// Writes at most the buffer's length. See write(2).
pub(crate) fn write(fd: &Fd, buffer: &[u8]) -> Result<usize> {
    let address = buffer.as_ptr().expose_provenance();
    // SAFETY: the buffer is readable for its length.
    unsafe { syscall_retry_transfer(fd.register(), address, buffer.len(), Sysno::write) }
}

/// Waits until the descriptor is writable, or has an error. See poll(2).
pub(crate) fn wait_writable(fd: &Fd) -> Result<()> {
    #[expect(clippy::cast_possible_truncation, reason = "POLLOUT is 4")]
    let mut request = general::pollfd { fd: fd.raw(), events: general::POLLOUT as i16, revents: 0 };
    let address = (&raw mut request).expose_provenance();
    // SAFETY: one pollfd is at the address; there is no time limit and no signal mask.
    unsafe { syscall_retry(address, 1, 0, 0, Sysno::ppoll) }.map(drop)
}

/// Checks, as the real user, that the path resolves. See access(2).
pub(crate) fn access(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { syscall_retry_unit(CWD, path_arg(path), general::F_OK as usize, Sysno::faccessat) }
}

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

/// Removes the name of a file that is not a directory. See unlink(2).
#[inline(never)]
pub(crate) fn unlink(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { syscall_retry_unit(CWD, path_arg(path), 0, Sysno::unlinkat) }
}

/// Creates a directory. See mkdir(2).
#[inline(never)]
pub(crate) fn mkdir(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { syscall_retry_unit(CWD, path_arg(path), mode as usize, Sysno::mkdirat) }
}

/// Moves the offset of a descriptor, and returns it. See lseek(2).
#[inline(never)]
pub(crate) fn seek(fd: &Fd, offset: usize, whence: u32) -> Result<usize> {
    // SAFETY: the call takes numbers only.
    unsafe { syscall_retry(fd.register(), offset, whence as usize, 0, Sysno::lseek) }
}

/// Sets the length of a file. See ftruncate(2).
pub(crate) fn truncate(fd: &Fd, len: usize) -> Result<()> {
    // SAFETY: the call takes numbers only.
    unsafe { syscall_retry_unit(fd.register(), len, 0, Sysno::ftruncate) }
}

/// Sets the permission bits of a file. See fchmod(2).
pub(crate) fn chmod(fd: &Fd, mode: u32) -> Result<()> {
    // SAFETY: the call takes numbers only.
    unsafe { syscall_retry_unit(fd.register(), mode as usize, 0, Sysno::fchmod) }
}

/// Sets the permission bits of the file at a path, following symbolic links. See chmod(2).
pub(crate) fn chmod_path(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { syscall_retry_unit(CWD, path_arg(path), mode as usize, Sysno::fchmodat) }
}

/// Has the kernel copy at most `len` bytes between the offsets of two descriptors. See copy_file_range(2).
pub(crate) fn copy_file_range(from: &Fd, to: &Fd, len: usize) -> Result<usize> {
    let (from, to) = (from.register(), to.register());
    // SAFETY: no offsets are passed, so the kernel writes to no memory.
    retry(|| decode(unsafe { syscall6(Sysno::copy_file_range as usize, from, 0, to, 0, len, 0) }))
}

/// Takes an exclusive lock unless another open file description holds one. See flock(2).
pub(crate) fn try_lock(fd: &Fd) -> Result<()> {
    flock(fd, general::LOCK_EX | general::LOCK_NB)
}

/// Releases a lock. See flock(2).
pub(crate) fn unlock(fd: &Fd) -> Result<()> {
    flock(fd, general::LOCK_UN)
}

#[inline(never)]
fn flock(fd: &Fd, operation: u32) -> Result<()> {
    // SAFETY: the call takes numbers only.
    unsafe { syscall_retry_unit(fd.register(), operation as usize, 0, Sysno::flock) }
}

/// Fills the buffer with directory records; 0 is the end of the directory. See getdents(2).
pub(crate) fn read_dir(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let address = buffer.as_mut_ptr().expose_provenance();
    // SAFETY: the buffer is writable for its length.
    unsafe { syscall_retry_transfer(fd.register(), address, buffer.len(), Sysno::getdents64) }
}

/// Returns the length of the first directory record, and the offset of its NUL-terminated name.
#[inline]
pub(crate) fn dir_record(records: &[u8]) -> Option<(usize, usize)> {
    const LEN: usize = offset_of!(general::linux_dirent64, d_reclen);
    const NAME: usize = offset_of!(general::linux_dirent64, d_name);
    let len = u16::from_ne_bytes(*records.get(LEN..)?.first_chunk()?);
    Some((usize::from(len), NAME))
}

/// Returns false: the kernel returns no records of deleted names.
pub(crate) const fn is_deleted(_record: &[u8]) -> bool {
    false
}

/// Writes the working directory and a NUL into the buffer; the result counts both. See getcwd(2).
pub(crate) fn getcwd(buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    // SAFETY: the buffer is writable for its length.
    decode(unsafe { syscall2(Sysno::getcwd as usize, buffer.as_mut_ptr().expose_provenance(), buffer.len()) })
}

/// Opens a pipe, close-on-exec, whose reads and writes never wait. See pipe(2).
pub(crate) fn pipe() -> Result<(Fd, Fd)> {
    pipe_off_streams(open_pipe)
}

fn open_pipe() -> Result<(Fd, Fd)> {
    let mut ends: [c_int; 2] = [0; 2];
    let flags = general::O_CLOEXEC | O_NONBLOCK;
    // SAFETY: the kernel writes two ints.
    decode(unsafe { syscall2(Sysno::pipe2 as usize, (&raw mut ends).expose_provenance(), flags as usize) })?;
    // SAFETY: the kernel has just opened the descriptor for this call.
    let reader = unsafe { Fd::from_raw(ends[0]) };
    // SAFETY: the kernel has just opened the descriptor for this call.
    Ok((reader, unsafe { Fd::from_raw(ends[1]) }))
}
