//! The error of a malformed pattern.

use core::fmt;

/// An error in a pattern.
///
/// ```
/// use ffi_syscalls::glob::Pattern;
///
/// let error = Pattern::new("a**").unwrap_err();
/// assert_eq!(error.position, 0);
/// assert_eq!(
///     error.to_string(),
///     "pattern syntax error near position 0: recursive wildcards must form a single path component",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PatternError {
    /// The number of characters before the error, or before what is next to it.
    pub position: usize,
    /// The rule that the pattern breaks.
    pub message: &'static str,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pattern syntax error near position {}: {}", self.position, self.message)
    }
}

impl core::error::Error for PatternError {}
