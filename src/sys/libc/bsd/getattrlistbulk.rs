//! Directory records on macOS, whose getdirentries(2) is private. See getattrlistbulk(2).

use core::mem::{MaybeUninit, offset_of};
use core::ptr::from_mut;

use super::super::call::decode;
use super::super::fd::Fd;
use crate::errno::Result;
use crate::sys::types::retry;

/// The start of a directory record.
#[repr(C, packed(4))]
struct Record {
    len: u32,
    /// The requested attributes that follow.
    returned: [u32; 5],
    /// The offset of the name, counted from this field, and its length including the NUL.
    name_offset: i32,
    name_len: u32,
}

/// Fills the buffer with directory records; 0 is the end of the directory.
pub(crate) fn read_dir(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let mut wanted = libc::attrlist {
        bitmapcount: libc::ATTR_BIT_MAP_COUNT,
        reserved: 0,
        // The type is requested, though unused: without it the system looks each record up by its path, and omits those
        // that the caller may not search.
        commonattr: libc::ATTR_CMN_RETURNED_ATTRS | libc::ATTR_CMN_NAME | libc::ATTR_CMN_OBJTYPE,
        volattr: 0,
        dirattr: 0,
        fileattr: 0,
        forkattr: 0,
    };
    let (wanted, start, len) = (from_mut(&mut wanted).cast(), buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: `wanted` is an attribute list, and the buffer is writable for its length.
    let count = retry(|| decode(unsafe { libc::getattrlistbulk(fd.raw(), wanted, start, len, 0) }))?;
    let mut filled = 0;
    for _ in 0..count {
        let Some(record) = buffer.get(filled..).and_then(<[_]>::first_chunk::<4>) else { break };
        // SAFETY: the call has written this many records, each of which starts with its length.
        let len = u32::from_ne_bytes(record.map(|byte| unsafe { byte.assume_init() }));
        filled += len as usize;
    }
    Ok(filled)
}

/// Returns the length of the first directory record, and the offset of its NUL-terminated name.
pub(crate) fn dir_record(records: &[u8]) -> Option<(usize, usize)> {
    const NAME: usize = offset_of!(Record, name_offset);
    let len = u32::from_ne_bytes(*records.first_chunk()?);
    let name = i32::from_ne_bytes(*records.get(NAME..)?.first_chunk()?);
    Some((len as usize, NAME.checked_add_signed(name as isize)?))
}

/// Returns 0: the inode number is not requested.
pub(crate) const fn dir_record_inode(_records: &[u8]) -> u64 {
    0
}

/// Returns the type bits of the mode of the file that the first directory record names, or 0 if the file system does not
/// tell. See getattrlist(2), ATTR_CMN_OBJTYPE.
pub(crate) fn dir_record_type(records: &[u8]) -> u32 {
    const TYPE: usize = size_of::<Record>();
    const REGULAR: u32 = 1; // VREG of sys/vnode.h, and those after it
    const DIRECTORY: u32 = 2;
    const LINK: u32 = 5;
    match records.get(TYPE..).and_then(<[u8]>::first_chunk).map(|bytes| u32::from_ne_bytes(*bytes)) {
        Some(REGULAR) => u32::from(libc::S_IFREG),
        Some(DIRECTORY) => u32::from(libc::S_IFDIR),
        Some(LINK) => u32::from(libc::S_IFLNK),
        _ => 0,
    }
}

/// Returns false: the system returns no records of deleted names.
pub(crate) const fn is_deleted(_record: &[u8]) -> bool {
    false
}
