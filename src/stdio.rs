//! The standard streams, as far as a program needs them to say something.

use crate::Result;
use crate::file::write_all;

/// Writes all bytes to the standard output.
///
/// # Errors
/// Those of write(2): `EBADF` when it is closed, `EPIPE` when its reader has gone and SIGPIPE is ignored.
pub fn print(bytes: impl AsRef<[u8]>) -> Result<()> {
    write_all(1, bytes.as_ref())
}

/// Writes all bytes to the standard error.
///
/// # Errors
/// As [`print`].
pub fn eprint(bytes: impl AsRef<[u8]>) -> Result<()> {
    write_all(2, bytes.as_ref())
}
