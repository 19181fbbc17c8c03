//! The standard streams.

use core::mem::MaybeUninit;

use crate::content::{grow, read_messages};
use crate::errno::{Errno, Result};
use crate::fields::without_last;
use crate::heap::{Block, Mutex};
use crate::io::{write_all, write_line};
use crate::sys::{self, Fd, Stat, StatBuffer};
use crate::text::Text;

/// Reads the rest of the standard input, to its end.
///
/// The messages of a socket and the packets of a pipe are joined. A message may have 256 KB, more than the buffer of a
/// socket holds by default; the kernel discards the rest of a longer one. A datagram without bytes counts as the end.
///
/// # Errors
/// Those of read(2): `EBADF` if it is closed. `ENOMEM` if the content does not fit into memory, or is endless;
/// `EAGAIN` if memory is locked ([Memory](crate#memory)).
#[doc(alias = "rt_stdin_read_text")]
pub fn read_text() -> Result<Text> {
    read_messages(&sys::STDIN, &[])
}

/// Reads a line from the standard input, without its `\n` or `\r\n`. `None` at the end; the last line needs no newline.
///
/// Nothing is taken that belongs to the next reader, in this process or another one: a file is read at its offset, which
/// then moves to the next line. Other input is read byte by byte, so many lines are read faster by [`read_text`]. A pipe
/// that keeps packets apart (`O_DIRECT` in pipe(2)) loses the rest of a packet.
///
/// Threads that read lines wait for each other.
///
/// # Errors
/// Those of [`read_text`].
///
/// ```no_run
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// while let Some(line) = ffi_syscalls::stdio::read_line()? {
///     ffi_syscalls::stdio::println(&line)?;
/// }
/// # Ok(())
/// # }
/// ```
#[doc(alias = "rt_stdin_read_line")]
pub fn read_line() -> Result<Option<Text>> {
    static READER: Mutex<()> = Mutex::new(());
    let _reader = READER.lock();
    let mut line = Block::new(LINE)?;
    let is_regular = sys::fstat(&sys::STDIN, &mut StatBuffer::uninit()).is_ok_and(Stat::is_regular);
    let offset = if is_regular { sys::seek(&sys::STDIN, 0, sys::SEEK_CUR).ok() } else { None };
    let has_newline = match offset {
        Some(offset) => read_line_at(&sys::STDIN, offset, &mut line)?,
        None => read_line_by_bytes(&sys::STDIN, &mut line)?,
    };
    let line = Text::from_block(line)?;
    Ok(if has_newline { Some(without_return(line)?) } else { Some(line).filter(|line| !line.is_empty()) })
}

/// Room for most lines.
const LINE: usize = 256;

/// Returns a line without a carriage return at its end.
fn without_return(line: Text) -> Result<Text> {
    let rest = without_last(&line, b'\r');
    if rest.len() < line.len() { Text::new(rest) } else { Ok(line) }
}

/// Reads a line of a file at an offset, without its newline, and moves the offset of the descriptor after it. Returns
/// whether there is a newline.
fn read_line_at(fd: &Fd, offset: usize, line: &mut Block) -> Result<bool> {
    loop {
        let old = line.len();
        grow(line, old + LINE)?;
        let room = line.spare_capacity_mut();
        let read = sys::read_at(fd, room, offset + old)?;
        // SAFETY: the read initialized this many bytes.
        let found = unsafe { room.get(..read).unwrap_or_default().assume_init_ref() };
        let newline = found.iter().position(|&byte| byte == b'\n');
        // SAFETY: the bytes before the newline, or all that were read, are initialized.
        unsafe { line.set_len(old + newline.unwrap_or(read)) };
        if newline.is_some() || read == 0 {
            let after = offset + line.len() + usize::from(newline.is_some());
            sys::seek(fd, after, sys::SEEK_SET)?;
            return Ok(newline.is_some());
        }
    }
}

/// Reads a line byte by byte, without its newline. Returns whether there is a newline.
fn read_line_by_bytes(fd: &Fd, line: &mut Block) -> Result<bool> {
    loop {
        let mut byte = [MaybeUninit::uninit()];
        match sys::read(fd, &mut byte) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            // An error would lose the part of the line that was read.
            Err(Errno::EAGAIN) => {
                sys::wait_readable(fd)?;
                continue;
            }
            Err(errno) => return Err(errno),
        }
        // SAFETY: the read initialized the byte.
        let byte = unsafe { byte.assume_init_ref() };
        if byte == b"\n" {
            return Ok(true);
        }
        grow(line, line.len() + 2)?;
        line.extend_from_slice(byte)?;
    }
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

/// Writes all bytes and a newline to the standard output, by one call where the kernel takes all of it.
///
/// Lines that several threads or processes write to a file in append mode, or up to 4,095 bytes to a pipe, do not
/// interleave.
///
/// # Errors
/// Those of [`print`].
///
/// ```
/// ffi_syscalls::stdio::println("a line").unwrap();
/// ```
pub fn println(bytes: impl AsRef<[u8]>) -> Result<()> {
    write_line(&sys::STDOUT, bytes.as_ref())
}

/// Writes all bytes and a newline to the standard error, as [`println`] does.
///
/// # Errors
/// Those of [`print`].
///
/// ```
/// ffi_syscalls::stdio::eprintln("a message").unwrap();
/// ```
pub fn eprintln(bytes: impl AsRef<[u8]>) -> Result<()> {
    write_line(&sys::STDERR, bytes.as_ref())
}
