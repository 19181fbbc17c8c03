//! Directory records, as the kernel writes them.

use core::ffi::CStr;

use crate::sys;

/// Room for the records of each call: some network file systems lose entries in a smaller buffer.
pub(super) const RECORDS: usize = 1 << 15;

/// A name in a directory.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) name: &'a CStr,
    /// The type bits of the mode, or 0 if the file system does not tell.
    pub(super) kind: u32,
    /// The inode number, or 0 if it is unknown.
    pub(super) inode: u64,
}

/// Takes records off the front until one is that of a name other than `.` and `..`.
///
/// It stops at a record that is cut off, or has no NUL of its own.
#[inline]
pub(super) fn next_record<'a>(records: &mut &'a [u8]) -> Option<Record<'a>> {
    loop {
        let (len, name) = sys::dir_record(records)?;
        let record = records.get(..len)?;
        let name = CStr::from_bytes_until_nul(record.get(name..)?).ok()?;
        *records = records.get(len..)?;
        if !matches!(name.to_bytes(), b"." | b"..") && !sys::is_deleted(record) {
            return Some(Record { name, kind: sys::dir_record_type(record), inode: sys::dir_record_inode(record) });
        }
    }
}
