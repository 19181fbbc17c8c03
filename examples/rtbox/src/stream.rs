//! Streams: bytes are passed on as they arrive, in constant memory.

use core::mem::MaybeUninit;

use ffi_syscalls::{Errno, Result};

use crate::sys::file::{self, Fd};

/// The room of each read. A packet of a pipe has up to 4 KB and a datagram up to 64 KB, and the kernel drops what does
/// not fit.
const ROOM: usize = 1 << 18;

/// The reason why a copy ended early.
pub(crate) enum Failure {
    Read(Errno),
    Write(Errno),
    /// The input would grow by its own output, for ever.
    SameFile,
}

/// Copies a stream to its end. `before_writing` runs once the input can be read.
pub(crate) fn copy(
    from: &Fd,
    to: &Fd,
    before_writing: impl FnOnce() -> Result<()>,
) -> core::result::Result<(), Failure> {
    let mut buffer = [MaybeUninit::uninit(); ROOM];
    let mut bytes = file::read(from, &mut buffer).map_err(Failure::Read)?;
    if !bytes.is_empty() && are_same_file(from, to) {
        return Err(Failure::SameFile);
    }
    before_writing().map_err(Failure::Write)?;
    while !bytes.is_empty() {
        file::write_all(to, bytes).map_err(Failure::Write)?;
        bytes = file::read(from, &mut buffer).map_err(Failure::Read)?;
    }
    Ok(())
}

/// Returns whether both are the same regular file.
fn are_same_file(from: &Fd, to: &Fd) -> bool {
    let (Ok(input), Ok(output)) = (file::status(from), file::status(to)) else { return false };
    input.is_regular() && input.is_same_file(&output)
}
