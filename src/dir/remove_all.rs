//! Removal of a directory with all that is in it.

use core::ffi::CStr;

use super::records::RECORDS;
use super::tree::{OPEN_DIRECTORY, Tree};
use crate::arg::{Arg, PATH_MAX, terminate};
use crate::errno::{Errno, Result};
use crate::sys::{self, StatBuffer};

/// Removes a file, or a directory with everything in it.
///
/// A symbolic link is removed itself and never followed, not even one that another process puts in the place of a
/// directory meanwhile: each directory is opened from its parent, and only if it is no link. Trees may be deeper than a
/// path may be long, and few directories are open at a time. Mount points in the tree are left alone.
///
/// It removes all that it can, and then reports the first error.
///
/// ```
/// use ffi_syscalls::{Errno, dir, file};
/// # let temp = std::env::temp_dir().join(format!("ffi_syscalls.remove_all.{}", std::process::id()));
/// # let tree = temp.to_str().unwrap();
///
/// dir::create(&*format!("{tree}/a/b"), true)?;
/// file::write_text(&*format!("{tree}/a/c"), "content")?;
/// dir::remove_all(tree)?;
/// assert_eq!(dir::remove_all(tree), Err(Errno::ENOENT));
/// # Ok::<(), Errno>(())
/// ```
///
/// # Errors
/// Those of unlink(2), rmdir(2), open(2) and getdents(2). `ENOENT` if nothing is there; what others remove from the tree
/// meanwhile is no error. `EINVAL` for `/` and for a path that ends in `.` or `..`. `ENOTDIR` for a file or a link with a
/// slash after its name. `EBUSY` if the tree has a mount point. `ENOTEMPTY` if others create files in it as fast as they
/// are removed. `ESTALE` if a directory was moved elsewhere while another in it was emptied, too far down for both to stay
/// open. `ENOMEM`; `EAGAIN` if memory is locked ([Memory](crate#memory)).
pub fn remove_all(path: impl Arg) -> Result<()> {
    let path = path.bytes();
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
    let trimmed = path.get(..end).unwrap_or_default();
    let has_slash = end < path.len();
    if path.len() >= PATH_MAX {
        return Err(Errno::ENAMETOOLONG);
    }
    match trimmed.rsplit(|&byte| byte == b'/').next() {
        Some(b"." | b"..") => return Err(Errno::EINVAL),
        Some(b"") | None => return Err(if has_slash { Errno::EINVAL } else { Errno::ENOENT }),
        _ => {}
    }
    let mut buffer = [core::mem::MaybeUninit::uninit(); PATH_MAX];
    let root = terminate(trimmed, &mut buffer)?;
    match sys::open(root, OPEN_DIRECTORY, 0) {
        Ok(fd) => {
            let device = sys::fstat(&fd, &mut StatBuffer::uninit())?.id().device;
            Removal { tree: Tree::new(trimmed, MAX_OPEN)?, device, error: None }.run(root, fd)
        }
        Err(Errno::ENOENT) => Err(Errno::ENOENT),
        Err(errno) if has_slash => sys::rmdir_at(&sys::CWD, root).map_err(|reason| pick(reason, errno)),
        Err(errno) => remove_unopened(&sys::CWD, root, errno),
    }
}

/// The most directories that are open at a time, but for the root.
const MAX_OPEN: usize = 10;

/// Removes what open(2) has refused to open as a directory: a file, a link, or a directory that may not be read, if it
/// is empty.
fn remove_unopened(directory: &sys::Fd, name: &CStr, refused: Errno) -> Result<()> {
    match sys::unlink_at(directory, name) {
        Err(Errno::EISDIR) => sys::rmdir_at(directory, name).map_err(|reason| pick(reason, refused)),
        result => result,
    }
}

/// Returns the error that explains why a directory could not be removed: that of open(2), if it would have been emptied.
fn pick(reason: Errno, refused: Errno) -> Errno {
    if is_not_empty(reason) { refused } else { reason }
}

fn is_not_empty(errno: Errno) -> bool {
    matches!(errno, Errno::ENOTEMPTY | Errno::EEXIST)
}

struct Removal {
    tree: Tree,
    /// The device of the root.
    device: u64,
    /// The first error.
    error: Option<Errno>,
}

impl Removal {
    /// Removes the tree of an open root.
    fn run(mut self, root: &CStr, fd: sys::Fd) -> Result<()> {
        self.tree.push(Ok(fd), OPEN_DIRECTORY)?;
        loop {
            // A directory of which one read returned everything is gone before a second one finds its end.
            let is_read_once = self.tree.top().is_some_and(|top| top.reads == 1 && !top.is_at_end);
            if is_read_once && !self.tree.has_records() && self.is_short() {
                match self.remove_top(root) {
                    Ok(true) => return Ok(()),
                    Ok(false) => continue,
                    Err(_) => {}
                }
            }
            match self.tree.next_entry() {
                Ok(Some(kind)) => self.remove_entry(kind)?,
                Ok(None) => {
                    if let Some(result) = self.finish(root) {
                        return result;
                    }
                }
                Err(errno) => self.note(errno),
            }
        }
    }

    /// Returns whether the first read of the directory left room for a long name, so that it is likely to be complete.
    fn is_short(&self) -> bool {
        self.tree.read_len() + 2 * 280 < RECORDS
    }

    fn note(&mut self, errno: Errno) {
        self.error.get_or_insert(errno);
    }

    /// Marks the directory that is read as one in which something was removed.
    fn mark(&mut self) {
        if let Some(top) = self.tree.top() {
            top.has_removed = true;
        }
    }

    /// Removes the current entry, or enters it.
    fn remove_entry(&mut self, kind: u32) -> Result<()> {
        let name = self.tree.name_start();
        let removed = if kind == sys::S_IFDIR { Err(Errno::EISDIR) } else { self.unlink(name) };
        let removed = match removed {
            Err(Errno::EISDIR) => match self.remove_directory(name)? {
                Some(result) => result,
                None => return Ok(()),
            },
            result => result,
        };
        match removed {
            Ok(()) => self.mark(),
            Err(Errno::ENOENT) => {}
            Err(errno) => self.note(errno),
        }
        Ok(())
    }

    fn unlink(&self, name: usize) -> Result<()> {
        sys::unlink_at(self.tree.top_fd()?, self.tree.name(name))
    }

    /// Enters a directory, which returns `None`, or removes what cannot be entered.
    fn remove_directory(&mut self, name: usize) -> Result<Option<Result<()>>> {
        match self.tree.open_entry(name, OPEN_DIRECTORY) {
            Ok(fd) => {
                if !self.is_in_tree(&fd) {
                    match self.tree.top_fd().and_then(|top| sys::rmdir_at(top, self.tree.name(name))) {
                        Ok(()) => return Ok(Some(Ok(()))),
                        Err(Errno::EBUSY) => return Ok(Some(Err(Errno::EBUSY))),
                        Err(_) => {}
                    }
                }
                self.tree.push(Ok(fd), OPEN_DIRECTORY).map(|()| None)
            }
            Err(Errno::ENOENT) => Ok(Some(Err(Errno::ENOENT))),
            Err(errno) => {
                let top = self.tree.top_fd();
                Ok(Some(top.and_then(|top| remove_unopened(top, self.tree.name(name), errno))))
            }
        }
    }

    /// Returns whether an open directory is the one that its parent contains, on the same device, and nothing that is
    /// mounted there. If it is uncertain, rmdir(2) decides, which checks for a mount before it looks for entries.
    fn is_in_tree(&self, fd: &sys::Fd) -> bool {
        let mut buffer = StatBuffer::uninit();
        sys::fstat(fd, &mut buffer).is_ok_and(|stat| {
            let id = stat.id();
            id.inode == self.tree.inode && id.device == self.device
        })
    }

    /// Removes the directory that is read, and goes up. Returns whether it was the root.
    fn remove_top(&mut self, root: &CStr) -> Result<bool> {
        let (depth, path_len) = match self.tree.levels() {
            [.., top] => (self.tree.depth(), top.path_len),
            [] => return Ok(true),
        };
        if depth <= 1 {
            return sys::rmdir_at(&sys::CWD, root).map(|()| true);
        }
        self.tree.reopen_parent()?;
        self.tree.truncate_path(path_len);
        let (parent, name) = self.tree.parent_of_top()?;
        sys::rmdir_at(parent, name)?;
        self.leave();
        self.mark();
        Ok(false)
    }

    fn leave(&mut self) {
        if let Err(errno) = self.tree.leave() {
            self.note(errno);
        }
    }

    /// Removes the directory that was read to its end. Returns the result once that was the root.
    ///
    /// Some file systems skip entries when others are removed, and others may have created some: it is read again as long
    /// as that leads to removals.
    fn finish(&mut self, root: &CStr) -> Option<Result<()>> {
        let errno = match self.remove_top(root) {
            // Nothing is left, so what failed at first did not fail for ever.
            Ok(true) => return Some(Ok(())),
            Ok(false) => return None,
            Err(errno) => errno,
        };
        let has_removed = self.tree.top().is_some_and(|top| top.has_removed);
        if is_not_empty(errno) && has_removed && self.tree.rewind().is_ok() {
            return None;
        }
        if errno != Errno::ENOENT {
            self.note(errno);
        }
        if self.tree.depth() <= 1 {
            return Some(self.error.map_or(Ok(()), Err));
        }
        self.leave();
        None
    }
}
