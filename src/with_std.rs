//! Conversions from and to the types of Rust's std.
//!
//! ```
//! use std::io;
//! use std::path::Path;
//!
//! use ffi_syscalls::{Errno, file};
//!
//! fn read(path: &Path) -> io::Result<Vec<u8>> {
//!     Ok(file::read_text(path)?.to_vec())
//! }
//!
//! let error = read(Path::new("/no/such/file")).unwrap_err();
//! assert_eq!(error.kind(), io::ErrorKind::NotFound);
//! assert_eq!(Errno::try_from(error).unwrap(), Errno::ENOENT);
//! ```

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::string::String;

use crate::arg::Arg;
use crate::errno::Errno;
use crate::file::FileLock;
use crate::list::List;
use crate::text::Text;

impl From<Errno> for io::Error {
    fn from(errno: Errno) -> Self {
        Self::from_raw_os_error(errno.raw())
    }
}

/// Returns the error number of an error of the system; the error itself if it has none.
impl TryFrom<io::Error> for Errno {
    type Error = io::Error;

    fn try_from(error: io::Error) -> Result<Self, io::Error> {
        error.raw_os_error().and_then(Self::from_raw).ok_or(error)
    }
}

impl Arg for &OsStr {
    fn bytes(&self) -> &[u8] {
        OsStrExt::as_bytes(*self)
    }
}

impl Arg for &OsString {
    fn bytes(&self) -> &[u8] {
        OsStrExt::as_bytes(self.as_os_str())
    }
}

impl Arg for OsString {
    fn bytes(&self) -> &[u8] {
        OsStrExt::as_bytes(self.as_os_str())
    }
}

impl Arg for &Path {
    fn bytes(&self) -> &[u8] {
        OsStrExt::as_bytes(self.as_os_str())
    }
}

impl Arg for &PathBuf {
    fn bytes(&self) -> &[u8] {
        OsStrExt::as_bytes(self.as_os_str())
    }
}

impl Arg for PathBuf {
    fn bytes(&self) -> &[u8] {
        OsStrExt::as_bytes(self.as_os_str())
    }
}

impl Arg for &String {
    fn bytes(&self) -> &[u8] {
        String::as_bytes(self)
    }
}

impl Arg for String {
    fn bytes(&self) -> &[u8] {
        String::as_bytes(self)
    }
}

impl Text {
    /// Returns the content as std has names and arguments (feature `std`).
    #[must_use]
    pub fn as_os_str(&self) -> &OsStr {
        OsStr::from_bytes(self.as_bytes())
    }

    /// Returns the content as a path (feature `std`).
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(self.as_os_str())
    }
}

impl List {
    /// Returns an iterator over the strings as std has names and arguments (feature `std`).
    pub fn os_strs(&self) -> impl ExactSizeIterator<Item = &OsStr> + Clone {
        self.iter().map(|string| OsStr::from_bytes(string.to_bytes()))
    }
}

impl AsFd for FileLock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the lock keeps the descriptor open while it is borrowed.
        unsafe { BorrowedFd::borrow_raw(self.raw()) }
    }
}

/// Releases ownership of the descriptor that holds the lock, which ends when the last copy of the descriptor is closed.
impl From<FileLock> for OwnedFd {
    fn from(lock: FileLock) -> Self {
        // SAFETY: the lock owned the descriptor and has released it.
        unsafe { Self::from_raw_fd(lock.into_raw()) }
    }
}

/// Takes ownership of a descriptor that holds a lock of flock(2).
impl From<OwnedFd> for FileLock {
    fn from(fd: OwnedFd) -> Self {
        // SAFETY: the descriptor is open, and its owner has released it.
        unsafe { Self::from_raw(fd.into_raw_fd()) }
    }
}
