//! Directories: making and listing them.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::alloc::Block;
use crate::arg::{Arg, PATH_MAX, PathBuffer, terminate};
use crate::file::read_behind;
use crate::sys::{self, Stat, StatBuffer};
use crate::{Errno, List, Result, Text};

const NEW_DIRECTORY: u32 = 0o777;

/// Makes a directory with the mode 0777, less the umask; with `recursive` its missing parents too.
///
/// # Errors
/// Those of mkdir(2). `EEXIST` when the name is taken: with `recursive` only when by something that is no directory.
/// `ENOENT` when a parent is missing, `ENOTDIR` when one is no directory.
pub fn create(path: impl Arg, recursive: bool) -> Result<()> {
    path.with_c_str(|path| if recursive { create_with_parents(path) } else { sys::mkdir(path, NEW_DIRECTORY) })
}

/// How often to try at most. Backing up takes half as many turns as a path has bytes; more of them mean lost races.
const ATTEMPTS: usize = 2 * PATH_MAX;

/// Backs up to the deepest parent that exists or can be made, and makes the rest from there. When somebody removes what
/// was just made or found, it backs up again.
fn create_with_parents(path: &CStr) -> Result<()> {
    let path = path.to_bytes();
    let mut end = path.len();
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    for _ in 0..ATTEMPTS {
        let directory = terminate(path.get(..end).unwrap_or_default(), &mut buffer)?;
        match sys::mkdir(directory, NEW_DIRECTORY) {
            Ok(()) => {}
            Err(Errno::ENOENT) => {
                end = parent_end(path, end);
                if end == 0 {
                    break;
                }
                continue;
            }
            // Which error a directory that exists gets differs: EEXIST, but EROFS, EACCES or EISDIR for some.
            Err(errno) => match sys::stat(directory, &mut StatBuffer::uninit()).map(Stat::is_dir) {
                Ok(true) => {}
                // It was there and is not any more, unless it is a link that leads nowhere.
                Err(Errno::ENOENT) if errno == Errno::EEXIST && is_gone(path, end, &mut buffer) => continue,
                _ => return Err(errno),
            },
        }
        if end == path.len() {
            return Ok(());
        }
        end = child_end(path, end);
    }
    Err(Errno::ENOENT)
}

/// Whether nothing is at the path's first `end` bytes, not even a link that leads nowhere. It is looked for without the
/// slashes behind its name, which would lead through the link.
fn is_gone(path: &[u8], end: usize, buffer: &mut PathBuffer) -> bool {
    let name = path.get(..back_over(path, end, true)).unwrap_or_default();
    terminate(name, buffer).and_then(|name| sys::stat_link(name, &mut StatBuffer::uninit()).map(drop)).is_err()
}

/// Where the parent of the path's first `end` bytes ends, without the slashes between, or 0 at the top.
fn parent_end(path: &[u8], end: usize) -> usize {
    let name_end = back_over(path, end, true);
    let name = back_over(path, name_end, false);
    back_over(path, name, true)
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
    match read_behind(&fd, &mut records, ROOM, sys::read_dir) {
        // ENOENT: the directory was removed while it was read, and has no more names.
        Ok(()) | Err(Errno::ENOENT) => {}
        Err(errno) => return Err(errno),
    }
    drop(fd);
    List::new(sys::dir_names(&Text::from_block(records)?))
}
