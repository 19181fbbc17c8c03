//! Checks of a path.

use core::ffi::CStr;

use crate::errno::{Errno, Result};
use crate::sys::{self, Stat, StatBuffer};

/// Succeeds if the path resolves.
pub(crate) fn check_exists(path: &CStr) -> Result<()> {
    match sys::access(path) {
        // access(2) checks the real user; in a set-user-ID program the effective one may see more.
        Err(Errno::EACCES) => sys::stat(path, &mut StatBuffer::uninit()).map(drop),
        result => result,
    }
}

/// Succeeds if the path still refers to this file. `ENOENT` if it refers to another one, or to none.
///
/// It succeeds too if the numbers of the path prove nothing and a directory contained the file at its last fstat(2).
#[inline(never)]
pub(super) fn check_same_file(path: &CStr, file: &Stat) -> Result<()> {
    let mut buffer = StatBuffer::uninit();
    let found = sys::stat(path, &mut buffer)?;
    if found.same_file(file) || file.has_names() && is_renumbered(path, found) { Ok(()) } else { Err(Errno::ENOENT) }
}

/// Returns whether the inode number at the path differs from the one of its last stat.
///
/// Some file systems (FUSE, CIFS) invent a number at each stat or lookup. Elsewhere the file was replaced between the
/// two calls.
#[inline(never)]
pub(super) fn is_renumbered(path: &CStr, last: &Stat) -> bool {
    let mut buffer = StatBuffer::uninit();
    sys::stat(path, &mut buffer).is_ok_and(|found| !found.same_file(last))
}
