//! Loops over reads and writes that operations share. None takes memory from the heap.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::errno::{Errno, Result};
use crate::heap::MappedBuffer;
use crate::sys::{self, Fd};

/// Reads until the buffer is full or the file ends, and returns the bytes.
///
/// If they fill the buffer, the file may have more.
#[inline(never)]
pub(crate) fn read_full<'a>(fd: &Fd, buffer: &'a mut [MaybeUninit<u8>]) -> Result<&'a [u8]> {
    let mut len = 0;
    while let Some(rest) = buffer.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match sys::read(fd, rest)? {
            0 => break,
            read => len += read,
        }
    }
    // SAFETY: the reads initialized this many bytes.
    Ok(unsafe { buffer.get(..len).unwrap_or_default().assume_init_ref() })
}

/// Takes this many items off a slice, which stays as it is if it has fewer. `split_off_mut`
/// leaves it to the optimizer to find out that it does not panic.
pub(crate) fn take_first<'a, T>(slice: &mut &'a mut [T], len: usize) -> Option<&'a mut [T]> {
    if len > slice.len() {
        return None;
    }
    let (first, rest) = core::mem::take(slice).split_at_mut_checked(len)?;
    *slice = rest;
    Some(first)
}

/// Reads the start of a file, as much as fits into the buffer.
pub(crate) fn read_prefix<'a>(path: &CStr, buffer: &'a mut [MaybeUninit<u8>]) -> Result<&'a [u8]> {
    read_full(&sys::open(path, sys::O_RDONLY, 0)?, buffer)
}

/// Writes all bytes. A nonblocking descriptor (a terminal or pipe shared with others) is waited for.
pub(crate) fn write_all(fd: &Fd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match sys::write(fd, bytes) {
            // A device that takes nothing would otherwise be retried for ever.
            Ok(0) => return Err(Errno::EIO),
            // The panic handler writes by this function too. A split that may panic would make a cycle of calls, in which
            // the optimizer finds out of no panic that it cannot happen.
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::EAGAIN) => sys::wait_writable(fd)?,
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Writes all bytes and a newline, by one call unless the kernel takes less.
pub(crate) fn write_line(fd: &Fd, line: &[u8]) -> Result<()> {
    let written = match sys::write_vectored(fd, [line, b"\n"]) {
        Err(Errno::EAGAIN) => 0,
        result => result?,
    };
    match line.get(written..) {
        // The newline was written too.
        None => Ok(()),
        Some(rest) => write_all(fd, rest).and_then(|()| write_all(fd, b"\n")),
    }
}

/// Copies up to `len` bytes in the kernel, which shares the blocks where the file system can. Returns their number.
///
/// Both descriptors then are at the end of what was copied, from which the caller reads and writes: the kernel may lack
/// the call, refuse these files, or stop early (0 does not prove the end: copy_file_range(2), BUGS).
pub(crate) fn copy_in_kernel(from: &Fd, to: &Fd, len: usize) -> Result<usize> {
    /// Below this length one read and one write are faster.
    const SMALL: usize = 1 << 16;
    const STEP: usize = 1 << 30;
    let mut rest = len;
    while len >= SMALL && rest > 0 {
        match sys::copy_file_range(from, to, rest.min(STEP)) {
            Ok(0) => break,
            Ok(copied) => rest = rest.saturating_sub(copied),
            // Reading and writing would fail in the same way, possibly after doing damage.
            Err(errno @ (Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG)) => return Err(errno),
            Err(_) => break,
        }
    }
    Ok(len - rest)
}

/// The size of a buffer on the stack.
pub(crate) const SMALL_BUFFER: usize = 1 << 14;

/// Copies from the offsets of both descriptors to the end, by reading and writing.
///
/// The memory is the stack and, for what exceeds it, a mapping: a child that a threaded process forked may copy, though
/// it may not allocate.
///
/// Only a regular file is read into the small buffer: a pipe or a device may keep messages apart, and loses the part of
/// a message that does not fit.
pub(crate) fn copy_read_write(from: &Fd, to: &Fd, is_regular: bool) -> Result<()> {
    const LARGE: usize = 1 << 18;
    let mut small = [MaybeUninit::uninit(); SMALL_BUFFER];
    if is_regular && copy_chunks(from, to, &mut small, 4 * SMALL_BUFFER, write_all)? < 4 * SMALL_BUFFER {
        return Ok(());
    }
    let mut large = MappedBuffer::new(LARGE);
    let buffer = match &mut large {
        Ok(large) => large.as_uninit_mut(),
        Err(errno) if !is_regular => return Err(*errno),
        Err(_) => &mut small,
    };
    copy_chunks(from, to, buffer, usize::MAX, write_all).map(drop)
}

/// Copies until `len` bytes are copied or the file ends, and returns the number of bytes: less than `len` at the end.
///
/// Each read gets the whole buffer, so the copy may exceed `len`.
#[inline(never)]
pub(crate) fn copy_chunks(
    from: &Fd,
    to: &Fd,
    buffer: &mut [MaybeUninit<u8>],
    len: usize,
    write: fn(&Fd, &[u8]) -> Result<()>,
) -> Result<usize> {
    let mut copied = 0;
    while copied < len {
        let read = sys::read(from, buffer)?;
        if read == 0 {
            break;
        }
        // SAFETY: the read initialized this many bytes.
        write(to, unsafe { buffer.get(..read).unwrap_or_default().assume_init_ref() })?;
        copied += read;
    }
    Ok(copied)
}
