//! The files that can be mapped.

use self::sealed::Open;
use crate::arg::Arg;
use crate::errno::Result;
use crate::sys;

/// A file to map: a path, which is opened for the call; the number of an open descriptor, which stays open; or, with
/// the feature `std`, a reference to a `std::fs::File` or a `BorrowedFd`.
///
/// A shared writable mapping needs a descriptor that is open for reading and writing, the others one for reading.
///
/// ```
/// use ffi_syscalls::mmap::{Map, Source};
///
/// fn length(file: impl Source) -> usize {
///     // SAFETY: only the length is used.
///     unsafe { Map::map(file) }.map_or(0, |map| map.len())
/// }
/// assert!(length("/bin/sh") > 0);
/// ```
pub trait Source: Open {}

mod sealed {
    use crate::errno::Result;

    pub trait Open: Sized {
        /// Calls a function with a descriptor of the file.
        fn with_descriptor<R>(self, writes: bool, call: impl FnOnce(i32) -> Result<R>) -> Result<R>;
    }
}

impl<A: Arg> Source for A {}

impl<A: Arg> Open for A {
    fn with_descriptor<R>(self, writes: bool, call: impl FnOnce(i32) -> Result<R>) -> Result<R> {
        let access = if writes { sys::O_RDWR } else { sys::O_RDONLY };
        // Opening a FIFO or a device may block otherwise.
        let fd = self.with_c_str(|path| sys::open(path, access | sys::O_NONBLOCK, 0))?;
        call(fd.raw())
    }
}

impl Source for i32 {}

impl Open for i32 {
    fn with_descriptor<R>(self, _writes: bool, call: impl FnOnce(i32) -> Result<R>) -> Result<R> {
        call(self)
    }
}

#[cfg(feature = "std")]
impl Source for &std::fs::File {}

#[cfg(feature = "std")]
impl Open for &std::fs::File {
    fn with_descriptor<R>(self, _writes: bool, call: impl FnOnce(i32) -> Result<R>) -> Result<R> {
        call(std::os::fd::AsRawFd::as_raw_fd(self))
    }
}

#[cfg(feature = "std")]
impl Source for std::os::fd::BorrowedFd<'_> {}

#[cfg(feature = "std")]
impl Open for std::os::fd::BorrowedFd<'_> {
    fn with_descriptor<R>(self, _writes: bool, call: impl FnOnce(i32) -> Result<R>) -> Result<R> {
        call(std::os::fd::AsRawFd::as_raw_fd(&self))
    }
}
