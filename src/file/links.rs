//! Names of files, and symbolic links.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::arg::{Arg, PATH_MAX, PathBuffer};
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd};
use crate::text::Text;

/// Gives a file or directory another name within its file system. What had that name is replaced in one step.
///
/// A symbolic link is renamed itself, and replaced itself. A directory replaces an empty directory alone. Of two names of
/// one file, both stay; [`move_to`](super::move_to) removes the first.
///
/// # Errors
/// Those of rename(2): `ENOENT`, `EXDEV` across file systems, `EISDIR` or `ENOTDIR` if one is a directory and the other
/// is not, `ENOTEMPTY` or `EEXIST` if the directory to be replaced is not empty, `EINVAL` for a directory into itself.
///
/// ```
/// use ffi_syscalls::{Errno, dir, file};
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let directory = dir::temp("names-")?;
/// let (draft, report) = (format!("{directory}/draft"), format!("{directory}/report"));
/// file::write_text(&*draft, "text")?;
/// file::rename(&*draft, &*report)?;
/// assert_eq!(file::size(&*draft), Err(Errno::ENOENT));
/// # std::fs::remove_dir_all(directory.to_str().unwrap()).unwrap();
/// # Ok(())
/// # }
/// ```
pub fn rename(from: impl Arg, to: impl Arg) -> Result<()> {
    from.with_c_str(|from| to.with_c_str(|to| sys::rename(from, to)))
}

/// Creates a symbolic link that contains a target. The target need not exist; if it is relative, it starts at the
/// directory of the link.
///
/// # Errors
/// Those of symlink(2): `EEXIST` if the name of the link is taken, `ENOENT` if its directory is missing or the target is
/// empty.
///
/// ```
/// use ffi_syscalls::{dir, file};
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let directory = dir::temp("links-")?;
/// let link = format!("{directory}/latest");
/// file::symlink("version-3", &*link)?;
/// assert_eq!(file::read_link(&*link)?, "version-3");
/// # std::fs::remove_dir_all(directory.to_str().unwrap()).unwrap();
/// # Ok(())
/// # }
/// ```
pub fn symlink(target: impl Arg, path: impl Arg) -> Result<()> {
    target.with_c_str(|target| path.with_c_str(|path| sys::symlink(target, path)))
}

/// Returns the content of a symbolic link.
///
/// # Errors
/// Those of readlink(2): `EINVAL` if it is no symbolic link. `ENAMETOOLONG` for a content of 4096 bytes or more, which no
/// path can have. `ENOMEM`, or `EAGAIN` if memory is locked ([Memory](crate#memory)).
///
/// ```
/// use ffi_syscalls::{Errno, file};
///
/// assert_eq!(file::read_link("/").unwrap_err(), Errno::EINVAL);
/// ```
pub fn read_link(path: impl Arg) -> Result<Text> {
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    path.with_c_str(|path| Text::new(link_content(&sys::CWD, path, &mut buffer)?))
}

/// Reads the content of a symbolic link, by a path that starts at a directory.
pub(super) fn link_content<'a>(directory: &Fd, path: &CStr, buffer: &'a mut PathBuffer) -> Result<&'a [u8]> {
    let len = sys::read_link_at(directory, path, buffer)?;
    // A content that fills the buffer may be cut.
    let content = buffer.get(..len).filter(|_| len < PATH_MAX).ok_or(Errno::ENAMETOOLONG)?;
    // SAFETY: the call initialized this many bytes.
    Ok(unsafe { content.assume_init_ref() })
}
