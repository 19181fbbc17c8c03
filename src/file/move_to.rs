//! Moving a file, across file systems too.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use super::atomic::DRAFT;
use super::check::is_same_file;
use super::copy::{PERMISSIONS, copy_content};
use super::links::link_content;
use super::target::{open_directory, sync_directory};
use crate::arg::{Arg, PATH_MAX, PathBuffer, join, split_path, terminate};
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, Stat, StatBuffer};
use crate::temporary::with_unused_name;

/// Gives a file or directory another name, and moves a regular file or a symbolic link to another file system if need be.
/// A file that had the name is replaced in one step.
///
/// Within a file system it is [`rename`](super::rename), except that of two names of one file the first goes. Across file
/// systems the file is copied to a name of its own beside the destination, `.tmp-` and 12 letters and digits. Once the copy
/// is on the disk it gets its name, and only then the source is deleted. Permissions (0777), the times of access and
/// modification, and owner and group are kept, each where the file system and the caller's rights permit it. What another
/// process writes to the source meanwhile may be lost.
///
/// # Errors
/// Those of rename(2). Across file systems: `EXDEV` for a directory, `EINVAL` for a device, a FIFO or a socket, and those
/// of open(2), read(2), write(2), fsync(2), close(2) and unlink(2). `ENAMETOOLONG` if the path of the destination is within
/// 16 bytes of the longest one. After an error the source is complete; if its deletion failed, so is the destination.
///
/// ```
/// use ffi_syscalls::{dir, file};
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let directory = dir::temp("moves-")?;
/// let (from, to) = (file::temp("draft-")?, format!("{directory}/report"));
/// file::write_text(&from, "text")?;
/// file::move_to(&from, &*to)?;
/// assert_eq!(file::read_text(&*to)?, "text");
/// assert!(!file::exists(&from)?);
/// # std::fs::remove_dir_all(directory.to_str().unwrap()).unwrap();
/// # Ok(())
/// # }
/// ```
#[doc(alias = "rt_file_move")]
pub fn move_to(from: impl Arg, to: impl Arg) -> Result<()> {
    from.with_c_str(|from| {
        to.with_c_str(|to| match sys::rename(from, to) {
            Ok(()) => remove_second_name(from, to),
            Err(Errno::EXDEV) => move_across(from, to),
            Err(errno) => Err(errno),
        })
    })
}

/// Removes the first of two names of one file, with which rename(2) succeeds and does nothing.
fn remove_second_name(from: &CStr, to: &CStr) -> Result<()> {
    let (mut first, mut second) = (StatBuffer::uninit(), StatBuffer::uninit());
    let first = match sys::lstat(from, &mut first) {
        Err(Errno::ENOENT) => return Ok(()),
        found => found?,
    };
    match sys::lstat(to, &mut second) {
        Ok(second) if second.same_file(first) => remove_name(from, first, to),
        // Another process has created the first name again, or removed the second one.
        Ok(_) | Err(Errno::ENOENT) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Removes the first of two names of one file, unless both are the same name.
fn remove_name(from: &CStr, file: &Stat, to: &CStr) -> Result<()> {
    if file.is_dir() {
        return Ok(()); // A directory has one name.
    }
    let (from_parts, to_parts) = (split_path(from.to_bytes()), split_path(to.to_bytes()));
    let (mut first, mut second) = (StatBuffer::uninit(), StatBuffer::uninit());
    let first = sys::fstat(&open_directory(&sys::CWD, from_parts.0)?, &mut first)?;
    let second = sys::fstat(&open_directory(&sys::CWD, to_parts.0)?, &mut second)?;
    if !first.same_file(second) {
        sys::unlink(from)
    } else if from_parts.1 == to_parts.1 {
        Ok(())
    } else {
        remove_name_in_directory(from, file, to)
    }
}

/// Removes the first of two names in one directory. A file system that ignores case may take them for one, which gets the
/// spelling of the second.
fn remove_name_in_directory(from: &CStr, file: &Stat, to: &CStr) -> Result<()> {
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    let (_, aside) = create_beside(from, &mut buffer, create_draft)?;
    if let Err(errno) = sys::rename(from, aside) {
        let _ = sys::unlink(aside);
        return Err(errno);
    }
    let mut status = StatBuffer::uninit();
    let renamed = match sys::lstat(to, &mut status) {
        Ok(found) if found.same_file(file) => sys::unlink(aside),
        Ok(_) | Err(Errno::ENOENT) => sys::rename(aside, to),
        Err(errno) => Err(errno),
    };
    renamed.inspect_err(|_| {
        // The first error is the one to report.
        let _ = sys::rename(aside, from);
    })
}

fn move_across(from: &CStr, to: &CStr) -> Result<()> {
    let (mut source, mut target) = (StatBuffer::uninit(), StatBuffer::uninit());
    let source = sys::lstat(from, &mut source)?;
    if !source.is_regular() && !is_link(source) {
        return Err(if source.is_dir() { Errno::EXDEV } else { Errno::EINVAL });
    }
    match sys::lstat(to, &mut target) {
        Ok(target) if target.is_dir() => return Err(Errno::EISDIR),
        // A file system may be mounted at two places.
        Ok(target) if target.same_file(source) => return remove_name(from, source, to),
        Ok(_) | Err(Errno::ENOENT) => {}
        Err(errno) => return Err(errno),
    }
    let (place, name) = split_path(to.to_bytes());
    if name.is_empty() {
        return Err(Errno::ENOTDIR);
    }
    let directory = open_directory(&sys::CWD, place)?;
    if is_link(source) { move_link(from, source, to, &directory) } else { move_file(from, to, &directory) }
}

fn is_link(file: &Stat) -> bool {
    file.mode() & sys::S_IFMT == sys::S_IFLNK
}

fn move_file(from: &CStr, to: &CStr, directory: &Fd) -> Result<()> {
    // Another process may have put a link or a FIFO there.
    let file = sys::open(from, sys::O_RDONLY | sys::O_NOFOLLOW | sys::O_NONBLOCK, 0)?;
    let mut buffer = StatBuffer::uninit();
    let source = sys::fstat(&file, &mut buffer)?;
    if !source.is_regular() {
        return Err(Errno::EINVAL);
    }
    put(to, create_draft, |copy, draft| {
        let copied = copy_content(&file, source, &copy, true);
        if copied.is_ok() {
            let _ = sys::chown(&copy, source.owner());
            let _ = sys::chmod(&copy, source.mode() & PERMISSIONS);
            keep_times(draft, source);
        }
        copied.and_then(|()| sys::sync(&copy)).and(copy.close())?;
        sys::rename(draft, to)
    })?;
    sync_directory(directory)?;
    let mut buffer = StatBuffer::uninit();
    remove_source(from, |found| Ok(is_same_file(from, found, sys::fstat(&file, &mut buffer)?)))
}

fn move_link(from: &CStr, source: &Stat, to: &CStr, directory: &Fd) -> Result<()> {
    let (mut content, mut again) = ([MaybeUninit::uninit(); PATH_MAX], [MaybeUninit::uninit(); PATH_MAX]);
    let content = terminate(link_content(&sys::CWD, from, &mut again)?, &mut content)?;
    put(
        to,
        |draft| sys::symlink(content, draft),
        |(), draft| {
            let _ = sys::chown_path(draft, source.owner());
            keep_times(draft, source);
            sys::rename(draft, to)
        },
    )?;
    sync_directory(directory)?;
    let is_same = |found: &_| Ok(is_link(found) && link_content(&sys::CWD, from, &mut again)? == content.to_bytes());
    remove_source(from, is_same)
}

/// Creates a file for a copy, which only its owner may use.
fn create_draft(path: &CStr) -> Result<Fd> {
    const OWNER_ONLY: u32 = 0o600;
    sys::open(path, sys::O_WRONLY | sys::O_CREAT | sys::O_EXCL, OWNER_ONLY)
}

/// Creates something beside a path and completes it, which renames it. It is removed after an error.
fn put<R>(
    path: &CStr,
    create: impl Fn(&CStr) -> Result<R>,
    complete: impl FnOnce(R, &CStr) -> Result<()>,
) -> Result<()> {
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    let (created, draft) = create_beside(path, &mut buffer, create)?;
    complete(created, draft).inspect_err(|_| {
        // The first error is the one to report.
        let _ = sys::unlink(draft);
    })
}

/// Creates something under a name of its own in the directory of a path, and returns its path as well.
fn create_beside<'a, R>(
    path: &CStr,
    buffer: &'a mut PathBuffer,
    create: impl Fn(&CStr) -> Result<R>,
) -> Result<(R, &'a CStr)> {
    let (directory, _) = split_path(path.to_bytes());
    let (name, created) = with_unused_name(|name| create(join([directory, DRAFT, name], buffer)?))?;
    Ok((created, join([directory, DRAFT, &name], buffer)?))
}

/// Gives a path the times of a file, if the file system can.
fn keep_times(path: &CStr, source: &Stat) {
    let times = [Some(source.accessed_time()), Some(source.modified_time())];
    let _ = sys::set_times(path, times, false);
}

/// Removes a name, if what has it is still what was copied.
fn remove_source(path: &CStr, is_copied: impl FnOnce(&Stat) -> Result<bool>) -> Result<()> {
    let mut buffer = StatBuffer::uninit();
    let removed = sys::lstat(path, &mut buffer).and_then(is_copied);
    match removed.and_then(|is_copied| if is_copied { sys::unlink(path) } else { Ok(()) }) {
        // Another process has moved or removed it.
        Err(Errno::ENOENT) => Ok(()),
        result => result,
    }
}
