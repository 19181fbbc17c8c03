//! Loops over reads and writes that operations share. None takes memory from the heap.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::errno::{Errno, Result};
use crate::heap::MappedBuffer;
use crate::sys::{self, Fd};

/// Reads until the buffer is full or the file ends, and returns the bytes. A full buffer does not tell whether the file
/// ended.
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
            Ok(written) => bytes = bytes.split_at(written.min(bytes.len())).1,
            Err(Errno::EAGAIN) => sys::wait_writable(fd)?,
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Copies from the offsets of both descriptors to the end, by reading and writing.
///
/// The memory is the stack and, for what exceeds it, a mapping: a child that a threaded process forked may copy, though
/// it may not allocate.
pub(crate) fn copy_read_write(from: &Fd, to: &Fd) -> Result<()> {
    const LARGE: usize = 1 << 18;
    let mut small = [MaybeUninit::uninit(); 1 << 14];
    if copy_chunks(from, to, &mut small, 4)? == 0 {
        return Ok(());
    }
    let mut large = MappedBuffer::new(LARGE);
    let buffer = large.as_mut().map_or(small.as_mut_slice(), |large| large.as_uninit_mut());
    copy_chunks(from, to, buffer, usize::MAX).map(drop)
}

/// Copies the results of at most `count` reads, at least one, and returns the length of the last: 0 at the end.
#[inline(never)]
fn copy_chunks(from: &Fd, to: &Fd, buffer: &mut [MaybeUninit<u8>], mut count: usize) -> Result<usize> {
    loop {
        let len = sys::read(from, buffer)?;
        // SAFETY: the read initialized this many bytes.
        write_all(to, unsafe { buffer.get(..len).unwrap_or_default().assume_init_ref() })?;
        count -= 1;
        if len == 0 || count == 0 {
            return Ok(len);
        }
    }
}
