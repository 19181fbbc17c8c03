//! The options of matching.

/// The options of a match.
///
/// ```
/// use ffi_syscalls::glob::{MatchOptions, Pattern};
///
/// let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
/// assert!(!Pattern::new("*.c")?.matches_with("src/main.c", options));
/// # Ok::<(), ffi_syscalls::glob::PatternError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MatchOptions {
    /// If set, the case of ASCII letters matters.
    pub case_sensitive: bool,
    /// If set, only a slash in the pattern and `**` match a slash.
    pub require_literal_separator: bool,
    /// If set, only a dot in the pattern matches a dot at the start of a name.
    pub require_literal_leading_dot: bool,
}

impl MatchOptions {
    /// Returns the options of [`Pattern::matches`](super::Pattern::matches): case matters, and wildcards match slashes and leading dots.
    ///
    /// All options of [`MatchOptions::default`] are unset, so case does not matter there.
    #[must_use]
    pub const fn new() -> Self {
        Self { case_sensitive: true, require_literal_separator: false, require_literal_leading_dot: false }
    }
}
