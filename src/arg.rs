//! Text in: what the operations take for a path, a name or a command.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::{Errno, Result, Text};

/// A path, name or other text that the kernel is given: any bytes without NUL.
///
/// Implemented for `&str`, bytes, `&CStr` and `&Text`. A `&CStr` is passed on as it is; the others get their NUL in a
/// buffer on the stack, so nothing is allocated.
///
/// A path that contains a NUL byte is `EINVAL`; one of 4096 bytes or more, which the kernel would refuse as well, is
/// `ENAMETOOLONG`.
pub trait Arg: Sized {
    /// The bytes, without the final NUL.
    fn bytes(&self) -> &[u8];

    /// Calls `f` with the text as the kernel takes it.
    ///
    /// # Errors
    /// Those of `f`, `EINVAL` and `ENAMETOOLONG` as above.
    fn with_c_str<R>(&self, f: impl FnOnce(&CStr) -> Result<R>) -> Result<R> {
        let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
        f(terminate(self.bytes(), &mut buffer)?)
    }
}

/// The longest path that the kernel takes, with its NUL. See path_resolution(7).
pub(crate) const PATH_MAX: usize = 4096;

/// Room for a path on the stack.
pub(crate) type PathBuffer = [MaybeUninit<u8>; PATH_MAX];

/// The text in the buffer, with a NUL behind it. `EINVAL` when it contains one, `ENAMETOOLONG` when it does not fit.
pub(crate) fn terminate<'a>(text: &[u8], buffer: &'a mut PathBuffer) -> Result<&'a CStr> {
    join([text, b"", b""], buffer)
}

/// As [`terminate`], for three texts one behind the other.
pub(crate) fn join<'a>(parts: [&[u8]; 3], buffer: &'a mut PathBuffer) -> Result<&'a CStr> {
    let mut len = 0;
    for part in &parts {
        let room = buffer.get_mut(len..len + part.len()).ok_or(Errno::ENAMETOOLONG)?;
        room.write_copy_of_slice(part);
        len += part.len();
    }
    buffer.get_mut(len).ok_or(Errno::ENAMETOOLONG)?.write(0);
    // SAFETY: the buffer begins with the parts and a NUL.
    let joined = unsafe { CStr::from_ptr(buffer.as_ptr().cast()) };
    if joined.count_bytes() == len { Ok(joined) } else { Err(Errno::EINVAL) }
}

impl Arg for &CStr {
    fn bytes(&self) -> &[u8] {
        self.to_bytes()
    }

    fn with_c_str<R>(&self, f: impl FnOnce(&CStr) -> Result<R>) -> Result<R> {
        f(self)
    }
}

impl Arg for &str {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Arg for &[u8] {
    fn bytes(&self) -> &[u8] {
        self
    }
}

impl<const N: usize> Arg for &[u8; N] {
    fn bytes(&self) -> &[u8] {
        self.as_slice()
    }
}

impl Arg for &Text {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}
