//! Temporary directories.

use crate::arg::Arg;
use crate::env;
use crate::errno::Result;
use crate::sys;
use crate::temporary::create_in;
use crate::text::Text;

/// Creates a directory with a new name in the directory for temporary files, and returns its path.
///
/// The directory is `TMPDIR` if it is absolute and the program was not started in secure-execution mode (set-user-ID
/// and the like), otherwise /tmp. The rest is as for [`temp_in`].
///
/// # Errors
/// Those of [`temp_in`].
///
/// ```
/// use ffi_syscalls::{dir, file};
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let path = dir::temp("build-")?;
/// assert_eq!(file::kind(&path)?, file::Kind::Directory);
/// # std::fs::remove_dir(path.to_str().unwrap()).unwrap();
/// # Ok(())
/// # }
/// ```
pub fn temp(prefix: impl Arg) -> Result<Text> {
    create(&env::temp_dir()?, prefix.bytes())
}

/// Creates a directory with a new name in another one, and returns its path: that of the other one, a slash, the prefix,
/// and 12 random letters and digits.
///
/// Only its owner may use the directory (0700 less the umask). It stays until it is removed. The call never waits for
/// randomness.
///
/// # Errors
/// `EINVAL` if the prefix contains a slash. Those of mkdir(2): `ENOENT` if the other directory is missing, `EACCES`,
/// `ENAMETOOLONG` if the prefix is too long. `ENOMEM`, or `EAGAIN` if memory is locked ([Memory](crate#memory)); then no
/// directory is left.
///
/// ```
/// use ffi_syscalls::{dir, file};
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let path = dir::temp_in("/tmp", "build-")?;
/// assert!(path.starts_with(b"/tmp/build-"));
/// assert_eq!(file::mode(&path)?, 0o700);
/// # std::fs::remove_dir(path.to_str().unwrap()).unwrap();
/// # Ok(())
/// # }
/// ```
#[doc(alias = "rt_dir_temp")]
pub fn temp_in(directory: impl Arg, prefix: impl Arg) -> Result<Text> {
    create(directory.bytes(), prefix.bytes())
}

fn create(directory: &[u8], prefix: &[u8]) -> Result<Text> {
    const OWNER_ONLY: u32 = 0o700;
    create_in(directory, prefix, |path| sys::mkdir(path, OWNER_ONLY), |path| sys::rmdir_at(&sys::CWD, path))
}
