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

/// Returns whether what was found at the path is this file.
///
/// If the numbers of the path prove nothing, it is the file if a directory still contained that at its fstat(2): a file
/// that was replaced has no name left.
pub(super) fn is_same_file(path: &CStr, found: &Stat, file: &Stat) -> bool {
    found.same_file(file) || file.has_names() && is_renumbered(path, found)
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
