//! The standard streams, as far as a program needs them to say something.

use core::mem::ManuallyDrop;

use crate::fd::Fd;
use crate::file::{read_to_end, write_all};
use crate::{Result, Text};

/// The rest of the standard input, to its end.
///
/// # Errors
/// Those of read(2): `EBADF` when it is closed. `ENOMEM` when it does not fit into memory, or has no end.
pub fn read_text() -> Result<Text> {
    // Borrowed: the descriptor stays open.
    read_to_end(&ManuallyDrop::new(Fd::from_raw(0)))
}

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
