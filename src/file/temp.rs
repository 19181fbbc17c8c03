//! Temporary files.

use crate::arg::Arg;
use crate::env;
use crate::errno::Result;
use crate::sys;
use crate::temporary::create_in;
use crate::text::Text;

/// Creates an empty file with a new name in the directory for temporary files, and returns its path.
///
/// The directory is `TMPDIR` if that is absolute and the program was not started in secure-execution mode (set-user-ID
/// and the like), otherwise /tmp. The rest is as for [`temp_in`].
///
/// # Errors
/// Those of [`temp_in`].
///
/// ```
/// use ffi_syscalls::file;
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let path = file::temp("report-")?;
/// file::write_text(&path, "for a moment")?;
/// file::delete(&path)?;
/// # Ok(())
/// # }
/// ```
pub fn temp(prefix: impl Arg) -> Result<Text> {
    create(&env::temp_dir()?, prefix.bytes())
}

/// Creates an empty file with a new name in a directory, and returns its path: that of the directory, a slash, the
/// prefix, and 12 random letters and digits.
///
/// Only its owner may use the file (0600 less the umask). It stays until it is deleted. The call never waits for
/// randomness.
///
/// # Errors
/// `EINVAL` if the prefix contains a slash. Those of open(2): `ENOENT` if the directory is missing, `EACCES`,
/// `ENAMETOOLONG` if the prefix is too long. `ENOMEM`, or `EAGAIN` if memory is locked ([Memory](crate#memory)); then no
/// file is left.
///
/// ```
/// use ffi_syscalls::file;
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let path = file::temp_in("/tmp", "report-")?;
/// assert!(path.starts_with(b"/tmp/report-"));
/// assert_eq!(file::mode(&path)?, 0o600);
/// file::delete(&path)?;
/// # Ok(())
/// # }
/// ```
#[doc(alias = "rt_file_temp")]
pub fn temp_in(directory: impl Arg, prefix: impl Arg) -> Result<Text> {
    create(directory.bytes(), prefix.bytes())
}

fn create(directory: &[u8], prefix: &[u8]) -> Result<Text> {
    const OWNER_ONLY: u32 = 0o600;
    let create = |path: &_| sys::open(path, sys::O_RDWR | sys::O_CREAT | sys::O_EXCL, OWNER_ONLY).map(drop);
    create_in(directory, prefix, create, sys::unlink)
}
