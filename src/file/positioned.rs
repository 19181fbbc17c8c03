//! Parts of files.

use super::attributes::NEW_FILE_MODE;
use crate::arg::Arg;
use crate::content::{affordable, grow};
use crate::errno::{Errno, Result};
use crate::heap::Block;
use crate::sys::{self, Fd, Stat, StatBuffer};
use crate::text::Text;

/// Reads at most `len` bytes of a file from an offset on. The result is shorter where the file ends, and empty at the end
/// and after it.
///
/// The memory is that of what is read, whatever `len` is.
///
/// # Errors
/// Those of open(2) and pread(2): `ESPIPE` for what has no offsets, such as a pipe or a terminal; `EISDIR` for a
/// directory; `EINVAL` for an offset above `i64::MAX`. `ENOMEM` and `EAGAIN` as for [`read_text`](super::read_text).
///
/// ```
/// use ffi_syscalls::file;
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let path = file::temp("parts-")?;
/// file::write_text(&path, "0123456789")?;
/// assert_eq!(file::read_at(&path, 4, 3)?, "456");
/// assert_eq!(file::read_at(&path, 8, usize::MAX)?, "89");
/// assert_eq!(file::read_at(&path, 100, 3)?, "");
/// # file::delete(&path)
/// # }
/// ```
pub fn read_at(path: impl Arg, offset: u64, len: usize) -> Result<Text> {
    let offset = checked_offset(offset)?;
    // The kernel refuses a range that ends after the last offset.
    let len = len.min((usize::MAX >> 1) - offset);
    path.with_c_str(|path| read_range(&sys::open(path, sys::O_RDONLY, 0)?, offset, len))
}

/// Returns an offset as the kernel takes it. Larger ones would be negative there.
fn checked_offset(offset: u64) -> Result<usize> {
    i64::try_from(offset).ok().and_then(|offset| usize::try_from(offset).ok()).ok_or(Errno::EINVAL)
}

fn read_range(fd: &Fd, offset: usize, len: usize) -> Result<Text> {
    let mut block = Block::new(plausible_len(fd, offset, len))?;
    loop {
        let at = block.len();
        if at < len && at == block.capacity() {
            grow(&mut block, at + 1)?;
        }
        let room = block.spare_capacity_mut();
        let wanted = room.len().min(len - at);
        let read = sys::read_at(fd, room.get_mut(..wanted).unwrap_or_default(), offset + at)?;
        // SAFETY: the read initialized this many bytes after the length.
        unsafe { block.set_len(at + read) };
        if read == 0 || at + read == len {
            break;
        }
    }
    let capacity = block.capacity();
    let text = Text::from_block(block)?;
    if text.len() < capacity / 4 { Text::new(&text) } else { Ok(text) }
}

/// Returns the capacity to begin with: for all of a short range, and for what a regular file claims to have of a long
/// one, if that fits into memory. One byte more finds the end without growing.
fn plausible_len(fd: &Fd, offset: usize, len: usize) -> usize {
    const SHORT: usize = 1 << 16;
    if len < SHORT {
        return len + 1;
    }
    let mut status = StatBuffer::uninit();
    let size = sys::fstat(fd, &mut status).ok().filter(|status| status.is_regular()).map_or(0, Stat::size);
    let rest = usize::try_from(size).unwrap_or_default().saturating_sub(offset).min(len);
    if rest == affordable(rest, 0) { rest.max(SHORT) + 1 } else { SHORT }
}

/// Writes at an offset of a file, which is created if missing (0666 less the umask). The rest of the file stays, and a gap
/// between its end and the offset is filled with zeroes.
///
/// # Errors
/// Those of open(2), pwrite(2) and close(2): `ESPIPE` for what has no offsets, such as a pipe; `EFBIG`, `ENOSPC`.
/// `EINVAL` for an offset above `i64::MAX`; then no file is created. After another error a part may be written.
///
/// ```
/// use ffi_syscalls::file;
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let path = file::temp("parts-")?;
/// file::write_text(&path, "0123456789")?;
/// file::write_at(&path, 4, "xyz")?;
/// assert_eq!(file::read_text(&path)?, "0123xyz789");
/// # file::delete(&path)
/// # }
/// ```
pub fn write_at(path: impl Arg, offset: u64, content: impl AsRef<[u8]>) -> Result<()> {
    let offset = checked_offset(offset)?;
    path.with_c_str(|path| {
        let fd = sys::open(path, sys::O_WRONLY | sys::O_CREAT, NEW_FILE_MODE)?;
        write_range(&fd, offset, content.as_ref()).and(fd.close())
    })
}

fn write_range(fd: &Fd, mut offset: usize, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match sys::write_at(fd, bytes, offset)? {
            // A device that takes nothing would otherwise be retried for ever.
            0 => return Err(Errno::EIO),
            written => {
                offset += written;
                bytes = bytes.get(written..).unwrap_or_default();
            }
        }
    }
    Ok(())
}
