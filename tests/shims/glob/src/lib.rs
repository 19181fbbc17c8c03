//! The interface of glob 0.3 over the library.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Error;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ffi_syscalls::glob as library;
pub use ffi_syscalls::glob::MatchOptions;

/// A pattern that owns its text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    text: String,
    /// The field of the same name in glob, which its tests read.
    pub is_recursive: bool,
}

impl Pattern {
    /// Calls [`library::Pattern::new`].
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        library::Pattern::new(pattern)?;
        let is_recursive = pattern.split('/').any(|component| component == "**");
        Ok(Self { text: pattern.to_owned(), is_recursive })
    }

    fn pattern(&self) -> library::Pattern<'_> {
        library::Pattern::new(&self.text).expect("the pattern was checked")
    }

    /// Calls [`library::Pattern::escape`].
    pub fn escape(text: &str) -> String {
        let escaped = library::Pattern::escape(text).expect("memory");
        String::from_utf8(escaped.to_vec()).expect("UTF-8")
    }

    /// Calls [`library::Pattern::matches`].
    pub fn matches(&self, text: &str) -> bool {
        self.pattern().matches(text)
    }

    /// Calls [`library::Pattern::matches`].
    pub fn matches_path(&self, path: &Path) -> bool {
        self.pattern().matches(path.as_os_str().as_bytes())
    }

    /// Calls [`library::Pattern::matches_with`].
    pub fn matches_with(&self, text: &str, options: MatchOptions) -> bool {
        self.pattern().matches_with(text, options)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        Self::new(text)
    }
}

/// The error of a malformed pattern.
#[derive(Debug)]
pub struct PatternError {
    /// The position of the error.
    pub pos: usize,
    /// The rule that the pattern breaks.
    pub msg: &'static str,
}

impl From<library::PatternError> for PatternError {
    fn from(error: library::PatternError) -> Self {
        Self { pos: error.position, msg: error.message }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pos, self.msg)
    }
}

/// A directory that could not be read.
#[derive(Debug)]
pub struct GlobError {
    path: PathBuf,
    error: Error,
}

impl GlobError {
    /// Returns the path of the directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the reason.
    pub fn error(&self) -> &Error {
        &self.error
    }
}

/// The iterator over paths.
pub struct Paths(library::Paths);

impl Iterator for Paths {
    type Item = Result<PathBuf, GlobError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.0.next()? {
            Ok(path) => Ok(OsString::from_vec(path.to_vec()).into()),
            Err(error) => {
                let path = OsStr::from_bytes(error.path().unwrap_or_default()).into();
                Err(GlobError { path, error: error.errno().into() })
            }
        })
    }
}

/// Calls [`library::glob`].
pub fn glob(pattern: &str) -> Result<Paths, PatternError> {
    Ok(Paths(library::glob(pattern)?))
}

/// Calls [`library::glob_with`].
pub fn glob_with(pattern: &str, options: MatchOptions) -> Result<Paths, PatternError> {
    Ok(Paths(library::glob_with(pattern, options)?))
}
