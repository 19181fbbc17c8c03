//! Directory records on the BSDs.

use core::ffi::{c_char, c_int};
use core::mem::{MaybeUninit, offset_of};

use super::super::call::decode_count;
use super::super::fd::Fd;
use crate::errno::Result;
use crate::sys::types::retry;

unsafe extern "C" {
    #[cfg_attr(target_os = "netbsd", link_name = "__getdents30")]
    fn getdents(fd: c_int, buffer: *mut c_char, len: usize) -> isize;
}

/// Fills the buffer with directory records; 0 is the end of the directory. See getdents(2).
pub(crate) fn read_dir(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    // Some systems count the bytes in an int.
    let (start, len) = (buffer.as_mut_ptr().cast(), buffer.len().min(1 << 20));
    // SAFETY: the buffer is writable for its length.
    retry(|| decode_count(unsafe { getdents(fd.raw(), start, len) }))
}

/// Returns the length of the first directory record, and the offset of its NUL-terminated name.
#[cfg(not(target_os = "dragonfly"))]
pub(crate) fn dir_record(records: &[u8]) -> Option<(usize, usize)> {
    let len = u16::from_ne_bytes(*records.get(offset_of!(libc::dirent, d_reclen)..)?.first_chunk()?);
    Some((usize::from(len), offset_of!(libc::dirent, d_name)))
}

/// Returns the length of the first directory record, and the offset of its NUL-terminated name.
///
/// DragonFly records the length of the name; a NUL follows, and padding to a multiple of 8.
#[cfg(target_os = "dragonfly")]
pub(crate) fn dir_record(records: &[u8]) -> Option<(usize, usize)> {
    const NAME: usize = offset_of!(libc::dirent, d_name);
    let len = u16::from_ne_bytes(*records.get(offset_of!(libc::dirent, d_namlen)..)?.first_chunk()?);
    Some(((NAME + usize::from(len) + 1).next_multiple_of(8), NAME))
}

/// Returns the type bits of the mode of the file that the first directory record names, or 0 if the file system does not
/// tell.
pub(crate) fn dir_record_type(records: &[u8]) -> u32 {
    // DT_* are the type bits of a mode, shifted.
    records.get(offset_of!(libc::dirent, d_type)).map_or(0, |&kind| u32::from(kind) << 12)
}

/// Returns the inode number in the first directory record, or 0 if it has none. It is that of the directory under a mount.
pub(crate) fn dir_record_inode(records: &[u8]) -> u64 {
    let number = records.get(offset_of!(libc::dirent, d_fileno)..).and_then(<[u8]>::first_chunk);
    number.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
}

/// Returns whether a record is that of a deleted name, which some systems keep without an inode number, or a whiteout,
/// which hides a name of a lower layer.
pub(crate) fn is_deleted(record: &[u8]) -> bool {
    const WHITEOUT: u8 = 14;
    let number = record.get(offset_of!(libc::dirent, d_fileno)..).and_then(<[u8]>::first_chunk);
    number == Some(&[0; 8]) || record.get(offset_of!(libc::dirent, d_type)) == Some(&WHITEOUT)
}
