//! Listing.

use core::ffi::CStr;

use crate::arg::Arg;
use crate::content::grow;
use crate::errno::{Errno, Result};
use crate::heap::Block;
use crate::list::{List, ListBuilder};
use crate::sys;

/// Room for the records of each call: some network file systems lose entries in a smaller buffer.
const RECORDS: usize = 1 << 15;

/// The least length of a record. Each is longer than its name by more than two bytes.
const NAME_RECORD: usize = 16;

/// Lists the names in a directory, without `.` and `..`, in the kernel's order.
///
/// Names are bytes. A name that is added or removed meanwhile may be in the list or not; every other name is in it
/// once.
///
/// # Errors
/// Those of open(2) and getdents(2): `ENOENT`, `ENOTDIR`, `EACCES`. `ENOMEM` if the names do not fit into memory, or
/// into the limit of a control group. A partial list is never returned.
pub fn list(path: impl Arg) -> Result<List> {
    path.with_c_str(list_names)
}

fn list_names(path: &CStr) -> Result<List> {
    let fd = sys::open(path, sys::O_RDONLY | sys::O_DIRECTORY, 0)?;
    let mut records = Block::new(RECORDS)?;
    let mut names = ListBuilder::new();
    loop {
        let room = records.spare_capacity_mut();
        // The last byte is for a NUL.
        let Some((_, buffer)) = room.split_last_mut() else { break };
        let len = match sys::read_dir(&fd, buffer) {
            // ENOENT: the directory was removed while it was read, and has no more names.
            Ok(0) | Err(Errno::ENOENT) => break,
            result => result?,
        };
        names.reserve(len, len / NAME_RECORD, grow)?;
        if let Some(end) = room.get_mut(len) {
            end.write(0);
        }
        // SAFETY: the call initialized this many bytes, and a NUL was written after them.
        let records = unsafe { room.get(..=len).unwrap_or_default().assume_init_ref() };
        // SAFETY: the NUL ends the records.
        unsafe { push_names(&mut names, records) };
    }
    drop(fd);
    names.into_list()
}

/// Appends the names in directory records, without `.` and `..`.
///
/// It stops at a record that is cut off, or has no NUL of its own.
///
/// # Safety
/// A NUL ends the records.
unsafe fn push_names(names: &mut ListBuilder, mut records: &[u8]) {
    while let Some((len, name)) = sys::dir_record(records)
        && let Some(padded) = records.get(name..).filter(|padded| !padded.is_empty())
    {
        // SAFETY: a NUL ends the records, and this part of them is not empty.
        let name_len = unsafe { CStr::from_ptr(padded.as_ptr().cast()) }.count_bytes();
        if len >= records.len() || name + name_len >= len {
            break;
        }
        let name = padded.get(..name_len).unwrap_or_default();
        if name != b"." && name != b".." && !sys::is_deleted(records) {
            names.push(name);
        }
        records = records.get(len..).unwrap_or_default();
    }
}
