//! Copying a file.

use core::ffi::CStr;

use super::check::check_same_file;
use crate::arg::Arg;
use crate::errno::{Errno, Result};
use crate::io::copy_read_write;
use crate::sys::{self, Fd, Stat, StatBuffer};

const PERMISSIONS: u32 = 0o777;

/// Copies the content and the permission bits of a file, without set-user-ID and set-group-ID.
///
/// Owner, times and extended attributes are not copied. An existing destination keeps its identity: other links to it
/// see the new content. A source that is not a regular file (a pipe, a device, a file of /proc) is read to its end.
///
/// # Errors
/// Those of open(2), read(2), write(2), fchmod(2), close(2). `EISDIR` if either is a directory. `EINVAL` if both are
/// the same file, which is left unchanged. After an error a destination that this call created is removed; one that
/// existed, or that a dangling link led to, may be incomplete.
pub fn copy(source: impl Arg, destination: impl Arg) -> Result<()> {
    source.with_c_str(|source| destination.with_c_str(|destination| copy_file(source, destination)))
}

fn copy_file(source: &CStr, destination: &CStr) -> Result<()> {
    let from = sys::open(source, sys::O_RDONLY, 0)?;
    // The destination is not truncated here, since it may turn out to be the source. The source is examined only after
    // this open: on overlayfs, opening a file of a lower layer for writing replaces the file, even under descriptors.
    let mut opened = sys::open(destination, sys::O_WRONLY, 0);
    let mut buffer = StatBuffer::uninit();
    let source = sys::fstat(&from, &mut buffer)?;
    if source.is_dir() {
        return Err(Errno::EISDIR);
    }
    let mut created = false;
    if matches!(opened, Err(Errno::ENOENT)) {
        let mode = source.mode() & PERMISSIONS;
        opened = sys::open(destination, sys::O_WRONLY | sys::O_CREAT | sys::O_EXCL, mode);
        created = opened.is_ok();
        // Another process created it first, or the name is a dangling link, whose target is created.
        if matches!(opened, Err(Errno::EEXIST)) {
            opened = sys::open(destination, sys::O_WRONLY | sys::O_CREAT, mode);
        }
    }
    let to = opened?;
    let mut buffer = StatBuffer::uninit();
    let target = sys::fstat(&to, &mut buffer);
    let copied = target.and_then(|target| copy_open(&from, source, &to, target));
    let result = copied.and(to.close());
    // Another process may have put a file of its own at the path.
    let is_ours = || target.map_or(Ok(()), |target| check_same_file(destination, target)).is_ok();
    if result.is_err() && created && is_ours() {
        // The first error is the one to report.
        let _ = sys::unlink(destination);
    }
    result
}

fn copy_open(from: &Fd, source: &Stat, to: &Fd, target: &Stat) -> Result<()> {
    if target.same_file(source) {
        return Err(Errno::EINVAL);
    }
    if target.is_regular() {
        replace_mode(to, source, target)?;
        if source.is_regular() && source.size() >= SMALL_COPY {
            copy_in_kernel(from, to, source.size())?;
        }
    }
    copy_read_write(from, to)
}

/// Truncates the destination, and gives it the permission bits of the source.
fn replace_mode(to: &Fd, source: &Stat, target: &Stat) -> Result<()> {
    let (old, mode) = (target.mode() & !sys::S_IFMT, source.mode() & PERMISSIONS);
    // Never widen the mode while the old content is still present.
    let meanwhile = if target.size() > 0 { old & mode } else { mode };
    // The mode is changed before the content is lost: the owner alone may change it, and may be someone else.
    if old != mode {
        sys::chmod(to, meanwhile)?;
    }
    if target.size() > 0 {
        sys::truncate(to, 0)?;
    }
    if meanwhile != mode {
        sys::chmod(to, mode)?;
    }
    Ok(())
}

/// Below this size one read and one write are faster than a copy by the kernel.
const SMALL_COPY: i64 = 1 << 16;

/// Copies about this many bytes in the kernel, which shares the blocks where the file system can.
///
/// [`copy_read_write`] continues from the offsets of both descriptors: the file may have grown, and the kernel may lack
/// the call, refuse these files, or stop early (0 does not prove the end: copy_file_range(2), BUGS).
fn copy_in_kernel(from: &Fd, to: &Fd, mut size: i64) -> Result<()> {
    const STEP: usize = 1 << 30;
    while size > 0 {
        match sys::copy_file_range(from, to, STEP) {
            Ok(0) => break,
            Ok(copied) => size -= i64::try_from(copied).unwrap_or(size),
            // Reading and writing would fail in the same way, possibly after doing damage.
            Err(errno @ (Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG)) => return Err(errno),
            Err(_) => break,
        }
    }
    Ok(())
}
