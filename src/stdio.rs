//! The standard streams.

use crate::content::read_messages;
use crate::errno::Result;
use crate::io::write_all;
use crate::sys;
use crate::text::Text;

/// Reads the rest of the standard input, to its end.
///
/// The messages of a socket and the packets of a pipe are joined. A message may have 256 KB, more than the buffer of a
/// socket holds by default; the kernel discards the rest of a longer one. A datagram without bytes counts as the end.
///
/// # Errors
/// Those of read(2): `EBADF` if it is closed. `ENOMEM` if the content does not fit into memory, or is endless;
/// `EAGAIN` if memory is locked ([Memory](crate#memory)).
pub fn read_text() -> Result<Text> {
    read_messages(&sys::STDIN, &[])
}

/// Writes all bytes to the standard output.
///
/// # Errors
/// Those of write(2): `EBADF` if it is closed, `EPIPE` if its reader is gone and SIGPIPE is ignored.
pub fn print(bytes: impl AsRef<[u8]>) -> Result<()> {
    write_all(&sys::STDOUT, bytes.as_ref())
}

/// Writes all bytes to the standard error.
///
/// # Errors
/// Those of [`print`].
pub fn eprint(bytes: impl AsRef<[u8]>) -> Result<()> {
    write_all(&sys::STDERR, bytes.as_ref())
}
