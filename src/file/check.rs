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
#[inline(never)]
pub(super) fn check_same_file(path: &CStr, file: &Stat) -> Result<()> {
    let mut buffer = StatBuffer::uninit();
    if sys::stat(path, &mut buffer)?.same_file(file) { Ok(()) } else { Err(Errno::ENOENT) }
}
