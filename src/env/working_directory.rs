//! The working directory.

use core::mem::MaybeUninit;

use crate::arg::{Arg, PATH_MAX};
use crate::errno::{Errno, Result};
use crate::sys;
use crate::text::Text;

/// Returns the working directory, absolute.
///
/// # Errors
/// Those of getcwd(2): `ENOENT` if it was removed, or lies outside the root directory; `ENAMETOOLONG` if its path has
/// 4096 bytes or more.
pub fn cwd() -> Result<Text> {
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    let len = sys::getcwd(&mut buffer)?;
    // SAFETY: the call initialized this many bytes, of which the last is a NUL.
    let path = unsafe { buffer.get(..len.saturating_sub(1)).unwrap_or_default().assume_init_ref() };
    // A directory outside the root directory gets a text such as "(unreachable)/tmp".
    if path.starts_with(b"/") { Text::new(path) } else { Err(Errno::ENOENT) }
}

/// Sets the working directory of the process, of all its threads.
///
/// # Errors
/// Those of chdir(2): `ENOENT`, `ENOTDIR`, `EACCES`.
///
/// ```
/// use ffi_syscalls::env;
///
/// env::set_cwd("/").unwrap();
/// assert_eq!(env::cwd().unwrap(), "/");
/// ```
pub fn set_cwd(path: impl Arg) -> Result<()> {
    path.with_c_str(sys::chdir)
}
