//! The file that a path leads to, by its directory and its name there.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use super::links::link_content;
use crate::arg::{PATH_MAX, PathBuffer, split_path, terminate};
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, Stat, StatBuffer};

/// A regular file, or the place of one that does not exist.
pub(super) struct Target<'a> {
    pub(super) directory: Fd,
    pub(super) name: &'a CStr,
    /// None if the file does not exist.
    pub(super) attributes: Option<Attributes>,
}

/// The mode and the owner of a file.
#[derive(Clone, Copy)]
pub(super) struct Attributes {
    pub(super) mode: u32,
    pub(super) owner: (u32, u32),
}

/// Follows the symbolic links at the end of a path, the last of which may dangle. The name is stored in the buffer.
///
/// `EISDIR` for a directory and `EINVAL` for a device, a FIFO or a socket.
pub(super) fn find_target<'a>(path: &CStr, buffer: &'a mut PathBuffer) -> Result<Target<'a>> {
    /// As many as the kernel follows. See path_resolution(7).
    const LINKS_MAX: u32 = 40;
    // The kernel refuses links that it has reasons not to follow (protected_symlinks in proc_sys_fs(5)), and knows what
    // links of /proc lead to, whatever they contain.
    let followed = attributes_of(sys::stat(path, &mut StatBuffer::uninit()))?;
    if path.is_empty() {
        return Err(Errno::ENOENT);
    }
    let (place, mut name) = split_path(path.to_bytes());
    let mut directory = open_directory(&sys::CWD, place)?;
    let mut link = [MaybeUninit::uninit(); PATH_MAX];
    for links in 0..=LINKS_MAX {
        check_name(name)?;
        let mut status = StatBuffer::uninit();
        let name_text = terminate(name, buffer)?;
        let found = sys::lstat_at(&directory, name_text, &mut status);
        if !found.is_ok_and(|found| found.mode() & sys::S_IFMT == sys::S_IFLNK) {
            let attributes = attributes_of(found)?;
            // The content of a link of /proc to a deleted file is no path.
            if links > 0 && followed.is_some() && attributes.is_none() {
                return Err(Errno::ENOENT);
            }
            // A file that was removed just now would have kept its mode.
            return Ok(Target { directory, name: terminate(name, buffer)?, attributes: attributes.or(followed) });
        }
        let place;
        (place, name) = split_path(link_content(&directory, name_text, &mut link)?);
        if !place.is_empty() {
            directory = open_directory(&directory, place)?;
        }
    }
    Err(Errno::ELOOP)
}

/// Returns the attributes of a file that may be replaced, if it exists.
fn attributes_of(found: Result<&Stat>) -> Result<Option<Attributes>> {
    match found {
        Ok(file) if file.is_regular() => Ok(Some(Attributes { mode: file.mode(), owner: file.owner() })),
        Ok(file) => Err(if file.is_dir() { Errno::EISDIR } else { Errno::EINVAL }),
        Err(Errno::ENOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Refuses a name that no file can have: that of a directory, or the end of a path with a slash.
fn check_name(name: &[u8]) -> Result<()> {
    if matches!(name, b"" | b"." | b"..") { Err(Errno::EISDIR) } else { Ok(()) }
}

/// Opens the directory that a path of a file begins with, or the start itself if that is empty. If the directory cannot be
/// read, [`sync_directory`] has no effect.
#[inline(never)]
pub(super) fn open_directory(start: &Fd, place: &[u8]) -> Result<Fd> {
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    let place = if place.is_empty() { c"." } else { terminate(place, &mut buffer)? };
    match sys::open_at(start, place, sys::O_RDONLY | sys::O_DIRECTORY, 0) {
        Err(Errno::EACCES) => sys::open_at(start, place, sys::O_SEARCH | sys::O_DIRECTORY, 0),
        result => result,
    }
}

/// Waits until the names in a directory are on its disk, where the file system can do that.
pub(super) fn sync_directory(directory: &Fd) -> Result<()> {
    match sys::sync(directory) {
        Err(Errno::EINVAL | Errno::EBADF | Errno::EROFS | Errno::ENOSYS | Errno::EOPNOTSUPP) => Ok(()),
        result => result,
    }
}
