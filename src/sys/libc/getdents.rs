//! The records of a directory on the BSDs.

use core::ffi::{c_char, c_int};
use core::mem::{MaybeUninit, offset_of};

use crate::Result;
use crate::fd::Fd;
use crate::sys::backend::decode_count;
use crate::sys::retry;

unsafe extern "C" {
    #[cfg_attr(target_os = "netbsd", link_name = "__getdents30")]
    fn getdents(fd: c_int, buffer: *mut c_char, len: usize) -> isize;
}

/// Fills the buffer with records of a directory; 0 is its end. See getdents(2).
pub(crate) fn read_dir(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    // Some of these systems count the bytes in an int.
    let (start, len) = (buffer.as_mut_ptr().cast(), buffer.len().min(1 << 20));
    // SAFETY: the buffer is writable for its length.
    retry(|| decode_count(unsafe { getdents(fd.raw(), start, len) }))
}

/// How long the first record of a directory is, and where its name begins, which a NUL ends.
#[cfg(not(target_os = "dragonfly"))]
pub(crate) fn record(records: &[u8]) -> Option<(usize, usize)> {
    let len = u16::from_ne_bytes(*records.get(offset_of!(libc::dirent, d_reclen)..)?.first_chunk()?);
    Some((usize::from(len), offset_of!(libc::dirent, d_name)))
}

/// How long the first record of a directory is, and where its name begins, which a NUL ends.
///
/// DragonFly says how long the name is; its NUL and what makes the length a multiple of 8 follow.
#[cfg(target_os = "dragonfly")]
pub(crate) fn record(records: &[u8]) -> Option<(usize, usize)> {
    const NAME: usize = offset_of!(libc::dirent, d_name);
    let len = u16::from_ne_bytes(*records.get(offset_of!(libc::dirent, d_namlen)..)?.first_chunk()?);
    Some(((NAME + usize::from(len) + 1).next_multiple_of(8), NAME))
}

/// Whether a record is of a name that is gone: some of these systems leave it where it was, without a file. A whiteout
/// hides a name of a lower layer.
pub(crate) fn is_deleted(record: &[u8]) -> bool {
    const WHITEOUT: u8 = 14;
    let number = record.get(offset_of!(libc::dirent, d_fileno)..).and_then(<[u8]>::first_chunk);
    number == Some(&[0; 8]) || record.get(offset_of!(libc::dirent, d_type)) == Some(&WHITEOUT)
}
