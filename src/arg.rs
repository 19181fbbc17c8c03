//! Arguments: what operations take as a path, a name or a command.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::errno::{Errno, Result};
use crate::text::Text;

/// A path, name or other text for the kernel: any bytes without NUL.
///
/// It is implemented for `&str`, bytes, `&CStr` and `&Text`. A `&CStr` is passed on as it is; the others are terminated
/// in a buffer on the stack, so nothing is allocated.
///
/// A path that contains a NUL byte is `EINVAL`. One of 4096 bytes or more, which the kernel would refuse as well, is
/// `ENAMETOOLONG`.
pub trait Arg: Sized {
    /// Returns the bytes, without the final NUL.
    fn bytes(&self) -> &[u8];

    /// Calls `f` with the text as the kernel takes it.
    ///
    /// # Errors
    /// The errors of `f`; `EINVAL` and `ENAMETOOLONG` as above.
    fn with_c_str<R>(&self, f: impl FnOnce(&CStr) -> Result<R>) -> Result<R> {
        let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
        f(terminate(self.bytes(), &mut buffer)?)
    }
}

/// The longest path that the kernel takes, including its NUL. See path_resolution(7).
pub(crate) const PATH_MAX: usize = 4096;

/// Room for a path on the stack.
pub(crate) type PathBuffer = [MaybeUninit<u8>; PATH_MAX];

/// Copies a text into the buffer and appends a NUL. `EINVAL` if it contains one, `ENAMETOOLONG` if it does not fit.
pub(crate) fn terminate<'a>(text: &[u8], buffer: &'a mut PathBuffer) -> Result<&'a CStr> {
    join_all(&[text], buffer)
}

/// Like [`terminate`], for the concatenation of several texts.
pub(crate) fn join<'a, const N: usize>(parts: [&[u8]; N], buffer: &'a mut PathBuffer) -> Result<&'a CStr> {
    join_all(&parts, buffer)
}

fn join_all<'a>(parts: &[&[u8]], buffer: &'a mut PathBuffer) -> Result<&'a CStr> {
    let mut len = 0;
    for part in parts {
        let room = buffer.get_mut(len..len + part.len()).ok_or(Errno::ENAMETOOLONG)?;
        room.write_copy_of_slice(part);
        len += part.len();
    }
    buffer.get_mut(len).ok_or(Errno::ENAMETOOLONG)?.write(0);
    // SAFETY: the buffer starts with the parts and a NUL.
    let joined = unsafe { CStr::from_ptr(buffer.as_ptr().cast()) };
    if joined.count_bytes() == len { Ok(joined) } else { Err(Errno::EINVAL) }
}

/// Returns the path before the last component, with its slash, and the last component. The path is empty if there is no
/// slash, and the component if there is nothing after the last one.
pub(crate) fn split_path(path: &[u8]) -> (&[u8], &[u8]) {
    let start = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    path.split_at_checked(start).unwrap_or_default()
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
