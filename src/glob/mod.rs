//! Patterns for paths.

mod chars;
mod error;
mod matching;
mod options;
mod paths;
mod pattern;
mod token;

use crate::errno::{Errno, Result};
use crate::list::{List, ListBuilder};

pub use error::PatternError;
pub use options::MatchOptions;
pub use paths::{GlobError, Paths, glob, glob_with};
pub use pattern::Pattern;

/// Returns whether a text matches a pattern, with the default options of [`Pattern::matches`].
///
/// ```
/// use ffi_syscalls::{Errno, glob};
///
/// assert_eq!(glob::matches("*.tar.[gx]z", "backup.tar.gz"), Ok(true));
/// assert_eq!(glob::matches("***", "a"), Err(Errno::EINVAL));
/// ```
///
/// # Errors
/// `EINVAL` for a malformed pattern. `ENOMEM` for one of 4096 bytes or more, which takes memory.
#[doc(alias = "rt_glob_match")]
pub fn matches(pattern: impl AsRef<[u8]>, text: impl AsRef<[u8]>) -> Result<bool> {
    let pattern = pattern.as_ref();
    let pattern = Pattern::new(pattern).map_err(|_| Errno::EINVAL)?;
    pattern.try_matches(text.as_ref(), MatchOptions::new())
}

/// Lists the paths that match a pattern, sorted by their bytes. Directories that cannot be read are left out.
///
/// ```
/// use ffi_syscalls::glob;
///
/// assert_eq!(glob::paths("/us[r]")?.len(), 1);
/// assert!(glob::paths("/no/such/*")?.is_empty());
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
///
/// # Errors
/// `EINVAL` for a malformed pattern. `ENOMEM`; `EAGAIN` if memory is locked ([Memory](crate#memory)). `EMFILE` and
/// `ENFILE` if there is no descriptor to read directories with.
#[doc(alias = "rt_glob_pattern")]
pub fn paths(pattern: impl AsRef<[u8]>) -> Result<List> {
    let mut paths = ListBuilder::new();
    for path in glob(pattern).map_err(|_| Errno::EINVAL)? {
        match path {
            Ok(path) => paths.push(&path),
            Err(error) if matches!(error.errno(), Errno::ENOMEM | Errno::EAGAIN | Errno::EMFILE | Errno::ENFILE) => {
                return Err(error.errno());
            }
            Err(_) => {}
        }
    }
    let mut list = paths.into_list()?;
    list.sort();
    let is_first = |index: &usize| index.checked_sub(1).is_none_or(|before| list.get(before) != list.get(*index));
    if (0..list.len()).all(|index| is_first(&index)) {
        return Ok(list);
    }
    // Several `**` lead to a path in several ways.
    let once = (0..list.len()).filter(is_first).filter_map(|index| list.get(index));
    List::new(once.map(core::ffi::CStr::to_bytes))
}
