//! Open files and directories.

use core::ffi::{CStr, c_int, c_short};
use core::mem::MaybeUninit;

use super::call::{MAX_TRANSFER, constants, decode, decode_count, flags, last_errno, mode_bits};
use super::fd::Fd;
use super::own::open_pipe;
pub(crate) use super::own::{
    O_SEARCH, SEEK_DATA, SEEK_HOLE, copy_file_range, dir_record, dir_record_inode, dir_record_type, is_deleted,
    read_dir, sync,
};
use super::path::unlink_at;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
use super::stat::{StatBuffer, fstat};
use crate::errno::{Errno, Result};
use crate::sys;
use crate::sys::fd::pipe_off_streams;
use crate::sys::types::retry;

pub(crate) use libc::AT_FDCWD;

constants! {
    O_APPEND O_CREAT O_DIRECTORY O_EXCL O_NOFOLLOW O_NONBLOCK O_RDONLY O_RDWR O_TRUNC O_WRONLY
    PIPE_BUF SEEK_CUR SEEK_END SEEK_SET
}

/// Opens a file, close-on-exec, never as the controlling terminal or as a standard stream. See open(2).
///
/// After an error no file is left that O_EXCL created.
pub(crate) fn open(path: &CStr, flag_bits: u32, mode: u32) -> Result<Fd> {
    open_at(&sys::CWD, path, flag_bits, mode)
}

/// Like [`open`], by a path that starts at a directory. See openat(2).
pub(crate) fn open_at(directory: &Fd, path: &CStr, flag_bits: u32, mode: u32) -> Result<Fd> {
    let flag_bits = flags(flag_bits) | libc::O_CLOEXEC | libc::O_NOCTTY;
    // SAFETY: the path is NUL-terminated.
    let fd = retry(|| decode(unsafe { libc::openat(directory.raw(), path.as_ptr(), flag_bits, mode) }))?;
    let remove_new_file = || {
        if flag_bits & libc::O_EXCL != 0 {
            let _ = unlink_at(directory, path);
        }
    };
    // SAFETY: the call has just opened the descriptor.
    let fd = unsafe { Fd::from_new(fd, remove_new_file) }?;
    // The BSDs read a directory as if it were a file.
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    if flag_bits & (libc::O_ACCMODE | libc::O_DIRECTORY) == libc::O_RDONLY
        && fstat(&fd, &mut StatBuffer::uninit())?.is_dir()
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

/// Reads at an offset, at most the buffer's length; 0 is the end of the file. The offset of the descriptor stays. See
/// pread(2).
pub(crate) fn read_at(fd: &Fd, buffer: &mut [MaybeUninit<u8>], offset: usize) -> Result<usize> {
    let (start, len) = (buffer.as_mut_ptr().cast(), buffer.len().min(MAX_TRANSFER));
    let offset = libc::off_t::try_from(offset).map_err(|_| Errno::EINVAL)?;
    // SAFETY: the buffer is writable for its length.
    retry(|| decode_count(unsafe { libc::pread(fd.raw(), start, len, offset) }))
}

/// Writes at an offset, at most the buffer's length. The offset of the descriptor stays. See pwrite(2).
pub(crate) fn write_at(fd: &Fd, buffer: &[u8], offset: usize) -> Result<usize> {
    let (start, len) = (buffer.as_ptr().cast(), buffer.len().min(MAX_TRANSFER));
    let offset = libc::off_t::try_from(offset).map_err(|_| Errno::EINVAL)?;
    // SAFETY: the buffer is readable for its length.
    retry(|| decode_count(unsafe { libc::pwrite(fd.raw(), start, len, offset) }))
}

/// Writes two buffers, one after the other, by one call; the result counts both. See writev(2).
pub(crate) fn write_vectored(fd: &Fd, buffers: [&[u8]; 2]) -> Result<usize> {
    let vectors = buffers.map(|buffer| libc::iovec {
        iov_base: buffer.as_ptr().cast_mut().cast(),
        iov_len: buffer.len().min(MAX_TRANSFER / 2),
    });
    // SAFETY: there are two vectors, whose memory is readable.
    retry(|| decode_count(unsafe { libc::writev(fd.raw(), vectors.as_ptr(), 2) }))
}

/// Waits until the descriptor is readable, at its end, or has an error. See poll(2).
pub(crate) fn wait_readable(fd: &Fd) -> Result<()> {
    wait_for(fd, libc::POLLIN)
}

/// Waits until the descriptor is writable, or has an error. See poll(2).
pub(crate) fn wait_writable(fd: &Fd) -> Result<()> {
    wait_for(fd, libc::POLLOUT)
}

fn wait_for(fd: &Fd, event: c_short) -> Result<()> {
    let mut request = libc::pollfd { fd: fd.raw(), events: event, revents: 0 };
    // SAFETY: there is one pollfd, and no time limit.
    retry(|| decode(unsafe { libc::poll(&raw mut request, 1, -1) })).map(drop)
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

/// Sets the owner of a file. See fchown(2).
pub(crate) fn chown(fd: &Fd, (user, group): (u32, u32)) -> Result<()> {
    // SAFETY: the call takes numbers only.
    retry(|| decode(unsafe { libc::fchown(fd.raw(), user, group) })).map(drop)
}

/// Takes an exclusive lock unless another open file description holds one. See flock(2).
pub(crate) fn try_lock(fd: &Fd) -> Result<()> {
    flock(fd, libc::LOCK_EX | libc::LOCK_NB)
}

/// Takes a shared lock unless another open file description holds an exclusive one. See flock(2).
pub(crate) fn try_lock_shared(fd: &Fd) -> Result<()> {
    flock(fd, libc::LOCK_SH | libc::LOCK_NB)
}

/// Waits until it gets an exclusive lock. See flock(2).
pub(crate) fn wait_lock(fd: &Fd) -> Result<()> {
    flock(fd, libc::LOCK_EX)
}

/// Waits until it gets a shared lock. See flock(2).
pub(crate) fn wait_lock_shared(fd: &Fd) -> Result<()> {
    flock(fd, libc::LOCK_SH)
}

/// Releases a lock. See flock(2).
pub(crate) fn unlock(fd: &Fd) -> Result<()> {
    flock(fd, libc::LOCK_UN)
}

fn flock(fd: &Fd, operation: c_int) -> Result<()> {
    // SAFETY: the call takes numbers only.
    retry(|| decode(unsafe { libc::flock(fd.raw(), operation) })).map(drop)
}

/// Opens a pipe, close-on-exec, whose reads and writes never wait. See pipe(2).
pub(crate) fn pipe() -> Result<(Fd, Fd)> {
    pipe_off_streams(open_pipe)
}

/// A descriptor to wait for, and the events. See poll(2).
pub(crate) use libc::pollfd as PollRequest;

pub(crate) const POLLIN: i16 = libc::POLLIN;
pub(crate) const POLLOUT: i16 = libc::POLLOUT;

/// Waits for an event of one of these descriptors, at most this many milliseconds, or until a signal arrives. See
/// poll(2).
pub(crate) fn poll(requests: &mut [PollRequest], limit: Option<u32>) -> Result<()> {
    let limit = limit.map_or(-1, |limit| i32::try_from(limit).unwrap_or(i32::MAX));
    let count = libc::nfds_t::try_from(requests.len()).map_err(|_| Errno::EINVAL)?;
    // SAFETY: this many requests are at the address.
    match decode(unsafe { libc::poll(requests.as_mut_ptr(), count, limit) }) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}
