//! Removal of one directory.

use crate::arg::Arg;
use crate::errno::Result;
use crate::sys;

/// Removes an empty directory.
///
/// ```
/// use ffi_syscalls::{Errno, dir};
/// # let temp = std::env::temp_dir().join(format!("ffi_syscalls.remove.{}", std::process::id()));
/// # let path = temp.to_str().unwrap();
///
/// dir::create(path, false)?;
/// dir::remove(path)?;
/// assert_eq!(dir::remove(path), Err(Errno::ENOENT));
/// # Ok::<(), Errno>(())
/// ```
///
/// # Errors
/// Those of rmdir(2): `ENOTEMPTY` if it has entries, `ENOENT` if it is missing, `ENOTDIR` if the name is that of
/// something else, a symbolic link to a directory included. `EINVAL` if the path ends in `.`, `EBUSY` for a mount point.
pub fn remove(path: impl Arg) -> Result<()> {
    path.with_c_str(|path| sys::rmdir_at(&sys::CWD, path))
}
