//! Descriptors: open, read, write.

use core::mem::{ManuallyDrop, MaybeUninit};

use ffi_syscalls::{Arg, Errno, Result};
use linux_raw_sys::general;
use syscalls::Sysno;

use super::{call, call_again, int, int_arg};
use crate::words::Word;

pub(crate) use linux_raw_sys::general::{O_APPEND, O_CREAT, O_RDONLY, O_WRONLY};

/// The standard input, which is never closed.
// SAFETY: as a static it is never dropped.
pub(crate) static STDIN: Fd = unsafe { Fd::from_raw(0) };
/// The standard output, which is never closed.
// SAFETY: as a static it is never dropped.
pub(crate) static STDOUT: Fd = unsafe { Fd::from_raw(1) };

/// A descriptor that is closed when dropped.
pub(crate) struct Fd(i32);

impl Fd {
    /// Takes ownership of a descriptor.
    ///
    /// # Safety
    /// The descriptor is open and nothing else owns it, or the value is never dropped.
    const unsafe fn from_raw(fd: i32) -> Self {
        Self(fd)
    }

    const fn arg(&self) -> usize {
        int_arg(self.0)
    }

    /// Closes the descriptor and reports an earlier write that failed late, as on NFS or at a quota.
    pub(crate) fn close(self) -> Result<()> {
        ManuallyDrop::new(self).close_in_place()
    }

    fn close_in_place(&self) -> Result<()> {
        // SAFETY: the value owns the descriptor, and its owner does not use it again.
        match unsafe { call(Sysno::close, [self.arg(), 0, 0, 0, 0]) } {
            // Linux has released the descriptor: a retry could close one that was reused.
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // A late error is lost here. Code to which it matters calls `close`.
        let _ = self.close_in_place();
    }
}

/// Opens a file, close-on-exec, never as the controlling terminal. New files get the mode 0666, less the umask.
///
/// The descriptor is none of the standard streams, which may be closed: output to them must not enter the file.
pub(crate) fn open(path: Word, flags: u32) -> Result<Fd> {
    const NEW_FILE_MODE: usize = 0o666;
    let flags = flags | general::O_CLOEXEC | general::O_NOCTTY;
    let directory = int_arg(general::AT_FDCWD);
    path.with_c_str(|path| {
        let path = path.as_ptr().expose_provenance();
        // SAFETY: the path is NUL-terminated.
        let fd = unsafe { call_again(Sysno::openat, [directory, path, flags as usize, NEW_FILE_MODE, 0]) }?;
        // SAFETY: the kernel has just opened the descriptor for this call.
        let fd = unsafe { Fd::from_raw(int(fd)) };
        if fd.0 >= FIRST_FREE { Ok(fd) } else { duplicate(&fd, general::F_DUPFD_CLOEXEC) }
    })
}

/// The lowest descriptor after those of the standard streams.
const FIRST_FREE: i32 = 3;

/// Returns another descriptor of an open file, after those of the standard streams.
fn duplicate(fd: &Fd, command: u32) -> Result<Fd> {
    // SAFETY: the call takes numbers only.
    let copy = unsafe { call(Sysno::fcntl, [fd.arg(), command as usize, int_arg(FIRST_FREE), 0, 0]) }?;
    // SAFETY: the kernel has just opened the descriptor for this call.
    Ok(unsafe { Fd::from_raw(int(copy)) })
}

/// Passes a descriptor on to the program that this process becomes, under a number after those of the standard streams.
///
/// # Safety
/// Nothing in this process uses the descriptor afterwards.
pub(crate) unsafe fn bequeath(fd: i32) -> Result<()> {
    // SAFETY: the descriptor is open, and nothing else uses it.
    let fd = unsafe { Fd::from_raw(fd) };
    let _ = ManuallyDrop::new(duplicate(&fd, general::F_DUPFD)?);
    Ok(())
}

/// Reads at most the buffer's length; empty at the end of the stream. A nonblocking stream is waited for. See read(2).
pub(crate) fn read<'a>(fd: &Fd, buffer: &'a mut [MaybeUninit<u8>]) -> Result<&'a [u8]> {
    let (address, len) = (buffer.as_mut_ptr().expose_provenance(), buffer.len());
    loop {
        // SAFETY: the buffer is writable for its length.
        match unsafe { call_again(Sysno::read, [fd.arg(), address, len, 0, 0]) } {
            Err(Errno::EAGAIN) => wait_until(fd, general::POLLIN)?,
            // SAFETY: the read initialized this many bytes.
            result => return result.map(|len| unsafe { buffer.get(..len).unwrap_or_default().assume_init_ref() }),
        }
    }
}

/// Writes all bytes. A nonblocking stream is waited for. See write(2).
pub(crate) fn write_all(fd: &Fd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let address = bytes.as_ptr().expose_provenance();
        // SAFETY: the bytes are readable.
        match unsafe { call_again(Sysno::write, [fd.arg(), address, bytes.len(), 0, 0]) } {
            // A device that takes nothing would otherwise be retried for ever.
            Ok(0) => return Err(Errno::EIO),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::EAGAIN) => wait_until(fd, general::POLLOUT)?,
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Waits until the descriptor is ready, or has an error. See poll(2).
fn wait_until(fd: &Fd, event: u32) -> Result<()> {
    let mut request = general::pollfd { fd: fd.0, events: i16::try_from(event).unwrap_or_default(), revents: 0 };
    let address = (&raw mut request).expose_provenance();
    // SAFETY: one pollfd is at the address; there is no time limit and no signal mask.
    unsafe { call_again(Sysno::ppoll, [address, 1, 0, 0, 0]) }.map(drop)
}

/// The status of an open file.
pub(crate) struct Status(general::stat);

impl Status {
    pub(crate) const fn is_regular(&self) -> bool {
        self.0.st_mode & general::S_IFMT == general::S_IFREG
    }

    pub(crate) const fn is_same_file(&self, other: &Self) -> bool {
        self.0.st_dev == other.0.st_dev && self.0.st_ino == other.0.st_ino
    }
}

/// Returns the status of an open file. See fstat(2).
pub(crate) fn status(fd: &Fd) -> Result<Status> {
    let mut status = MaybeUninit::<general::stat>::uninit();
    // SAFETY: the buffer is a struct stat.
    unsafe { call(Sysno::fstat, [fd.arg(), status.as_mut_ptr().expose_provenance(), 0, 0, 0]) }?;
    // SAFETY: the call succeeded, so the kernel filled the buffer.
    Ok(Status(unsafe { status.assume_init() }))
}

/// Removes the content of an open file. See ftruncate(2).
pub(crate) fn truncate(fd: &Fd) -> Result<()> {
    // SAFETY: the call takes numbers only.
    unsafe { call_again(Sysno::ftruncate, [fd.arg(), 0, 0, 0, 0]) }.map(drop)
}
