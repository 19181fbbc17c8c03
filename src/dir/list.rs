//! Listing.

use core::ffi::CStr;

use crate::arg::Arg;
use crate::content::grow;
use crate::errno::{Errno, Result};
use crate::heap::Block;
use crate::list::{List, ListBuilder};
use crate::sys;

use super::records::{RECORDS, next_record};

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
        let len = match sys::read_dir(&fd, room) {
            // ENOENT: the directory was removed while it was read, and has no more names.
            Ok(0) | Err(Errno::ENOENT) => break,
            result => result?,
        };
        names.reserve(len, len / NAME_RECORD, grow)?;
        // SAFETY: the call initialized this many bytes.
        let mut records = unsafe { room.get(..len).unwrap_or_default().assume_init_ref() };
        while let Some(record) = next_record(&mut records) {
            names.push(record.name.to_bytes());
        }
    }
    drop(fd);
    names.into_list()
}
