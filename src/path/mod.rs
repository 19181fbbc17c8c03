//! Paths as texts: their parts, and what they lead to.
//!
//! Only [`canonical`] looks at the file system. Paths are bytes; a slash separates the names in them.

mod canonical;

use crate::env;
use crate::errno::{Errno, Result};
use crate::fields::without_last;
use crate::heap::Block;
use crate::text::Text;

pub use canonical::canonical;

/// Returns the last name in a path, without the slashes after it.
///
/// It is `/` for a path of slashes alone, and empty for the empty path. `.` and `..` are names.
///
/// ```
/// use ffi_syscalls::path;
///
/// assert_eq!(path::basename("/usr/lib/"), b"lib");
/// assert_eq!(path::basename("//"), b"/");
/// ```
#[must_use]
pub fn basename<P: AsRef<[u8]> + ?Sized>(path: &P) -> &[u8] {
    let path = path.as_ref();
    let trimmed = without_final_slashes(path);
    if trimmed.is_empty() {
        return path.get(..1).unwrap_or_default();
    }
    trimmed.get(name_start(trimmed)..).unwrap_or_default()
}

/// Returns a path without its last name and the slashes around it: the directory that contains the name.
///
/// It is `.` for a path without a directory, and `/` for a name in the root directory and for `/` itself.
///
/// ```
/// use ffi_syscalls::path;
///
/// assert_eq!(path::dirname("/usr/lib/"), b"/usr");
/// assert_eq!(path::dirname("lib"), b".");
/// ```
#[must_use]
pub fn dirname<P: AsRef<[u8]> + ?Sized>(path: &P) -> &[u8] {
    let path = path.as_ref();
    let trimmed = without_final_slashes(path);
    let directory = trimmed.get(..name_start(trimmed)).unwrap_or_default();
    match without_final_slashes(directory) {
        // Only slashes are left of the directory, or of the whole path.
        [] if path.first() == Some(&b'/') => path.get(..1).unwrap_or_default(),
        [] => b".",
        directory => directory,
    }
}

/// Returns the part of the last name after its last dot. It is empty if there is none.
///
/// A dot at the start of a name, as in `.bashrc`, starts no extension.
///
/// ```
/// use ffi_syscalls::path;
///
/// assert_eq!(path::extension("backup/b.tar.gz"), b"gz");
/// assert_eq!(path::extension(".bashrc"), b"");
/// ```
#[must_use]
pub fn extension<P: AsRef<[u8]> + ?Sized>(path: &P) -> &[u8] {
    let name = basename(path);
    match name.iter().rposition(|&byte| byte == b'.') {
        Some(dot) if dot > 0 && name != b".." => name.get(dot + 1..).unwrap_or_default(),
        _ => b"",
    }
}

/// Returns the path that leads to `path` from the directory `base`.
///
/// An absolute `path` replaces the base. If either is empty, the result is the other.
///
/// ```
/// use ffi_syscalls::path;
///
/// assert_eq!(path::join("/usr", "lib")?, b"/usr/lib");
/// assert_eq!(path::join("/usr", "/etc")?, b"/etc");
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
///
/// # Errors
/// `ENOMEM`; `EAGAIN` if memory is locked ([Memory](crate#memory)).
pub fn join(base: impl AsRef<[u8]>, path: impl AsRef<[u8]>) -> Result<Text> {
    let (base, path) = (base.as_ref(), path.as_ref());
    if base.is_empty() || path.starts_with(b"/") {
        return Text::new(path);
    }
    let mut joined = Block::new(base.len() + path.len() + 2)?;
    joined.extend_from_slice(base)?;
    if !path.is_empty() {
        joined.extend_from_slice(if base.ends_with(b"/") { b"" } else { b"/" })?;
        joined.extend_from_slice(path)?;
    }
    Text::from_block(joined)
}

/// Returns a path that leads to the same file from every working directory.
///
/// It is computed from the text and the working directory alone: `.`, slashes that follow another and those at the end
/// are left out. `..` stays, since the name before it may be a symbolic link.
///
/// ```
/// use ffi_syscalls::path;
///
/// assert_eq!(path::absolute("/usr//./lib/../")?, b"/usr/lib/..");
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
///
/// # Errors
/// `ENOENT` for the empty path, which leads nowhere. For a relative path those of [`env::cwd`]. `ENOMEM`; `EAGAIN` if
/// memory is locked ([Memory](crate#memory)).
pub fn absolute(path: impl AsRef<[u8]>) -> Result<Text> {
    let path = path.as_ref();
    let mut absolute = if path.starts_with(b"/") {
        Block::new(path.len() + 2)?
    } else if path.is_empty() {
        return Err(Errno::ENOENT);
    } else {
        let cwd = env::cwd()?;
        let mut absolute = Block::new(cwd.len() + path.len() + 2)?;
        absolute.extend_from_slice(without_last(&cwd, b'/'))?;
        absolute
    };
    for name in path.split(|&byte| byte == b'/').filter(|name| !matches!(*name, b"" | b".")) {
        absolute.extend_from_slice(b"/")?;
        absolute.extend_from_slice(name)?;
    }
    if absolute.len() == 0 {
        absolute.extend_from_slice(b"/")?;
    }
    Text::from_block(absolute)
}

/// Returns a path without the slashes at its end.
fn without_final_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
    path.get(..end).unwrap_or_default()
}

/// Returns where the last name of a path starts, which does not end in a slash.
fn name_start(path: &[u8]) -> usize {
    path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1)
}
