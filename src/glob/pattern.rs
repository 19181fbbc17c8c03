//! Patterns for texts and paths.

use core::fmt;

use super::error::PatternError;
use super::matching;
use super::options::MatchOptions;
use super::token::check;
use crate::errno::Result;
use crate::heap::Block;
use crate::text::Text;

/// A pattern, checked.
///
/// * `?` matches a character, `*` any number of them. Both match slashes too, unless
///   [`MatchOptions::require_literal_separator`] is set.
/// * `**` matches any number of whole names with the slashes after them. It must be a whole component of the pattern.
/// * `[ab]` and `[a-c]` match a character of these, `[!ab]` and `[!a-c]` any other one. A bracket right after the start,
///   as in `[]]`, and a hyphen at either end stand for themselves.
/// * Everything else stands for itself. `[?]`, `[*]` and `[[]` stand for the character in the brackets.
///
/// A character is one of UTF-8, or a byte that is not part of one. Matching takes at most time proportional to the product
/// of both lengths.
///
/// ```
/// use ffi_syscalls::glob::Pattern;
///
/// let pattern = Pattern::new("src/**/*.[ch]")?;
/// assert!(pattern.matches("src/main.c"));
/// assert!(pattern.matches("src/lib/list.h"));
/// assert!(!pattern.matches("src/main.rs"));
/// # Ok::<(), ffi_syscalls::glob::PatternError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern<'a> {
    text: &'a [u8],
    has_wildcards: bool,
    is_recursive: bool,
}

impl<'a> Pattern<'a> {
    /// Checks a pattern.
    ///
    /// ```
    /// use ffi_syscalls::glob::Pattern;
    ///
    /// let error = Pattern::new("a[bc").unwrap_err();
    /// assert_eq!((error.position, error.message), (1, "invalid range pattern"));
    /// ```
    ///
    /// # Errors
    /// Three stars in a row, `**` that is no whole component, and `[` without `]`.
    pub fn new<P: AsRef<[u8]> + ?Sized>(pattern: &'a P) -> core::result::Result<Self, PatternError> {
        let text = pattern.as_ref();
        let (has_wildcards, is_recursive) = check(text)?;
        Ok(Self { text, has_wildcards, is_recursive })
    }

    /// Returns whether a text matches the pattern, with the default options.
    #[must_use]
    pub fn matches(&self, text: impl AsRef<[u8]>) -> bool {
        self.matches_with(text, MatchOptions::new())
    }

    /// Returns whether a text matches the pattern.
    ///
    /// A pattern of 4096 bytes or more takes memory, without which it matches nothing.
    ///
    /// ```
    /// use ffi_syscalls::glob::{MatchOptions, Pattern};
    ///
    /// let options = MatchOptions { case_sensitive: false, ..MatchOptions::new() };
    /// assert!(Pattern::new("*.TXT")?.matches_with("a.txt", options));
    /// # Ok::<(), ffi_syscalls::glob::PatternError>(())
    /// ```
    #[must_use]
    pub fn matches_with(&self, text: impl AsRef<[u8]>, options: MatchOptions) -> bool {
        self.try_matches(text.as_ref(), options).unwrap_or(false)
    }

    /// Returns whether a text matches, or why there is no memory to find out.
    pub(super) fn try_matches(&self, text: &[u8], options: MatchOptions) -> Result<bool> {
        if !self.has_wildcards && options.case_sensitive {
            return Ok(self.text == text);
        }
        matching::matches(self.text, text, options)
    }

    /// Returns a pattern that matches this text alone: what is special in it stands in brackets.
    ///
    /// ```
    /// use ffi_syscalls::glob::Pattern;
    ///
    /// assert_eq!(Pattern::escape("why?")?, b"why[?]");
    /// # Ok::<(), ffi_syscalls::Errno>(())
    /// ```
    ///
    /// # Errors
    /// `ENOMEM`; `EAGAIN` if memory is locked ([Memory](crate#memory)).
    pub fn escape(text: impl AsRef<[u8]>) -> Result<Text> {
        let text = text.as_ref();
        let mut escaped = Block::new(text.len() + 2)?;
        for byte in text {
            match byte {
                b'?' | b'*' | b'[' | b']' => escaped.extend_from_slice(&[b'[', *byte, b']'])?,
                _ => escaped.extend_from_slice(&[*byte])?,
            }
        }
        Text::from_block(escaped)
    }

    /// Returns the pattern as a text.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.text
    }

    /// Returns whether the pattern has a wildcard or brackets.
    pub(super) const fn has_wildcards(&self) -> bool {
        self.has_wildcards
    }

    /// Returns whether the pattern has a component `**`.
    pub(super) const fn is_recursive(&self) -> bool {
        self.is_recursive
    }
}

/// Writes the pattern, with U+FFFD for what is not UTF-8.
impl fmt::Display for Pattern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.text.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}
