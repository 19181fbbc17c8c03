//! Creation.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::arg::{Arg, PATH_MAX, terminate};
use crate::errno::{Errno, Result};
use crate::sys::{self, Stat, StatBuffer};

const NEW_DIRECTORY_MODE: u32 = 0o777;

/// Creates a directory with the mode 0777, less the umask; with `recursive` its missing parents too.
///
/// The owner of new parents gets write and search permission even if the umask takes them, as with `mkdir -p`. Parents
/// that exist keep their mode.
///
/// # Errors
/// Those of mkdir(2). `EEXIST` if the name is taken: with `recursive` only by something that is not a directory.
/// `ENOENT` if a parent is missing, `ENOTDIR` if one is not a directory.
pub fn create(path: impl Arg, recursive: bool) -> Result<()> {
    path.with_c_str(|path| if recursive { create_with_parents(path) } else { sys::mkdir(path, NEW_DIRECTORY_MODE) })
}

/// The most attempts. Backing up takes at most half as many as a path has bytes; more of them mean lost races.
const ATTEMPTS: usize = 2 * PATH_MAX;

/// Backs up to the deepest parent that exists or can be created, and creates the rest from there.
///
/// If another process removes a directory that was just created or found, it backs up again.
fn create_with_parents(path: &CStr) -> Result<()> {
    let path = path.to_bytes();
    if path.len() >= PATH_MAX {
        return Err(Errno::ENAMETOOLONG);
    }
    // Slashes at the end are left out, since they would make the kernel follow a dangling link.
    let path = path.get(..skip_back(path, path.len(), true).max(1)).unwrap_or_default();
    let mut end = path.len();
    let mut owner_has_access = false;
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    for _ in 0..ATTEMPTS {
        let directory = terminate(path.get(..end).unwrap_or_default(), &mut buffer)?;
        match sys::mkdir(directory, NEW_DIRECTORY_MODE) {
            // Parents created one in another are alike, by the umask or the default ACL that they inherit.
            Ok(()) if end < path.len() && !owner_has_access => owner_has_access = ensure_owner_access(directory),
            Ok(()) => {}
            Err(Errno::ENOENT) => {
                end = parent_end(path, end);
                if end == 0 {
                    break;
                }
                continue;
            }
            // An existing directory is EEXIST, or on some file systems EROFS, EACCES or EISDIR.
            Err(errno) => match sys::stat(directory, &mut StatBuffer::uninit()).map(Stat::is_dir) {
                Ok(true) => owner_has_access = false,
                // The name existed and is gone, unless it is a dangling link.
                Err(Errno::ENOENT) if errno == Errno::EEXIST && is_gone(directory) => continue,
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

/// Returns whether nothing is at the path, not even a dangling link.
fn is_gone(path: &CStr) -> bool {
    sys::lstat(path, &mut StatBuffer::uninit()).is_err()
}

/// Returns whether the owner of a new parent can create files in it. If not, makes it so, as POSIX specifies for
/// `mkdir -p`.
///
/// The umask is left alone: it belongs to all threads. Errors are ignored, since some file systems refuse each
/// chmod(2): the next mkdir(2) fails if a permission is missing. For a user who is not in the directory's group,
/// chmod(2) clears set-group-ID.
fn ensure_owner_access(directory: &CStr) -> bool {
    const WRITE_AND_SEARCH: u32 = 0o300;
    let mut buffer = StatBuffer::uninit();
    let Ok(made) = sys::lstat(directory, &mut buffer) else { return false };
    let mode = made.mode() & !sys::S_IFMT;
    let has_access = mode & WRITE_AND_SEARCH == WRITE_AND_SEARCH;
    if !has_access {
        let _ = change_mode(directory, made, mode | WRITE_AND_SEARCH);
    }
    has_access
}

/// Changes the mode of a directory, if it is still the one at the path.
fn change_mode(directory: &CStr, made: &Stat, mode: u32) -> Result<()> {
    const OWNER_ONLY: u32 = 0o700;
    let open = || sys::open(directory, sys::O_RDONLY | sys::O_DIRECTORY | sys::O_NOFOLLOW, 0);
    let fd = match open() {
        // A directory that its owner may not read. chmod(2) would follow a link that another process puts in its place
        // right now, to a file of this user. The mode lets no one else use such a file.
        Err(Errno::EACCES) => {
            sys::chmod_path(directory, OWNER_ONLY)?;
            open()?
        }
        result => result?,
    };
    if sys::fstat(&fd, &mut StatBuffer::uninit())?.same_file(made) { sys::chmod(&fd, mode) } else { Ok(()) }
}

/// Returns where the parent of the path's first `end` bytes ends, without the slashes in between, or 0 at the top.
fn parent_end(path: &[u8], end: usize) -> usize {
    let name_end = skip_back(path, end, true);
    let name = skip_back(path, name_end, false);
    skip_back(path, name, true)
}

/// Moves back from `end` over all slashes, or over everything else.
#[inline(never)]
fn skip_back(path: &[u8], mut end: usize, slashes: bool) -> usize {
    while path.get(end.wrapping_sub(1)).is_some_and(|&byte| (byte == b'/') == slashes) {
        end -= 1;
    }
    end
}

/// Returns where the component after the path's first `end` bytes ends.
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
