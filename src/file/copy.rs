//! Copying a file.

use core::ffi::CStr;

use super::check::{is_renumbered, is_same_file};
use super::holes::copy_sparse;
use crate::arg::Arg;
use crate::errno::{Errno, Result};
use crate::io::{copy_in_kernel, copy_read_write};
use crate::sys::{self, Fd, Stat, StatBuffer};

pub(super) const PERMISSIONS: u32 = 0o777;

/// Copies the content of a file. A new destination gets the permission bits of the source, less the umask.
///
/// The default ACL of its directory takes the place of the umask. Set-user-ID, set-group-ID and sticky bits, owner, times
/// and extended attributes are not copied.
///
/// An existing destination keeps its mode and its identity: other links to it see the new content.
///
/// Holes of a regular file stay holes if the destination is a regular file too. A source that is not a regular file (a
/// pipe, a device) is read to its end, and so is a file that does not have the size that it claims.
///
/// # Errors
/// Those of open(2), read(2), write(2), lseek(2), ftruncate(2), close(2). `EISDIR` if either is a directory. `EINVAL` if
/// both are the same file, which is left unchanged. After an error a destination that this call created is removed; one
/// that existed, or that a dangling link led to, may be incomplete.
pub fn copy(source: impl Arg, destination: impl Arg) -> Result<()> {
    source.with_c_str(|source| destination.with_c_str(|destination| copy_file(source, destination)))
}

fn copy_file(source: &CStr, destination: &CStr) -> Result<()> {
    let from = sys::open(source, sys::O_RDONLY, 0)?;
    // The destination is not truncated here, since it may turn out to be the source. The source is examined only after
    // this open: on overlayfs, opening a file of a lower layer for writing replaces the file, even under descriptors.
    let opened = sys::open(destination, sys::O_WRONLY, 0);
    let mut buffer = StatBuffer::uninit();
    let source = sys::fstat(&from, &mut buffer)?;
    if source.is_dir() {
        return Err(Errno::EISDIR);
    }
    let (to, is_new) = match opened {
        Err(Errno::ENOENT) => create(destination, source.mode() & PERMISSIONS)?,
        opened => (opened?, false),
    };
    let mut buffer = StatBuffer::uninit();
    let target = sys::fstat(&to, &mut buffer);
    let copied = target.and_then(|target| {
        if !is_new {
            empty(destination, &to, target, source)?;
        }
        copy_content(&from, source, &to, target.is_regular())
    });
    let result = copied.and(to.close());
    if result.is_err() && is_new && is_ours(destination, target) {
        // The first error is the one to report.
        let _ = sys::unlink(destination);
    }
    result
}

/// Returns whether the path refers to the file that this call created: another process may have put its own there. A file
/// whose status is unknown counts as this call's.
fn is_ours(path: &CStr, target: Result<&Stat>) -> bool {
    let Ok(file) = target else { return true };
    sys::stat(path, &mut StatBuffer::uninit()).is_ok_and(|found| is_same_file(path, found, file))
}

/// Opens a destination that was missing. Returns true with it if this call created the file at this path.
///
/// It is created with its mode: a later chmod(2) would ignore the umask and the default ACL, and some file systems refuse
/// it.
fn create(path: &CStr, mode: u32) -> Result<(Fd, bool)> {
    match sys::open(path, sys::O_WRONLY | sys::O_CREAT | sys::O_EXCL, mode) {
        // Another process created it first, or the name is a dangling link, whose target is created.
        Err(Errno::EEXIST) => Ok((sys::open(path, sys::O_WRONLY | sys::O_CREAT, mode)?, false)),
        opened => Ok((opened?, true)),
    }
}

/// Truncates an existing destination, whatever size it claims. `EINVAL` if it is the source.
fn empty(path: &CStr, to: &Fd, target: &Stat, source: &Stat) -> Result<()> {
    if target.same_file(source) || target.same_attributes(source) && is_renumbered(path, target) {
        return Err(Errno::EINVAL);
    }
    if target.is_regular() { sys::truncate(to, 0) } else { Ok(()) }
}

/// Copies to an empty file, or to a device or pipe.
pub(super) fn copy_content(from: &Fd, source: &Stat, to: &Fd, to_regular: bool) -> Result<()> {
    if to_regular && source.is_regular() {
        let size = usize::try_from(source.size()).unwrap_or_default();
        if source.looks_sparse() {
            return copy_sparse(from, to, size);
        }
        copy_in_kernel(from, to, size)?;
    }
    copy_read_write(from, to, source.is_regular())
}
