//! Owned file descriptors.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::{Result, sys};

/// A file descriptor that is closed when dropped.
///
/// Kept as the register that carries it, so that a `Result` with one is two registers.
#[derive(Debug)]
pub(crate) struct Fd(usize);

impl Fd {
    /// Takes ownership of an open descriptor.
    #[expect(clippy::cast_sign_loss, reason = "an open descriptor is not negative")]
    pub(crate) const fn from_raw(fd: i32) -> Self {
        Self(fd as usize)
    }

    /// The descriptor, for a system call.
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "it was an int")]
    pub(crate) const fn raw(&self) -> i32 {
        self.0 as i32
    }

    /// Takes ownership of an open descriptor, as the kernel returns it.
    #[allow(dead_code, reason = "what a libc takes is an int")]
    pub(crate) const fn from_register(register: usize) -> Self {
        Self(register)
    }

    /// The register that carries the descriptor into the kernel, which looks at the low 32 bits.
    #[allow(dead_code, reason = "what a libc takes is an int")]
    pub(crate) const fn register(&self) -> usize {
        self.0
    }

    /// Gives up ownership: the descriptor stays open.
    pub(crate) fn into_raw(self) -> i32 {
        core::mem::ManuallyDrop::new(self).raw()
    }

    /// Reads until the buffer is full or the file at its end: how much, and whether it is at its end.
    #[inline]
    pub(crate) fn fill(&self, buffer: &mut [MaybeUninit<u8>]) -> Result<(usize, bool)> {
        let len = self.read_up(buffer)?;
        Ok((len, len < buffer.len()))
    }

    /// Reads until the buffer is full or the file at its end: how much.
    #[inline(never)]
    fn read_up(&self, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
        let mut len = 0;
        while let Some(rest) = buffer.get_mut(len..).filter(|rest| !rest.is_empty()) {
            match sys::read(self, rest)? {
                0 => break,
                read => len += read,
            }
        }
        Ok(len)
    }

    /// Closes the descriptor and says whether that went well. It is closed in any case: what close(2) reports is an
    /// earlier write that failed late, as on NFS or at a quota.
    pub(crate) fn close(self) -> Result<()> {
        sys::close(self.into_raw())
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // Nobody is left to hear of an error. Where it matters, `close` was called.
        let _ = sys::close(self.raw());
    }
}

/// The beginning of a file, as far as it fits. It takes no memory of the heap.
pub(crate) fn read_beginning<'a>(path: &CStr, buffer: &'a mut [MaybeUninit<u8>]) -> Result<&'a [u8]> {
    let (len, _) = sys::open(path, sys::O_RDONLY, 0)?.fill(buffer)?;
    // SAFETY: this many bytes were filled.
    Ok(unsafe { buffer.get(..len).unwrap_or_default().assume_init_ref() })
}
