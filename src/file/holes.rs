//! Copying a file with holes. See lseek(2), SEEK_DATA.

use core::mem::MaybeUninit;

use crate::errno::{Errno, Result};
use crate::io::{SMALL_BUFFER, copy_chunks, copy_in_kernel, write_all};
use crate::sys::{self, Fd};

/// Copies a file that looks sparse to an empty one, and keeps its holes. `size` is a hint.
///
/// It reads the data that the kernel does not copy, and makes holes of blocks of zeroes: the file system may report no
/// holes, or the whole file as data.
#[inline(never)]
pub(super) fn copy_sparse(from: &Fd, to: &Fd, size: usize) -> Result<()> {
    let mut buffer = [MaybeUninit::uninit(); SMALL_BUFFER];
    // Both descriptors are at this offset.
    let mut at = 0;
    loop {
        let mut stop = usize::MAX;
        if let Some((start, end)) = next_extent(from, at) {
            sys::seek(from, start, sys::SEEK_SET)?;
            sys::seek(to, start, sys::SEEK_SET)?;
            (at, stop) = (start, end);
            if end - start < size {
                at += copy_in_kernel(from, to, end - start)?;
            }
        }
        let room = buffer.len().min(stop - at);
        at += copy_chunks(from, to, buffer.get_mut(..room).unwrap_or_default(), stop - at, write_sparse)?;
        if at < stop {
            // The file ends here, whatever size it claims. Its end may be a hole.
            return sys::truncate(to, at);
        }
    }
}

/// Returns the start and the end of the next data at or after an offset, if the file system reports holes.
///
/// After the last data, it returns an extent from the end of the file on: the file may grow. The end of an extent is
/// `usize::MAX` if it is unknown.
fn next_extent(from: &Fd, at: usize) -> Option<(usize, usize)> {
    let data = sys::seek(from, at, sys::SEEK_DATA);
    if data == Err(Errno::ENXIO) {
        let end = sys::seek(from, 0, sys::SEEK_END).ok()?;
        // Another process may have written data before that end.
        let is_hole = sys::seek(from, at, sys::SEEK_DATA) == Err(Errno::ENXIO);
        return Some((if is_hole { end.max(at) } else { at }, usize::MAX));
    }
    let start = data.ok()?.max(at);
    let hole = sys::seek(from, start, sys::SEEK_HOLE).ok().filter(|&hole| hole > start);
    Some((start, hole.unwrap_or(usize::MAX)))
}

/// Writes all bytes, except that it seeks over blocks of zeroes where it can.
fn write_sparse(to: &Fd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let (block, rest) = bytes.split_at_checked(4096).unwrap_or((bytes, &[]));
        bytes = rest;
        if block.iter().any(|&byte| byte != 0) || sys::seek(to, block.len(), sys::SEEK_CUR).is_err() {
            write_all(to, block)?;
        }
    }
    Ok(())
}
