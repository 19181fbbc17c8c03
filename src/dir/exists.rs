//! Existence.

use core::ffi::CStr;

use crate::arg::Arg;
use crate::errno::{Errno, Result};
use crate::sys::{self, Stat, StatBuffer};

/// Returns whether the path leads to a directory, directly or by symbolic links.
///
/// ```
/// use ffi_syscalls::dir;
///
/// assert_eq!(dir::exists("/"), Ok(true));
/// assert_eq!(dir::exists("/no/such/directory"), Ok(false));
/// ```
///
/// # Errors
/// Those of stat(2) that leave it unknown: `EACCES` if a directory of the path may not be searched, `ELOOP`, `EIO`.
pub fn exists(path: impl Arg) -> Result<bool> {
    match path.with_c_str(check_exists) {
        Ok(()) => Ok(true),
        Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Succeeds if the path leads to a directory. `ENOTDIR` if it leads to something else.
pub(crate) fn check_exists(path: &CStr) -> Result<()> {
    let is_dir = sys::stat(path, &mut StatBuffer::uninit()).map(Stat::is_dir)?;
    if is_dir { Ok(()) } else { Err(Errno::ENOTDIR) }
}
