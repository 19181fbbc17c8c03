//! Open files and directories.

use core::ffi::{CStr, c_int};
use core::mem::{MaybeUninit, offset_of};

use ffi_syscalls_arch::{Sysno, syscall2, syscall5, syscall6};
use linux_raw_sys::general;
pub(crate) use linux_raw_sys::general::{
    AT_FDCWD, O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY,
    PIPE_BUF, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET,
};

use super::call::{MAX_TRANSFER, int, path_arg, syscall_retry, syscall_retry_transfer, syscall_retry_unit};
use super::fd::Fd;
use super::path::unlink_at;
use crate::errno::{Errno, Result, decode};
use crate::sys;
use crate::sys::fd::pipe_off_streams;
use crate::sys::types::retry;

/// Opens a directory to reach what is in it, for which permission to search it is enough.
pub(crate) const O_SEARCH: u32 = general::O_PATH;

/// Opens a file, close-on-exec, never as the controlling terminal or as a standard stream. See open(2).
///
/// After an error no file is left that O_EXCL created.
#[inline(never)]
pub(crate) fn open(path: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    open_at(&sys::CWD, path, flags, mode)
}

/// Like [`open`], by a path that starts at a directory. See openat(2).
#[inline(never)]
pub(crate) fn open_at(directory: &Fd, path: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    let flags = flags | general::O_CLOEXEC | general::O_NOCTTY;
    // SAFETY: the path is NUL-terminated.
    let fd =
        unsafe { syscall_retry(directory.register(), path_arg(path), flags as usize, mode as usize, Sysno::openat) }?;
    let remove_new_file = || {
        if flags & O_EXCL != 0 {
            let _ = unlink_at(directory, path);
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

/// Reads at an offset, at most the buffer's length; 0 is the end of the file. The offset of the descriptor stays. See
/// pread(2).
pub(crate) fn read_at(fd: &Fd, buffer: &mut [MaybeUninit<u8>], offset: usize) -> Result<usize> {
    let (address, len) = (buffer.as_mut_ptr().expose_provenance(), buffer.len().min(MAX_TRANSFER));
    // SAFETY: the buffer is writable for its length.
    unsafe { syscall_retry(fd.register(), address, len, offset, Sysno::pread64) }
}

/// Writes at an offset, at most the buffer's length. The offset of the descriptor stays. See pwrite(2).
pub(crate) fn write_at(fd: &Fd, buffer: &[u8], offset: usize) -> Result<usize> {
    let (address, len) = (buffer.as_ptr().expose_provenance(), buffer.len().min(MAX_TRANSFER));
    // SAFETY: the buffer is readable for its length.
    unsafe { syscall_retry(fd.register(), address, len, offset, Sysno::pwrite64) }
}

/// Waits until the content and the size of a file, or the names in a directory, are on its disk. See fsync(2).
pub(crate) fn sync(fd: &Fd) -> Result<()> {
    // SAFETY: the call takes a number only.
    unsafe { syscall_retry_unit(fd.register(), 0, 0, Sysno::fsync) }
}

/// Writes two buffers, one after the other, by one call; the result counts both. See writev(2).
pub(crate) fn write_vectored(fd: &Fd, buffers: [&[u8]; 2]) -> Result<usize> {
    let vectors = buffers.map(|buffer| general::iovec {
        iov_base: buffer.as_ptr().cast_mut().cast(),
        iov_len: buffer.len().min(MAX_TRANSFER / 2) as general::__kernel_size_t,
    });
    for buffer in buffers {
        buffer.as_ptr().expose_provenance();
    }
    let address = vectors.as_ptr().expose_provenance();
    // SAFETY: two vectors are at the address, whose memory is readable.
    unsafe { syscall_retry(fd.register(), address, vectors.len(), 0, Sysno::writev) }
}

/// Waits until the descriptor is readable, at its end, or has an error. See poll(2).
pub(crate) fn wait_readable(fd: &Fd) -> Result<()> {
    wait_for(fd, general::POLLIN)
}

/// Waits until the descriptor is writable, or has an error. See poll(2).
pub(crate) fn wait_writable(fd: &Fd) -> Result<()> {
    wait_for(fd, general::POLLOUT)
}

fn wait_for(fd: &Fd, event: u32) -> Result<()> {
    #[expect(clippy::cast_possible_truncation, reason = "the events are small")]
    let mut request = general::pollfd { fd: fd.raw(), events: event as i16, revents: 0 };
    let address = (&raw mut request).expose_provenance();
    // SAFETY: one pollfd is at the address; there is no time limit and no signal mask.
    unsafe { syscall_retry(address, 1, 0, 0, Sysno::ppoll) }.map(drop)
}

/// A descriptor to wait for, and the events. See poll(2).
pub(crate) use linux_raw_sys::general::pollfd as PollRequest;

#[expect(clippy::cast_possible_truncation, reason = "it is 1")]
pub(crate) const POLLIN: i16 = general::POLLIN as i16;
#[expect(clippy::cast_possible_truncation, reason = "it is 4")]
pub(crate) const POLLOUT: i16 = general::POLLOUT as i16;

/// Waits for an event of one of these descriptors, at most this many milliseconds, or until a signal arrives. See
/// ppoll(2).
pub(crate) fn poll(requests: &mut [PollRequest], limit: Option<u32>) -> Result<()> {
    let time = limit.map(|limit| general::__kernel_timespec {
        tv_sec: i64::from(limit / 1000),
        tv_nsec: i64::from(limit % 1000) * 1_000_000,
    });
    let time = time.as_ref().map_or(0, |time| core::ptr::from_ref(time).expose_provenance());
    let (address, count) = (requests.as_mut_ptr().expose_provenance(), requests.len());
    // SAFETY: this many requests are at the address, and a time or none; there is no signal mask. The kernel changes the
    // time only after it has been used.
    match decode(unsafe { syscall5(Sysno::ppoll as usize, address, count, time, 0, 0) }) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
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

/// Sets the owner of a file. See fchown(2).
pub(crate) fn chown(fd: &Fd, (user, group): (u32, u32)) -> Result<()> {
    // SAFETY: the call takes numbers only.
    unsafe { syscall_retry_unit(fd.register(), user as usize, group as usize, Sysno::fchown) }
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

/// Takes a shared lock unless another open file description holds an exclusive one. See flock(2).
pub(crate) fn try_lock_shared(fd: &Fd) -> Result<()> {
    flock(fd, general::LOCK_SH | general::LOCK_NB)
}

/// Waits until it gets an exclusive lock. See flock(2).
pub(crate) fn wait_lock(fd: &Fd) -> Result<()> {
    flock(fd, general::LOCK_EX)
}

/// Waits until it gets a shared lock. See flock(2).
pub(crate) fn wait_lock_shared(fd: &Fd) -> Result<()> {
    flock(fd, general::LOCK_SH)
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

/// Returns the type bits of the mode of the file that the first directory record names, or 0 if the file system does not
/// tell.
pub(crate) fn dir_record_type(records: &[u8]) -> u32 {
    const TYPE: usize = offset_of!(general::linux_dirent64, d_type);
    // The kernel's DT_* are the type bits of a mode, shifted.
    records.get(TYPE).map_or(0, |&kind| u32::from(kind) << 12)
}

/// Returns the inode number in the first directory record, or 0 if it has none. It is that of the directory under a mount.
pub(crate) fn dir_record_inode(records: &[u8]) -> u64 {
    const INODE: usize = offset_of!(general::linux_dirent64, d_ino);
    records.get(INODE..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_ne_bytes(*bytes))
}

/// Returns false: the kernel returns no records of deleted names.
pub(crate) const fn is_deleted(_record: &[u8]) -> bool {
    false
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
