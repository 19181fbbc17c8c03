//! Patterns for paths.

mod chars;
mod matching;
mod paths;
mod pattern;
mod token;

use crate::errno::{Errno, Result};

pub use paths::{GlobError, Paths, glob, glob_with, paths};
pub use pattern::{MatchOptions, Pattern, PatternError};

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
