//! The program: its arguments and its file.

use core::mem::MaybeUninit;

use super::variables;
use super::working_directory::cwd;
use crate::arg::PATH_MAX;
use crate::content::read_file;
use crate::errno::{Errno, Result};
use crate::fields::{fields, without_last};
use crate::heap::{Block, MappedBuffer};
use crate::list::List;
use crate::sys::{self, StatBuffer};
use crate::text::Text;

/// Returns the arguments that the program was started with; the first one is its name.
///
/// A freestanding program finds them on its entry stack, one with glibc gets them before its `main`, and one with another
/// libc reads /proc/self/cmdline.
///
/// # Errors
/// `ENOENT` if /proc is needed and not mounted, or the other errors of reading it. `ENOMEM`; `EAGAIN` if memory is locked
/// ([Memory](crate#memory)).
///
/// ```
/// let args = ffi_syscalls::env::args().unwrap();
/// assert_eq!(args.len(), std::env::args_os().count());
/// ```
pub fn args() -> Result<List> {
    if let Some(arguments) = sys::arguments() {
        // SAFETY: the kernel, or the libc, has put an array of strings there, which stays until the process ends.
        return unsafe { variables::copy_of(arguments) };
    }
    let mut buffer = MappedBuffer::new(ARGUMENTS_MAX)?;
    match sys::read_arguments(buffer.as_uninit_mut()) {
        // SAFETY: the call initialized this many bytes.
        Ok(len) => split(unsafe { buffer.as_uninit_mut().get(..len).unwrap_or_default().assume_init_ref() }),
        Err(Errno::ENOSYS) => split(&read_file(c"/proc/self/cmdline")?),
        Err(errno) => Err(errno),
    }
}

/// The most that a system without another source passes to a program. See ARG_MAX in sysconf(3).
const ARGUMENTS_MAX: usize = 1 << 20;

/// Returns the arguments in a text, in which a NUL ends each.
fn split(text: &[u8]) -> Result<List> {
    let text = without_last(text, 0);
    List::new(fields(text, 0).filter(|_| !text.is_empty()))
}

/// Returns the path of the program's own file, absolute.
///
/// Without /proc it is the path by which the program was executed. If that is relative, it is taken to start at the
/// present working directory.
///
/// # Errors
/// `ENOENT` if the file was removed, or lies outside the root directory, or its path is unknown. `ENAMETOOLONG` if the
/// path has 4096 bytes or more. `ENOMEM`; `EAGAIN` if memory is locked ([Memory](crate#memory)).
///
/// ```
/// use std::os::unix::ffi::OsStrExt;
///
/// let exe = ffi_syscalls::env::exe().unwrap();
/// assert_eq!(exe, std::env::current_exe().unwrap().as_os_str().as_bytes());
/// ```
pub fn exe() -> Result<Text> {
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    let Ok(len) = sys::executable(&mut buffer) else { return executed_path() };
    if len >= PATH_MAX {
        return Err(Errno::ENAMETOOLONG);
    }
    // SAFETY: the call initialized this many bytes.
    let path = Text::new(unsafe { buffer.get(..len).unwrap_or_default().assume_init_ref() })?;
    if path.starts_with(b"/") && !is_deleted(&path) { Ok(path) } else { Err(Errno::ENOENT) }
}

/// Returns whether the kernel has marked the path as that of a file that was removed. The path of a file can end in the
/// same way.
fn is_deleted(path: &Text) -> bool {
    let (mut found, mut program) = (StatBuffer::uninit(), StatBuffer::uninit());
    path.ends_with(b" (deleted)")
        && match (sys::stat(path.as_c_str(), &mut found), sys::stat(c"/proc/self/exe", &mut program)) {
            (Ok(found), Ok(program)) => !found.same_file(program),
            _ => true,
        }
}

/// Returns the path by which the program was executed, made absolute.
#[cold]
fn executed_path() -> Result<Text> {
    let path = sys::exec_filename().ok_or(Errno::ENOENT)?;
    sys::access(path)?;
    let path = path.to_bytes();
    if path.starts_with(b"/") {
        return Text::new(path);
    }
    let directory = cwd()?;
    let mut joined = Block::new(directory.len() + path.len() + 2)?;
    joined.extend_from_slice(without_last(&directory, b'/'))?;
    joined.extend_from_slice(b"/")?;
    // A path such as ./program is relative to the directory too.
    joined.extend_from_slice(if let [b'.', b'/', below @ ..] = path { below } else { path })?;
    Text::from_block(joined)
}
