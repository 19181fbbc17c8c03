//! The records of a directory on macOS, whose getdirentries(2) is not for programs. See getattrlistbulk(2).

use core::mem::{MaybeUninit, offset_of};
use core::ptr::from_mut;

use crate::Result;
use crate::fd::Fd;
use crate::sys::backend::decode;
use crate::sys::retry;

/// What each entry of a directory begins with.
#[repr(C, packed(4))]
struct Entry {
    len: u32,
    /// Which of the attributes that were asked for follow.
    returned: [u32; 5],
    /// Where the name begins, counted from here, and how long it is with its NUL.
    name_offset: i32,
    name_len: u32,
}

/// Fills the buffer with records of a directory; 0 is its end.
pub(crate) fn read_dir(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let mut wanted = libc::attrlist {
        bitmapcount: libc::ATTR_BIT_MAP_COUNT,
        reserved: 0,
        // The kind, which follows the name, is of no use here. But without it the system looks each entry up by its path,
        // and leaves out those that it may not.
        commonattr: libc::ATTR_CMN_RETURNED_ATTRS | libc::ATTR_CMN_NAME | libc::ATTR_CMN_OBJTYPE,
        volattr: 0,
        dirattr: 0,
        fileattr: 0,
        forkattr: 0,
    };
    let (wanted, start, len) = (from_mut(&mut wanted).cast(), buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: a list of attributes, and a buffer that is writable for its length.
    let count = retry(|| decode(unsafe { libc::getattrlistbulk(fd.raw(), wanted, start, len, 0) }))?;
    let mut filled = 0;
    for _ in 0..count {
        let Some(entry) = buffer.get(filled..).and_then(<[_]>::first_chunk::<4>) else { break };
        // SAFETY: the call has written this many entries, each of which begins with its length.
        let len = u32::from_ne_bytes(entry.map(|byte| unsafe { byte.assume_init() }));
        filled += len as usize;
    }
    Ok(filled)
}

/// How long the first record of a directory is, and where its name begins, which a NUL ends.
pub(crate) fn record(records: &[u8]) -> Option<(usize, usize)> {
    const NAME: usize = offset_of!(Entry, name_offset);
    let len = u32::from_ne_bytes(*records.first_chunk()?);
    let name = i32::from_ne_bytes(*records.get(NAME..)?.first_chunk()?);
    Some((len as usize, NAME.checked_add_signed(name as isize)?))
}

/// Records of names that are gone are not among what the system returns.
pub(crate) const fn is_deleted(_record: &[u8]) -> bool {
    false
}
