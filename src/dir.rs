//! Directories: making and listing them.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::alloc::Block;
use crate::arg::{Arg, PATH_MAX, terminate};
use crate::fd::Fd;
use crate::sys::{self, StatBuffer};
use crate::{Errno, List, Result};

const NEW_DIRECTORY: u32 = 0o777;

/// Makes a directory with the mode 0777, less the umask; with `recursive` its missing parents too.
///
/// # Errors
/// Those of mkdir(2). `EEXIST` when the name is taken: with `recursive` only when by something that is no directory.
/// `ENOENT` when a parent is missing, `ENOTDIR` when one is no directory.
pub fn create(path: impl Arg, recursive: bool) -> Result<()> {
    path.with_c_str(|path| if recursive { create_with_parents(path) } else { sys::mkdir(path, NEW_DIRECTORY) })
}

/// How often to begin again when somebody removes what was just made or found. Each time means a lost race.
const ATTEMPTS: u32 = 1000;

/// Backs up to the deepest parent that exists or can be made, and makes the rest from there.
fn create_with_parents(path: &CStr) -> Result<()> {
    let path = path.to_bytes();
    for _ in 0..ATTEMPTS {
        match create_below(path, ensure_deepest(path)?) {
            Err(Errno::ENOENT) => {}
            result => return result,
        }
    }
    Err(Errno::ENOENT)
}

/// Makes or finds the deepest directory on the path whose parent exists; where it ends in the path.
fn ensure_deepest(path: &[u8]) -> Result<usize> {
    let mut end = path.len();
    loop {
        match ensure(path, end) {
            Err(Errno::ENOENT) => end = parent_end(path, end).ok_or(Errno::ENOENT)?,
            result => return result.map(|()| end),
        }
    }
}

fn create_below(path: &[u8], mut end: usize) -> Result<()> {
    while end < path.len() {
        end = child_end(path, end);
        ensure(path, end)?;
    }
    Ok(())
}

/// Makes one directory, the first `end` bytes of the path, or finds it there.
fn ensure(path: &[u8], end: usize) -> Result<()> {
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    let directory = terminate(path.get(..end).unwrap_or_default(), &mut buffer)?;
    for _ in 0..ATTEMPTS {
        let errno = match sys::mkdir(directory, NEW_DIRECTORY) {
            Err(errno) if errno != Errno::ENOENT => errno,
            result => return result,
        };
        // Which error a directory that exists gets differs: EEXIST, but EROFS, EACCES or EISDIR for some.
        match sys::stat(directory, &mut StatBuffer::uninit()) {
            Ok(found) if found.is_dir() => return Ok(()),
            // It was there and is not any more, unless it is a link that leads nowhere.
            Err(Errno::ENOENT)
                if errno == Errno::EEXIST && sys::stat_link(directory, &mut StatBuffer::uninit()).is_err() => {}
            _ => return Err(errno),
        }
    }
    Err(Errno::EEXIST)
}

/// Where the parent of the path's first `end` bytes ends, without the slashes between, or `None` at the top.
fn parent_end(path: &[u8], end: usize) -> Option<usize> {
    let name_end = back_over(path, end, true);
    let name = back_over(path, name_end, false);
    match back_over(path, name, true) {
        0 => None,
        parent => Some(parent),
    }
}

/// Goes back from `end` over all slashes, or over all that is none.
#[inline(never)]
fn back_over(path: &[u8], mut end: usize, slashes: bool) -> usize {
    while path.get(end.wrapping_sub(1)).is_some_and(|&byte| (byte == b'/') == slashes) {
        end -= 1;
    }
    end
}

/// Where the next component behind the path's first `end` bytes ends.
fn child_end(path: &[u8], end: usize) -> usize {
    let mut end = end;
    while path.get(end) == Some(&b'/') {
        end += 1;
    }
    while path.get(end).is_some_and(|&byte| byte != b'/') {
        end += 1;
    }
    end
}

/// How much room each call gets: small buffers lose entries on some network file systems.
const ROOM: usize = 1 << 15;

/// The names in a directory, without `.` and `..`, in the kernel's order.
///
/// Names are bytes. What is added or removed meanwhile may be in the list or not; the rest is, once.
///
/// # Errors
/// Those of open(2) and getdents(2): `ENOENT`, `ENOTDIR`, `EACCES`. There is no list of a part.
pub fn list(path: impl Arg) -> Result<List> {
    path.with_c_str(list_open)
}

fn list_open(path: &CStr) -> Result<List> {
    let fd = sys::open(path, sys::O_RDONLY | sys::O_DIRECTORY, 0)?;
    let mut records = Block::new(ROOM)?;
    let len = read_records(&fd, &mut records)?;
    drop(fd);
    // SAFETY: the kernel has set this many bytes.
    let records = unsafe { records.spare().get(..len).unwrap_or_default().assume_init_ref() };
    List::new(sys::dir_names(records))
}

/// Reads all records of a directory; the result is their length.
fn read_records(fd: &Fd, records: &mut Block) -> Result<usize> {
    let mut len = 0;
    loop {
        if records.capacity() - len < ROOM {
            records.grow(records.capacity().saturating_mul(2))?;
        }
        match sys::read_dir(fd, records.spare().get_mut(len..).unwrap_or_default()) {
            // ENOENT: the directory was removed while it was read, and has no more names.
            Ok(0) | Err(Errno::ENOENT) => return Ok(len),
            Ok(read) => len += read,
            Err(errno) => return Err(errno),
        }
    }
}
