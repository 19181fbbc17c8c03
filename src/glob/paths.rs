//! The paths that match a pattern.

use core::fmt;

use super::error::PatternError;
use super::options::MatchOptions;
use super::pattern::Pattern;
use crate::arg::Arg;
use crate::dir;
use crate::errno::{Errno, Result};
use crate::heap::{Block, Stack};
use crate::list::List;
use crate::sys::{self, Stat, StatBuffer};
use crate::text::Text;

/// Returns an iterator over the paths that match a pattern, with the default options.
///
/// The paths come sorted in each directory. Components without wildcards are looked up and not searched for. A symbolic
/// link to a directory is followed where one component names it, and never by `**`, which could not end.
///
/// ```
/// use ffi_syscalls::glob::glob;
///
/// let mut found = glob("/us[r]").unwrap();
/// assert_eq!(found.next().unwrap().unwrap(), "/usr");
/// assert!(found.next().is_none());
/// ```
///
/// # Errors
/// Those of [`Pattern::new`], for the pattern or one of its components. What cannot be read is an error of the iterator.
pub fn glob(pattern: impl AsRef<[u8]>) -> core::result::Result<Paths, PatternError> {
    glob_with(pattern, MatchOptions::new())
}

/// Like [`glob`], with options.
///
/// ```
/// use ffi_syscalls::glob::{MatchOptions, glob_with};
///
/// let mut found = glob_with("/US[R]", MatchOptions::default()).unwrap();
/// assert_eq!(found.next().unwrap().unwrap(), "/usr");
/// ```
///
/// # Errors
/// Those of [`glob`].
pub fn glob_with(pattern: impl AsRef<[u8]>, options: MatchOptions) -> core::result::Result<Paths, PatternError> {
    let pattern = pattern.as_ref();
    Pattern::new(pattern)?;
    let root = usize::from(pattern.starts_with(b"/"));
    let mut components = Components(pattern.get(root..).unwrap_or_default());
    while let Some(component) = components.next() {
        Pattern::new(component)?;
    }
    let start: &[u8] = if root == 1 { b"/" } else { b"." };
    let path = Text::new(start).map(Text::into_block);
    Ok(Paths {
        start: Some(Text::new(pattern).and_then(|pattern| path.map(|path| (pattern, path)))),
        pattern: None,
        options,
        frames: Stack::new(),
    })
}

/// The components of a pattern, which slashes separate. A slash at the end starts none.
struct Components<'a>(&'a [u8]);

impl<'a> Components<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().position(|&byte| byte == b'/').unwrap_or(self.0.len());
        let component = self.0.get(..end);
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        component
    }
}

/// The iterator of [`glob`].
pub struct Paths {
    /// The pattern and where it starts, until the first path.
    start: Option<Result<(Text, Block)>>,
    pattern: Option<(Text, Block)>,
    options: MatchOptions,
    frames: Stack<Frame>,
}

/// A directory whose names are matched with a component.
struct Frame {
    names: List,
    /// The reason of the failure.
    error: Option<Errno>,
    /// Set if it is the working directory, which has no path.
    is_here: bool,
    at: usize,
    /// How many of `..` and `.` are to be matched before the names.
    special: u8,
    path_len: usize,
    /// The offset of the component in the pattern.
    component: usize,
}

/// A directory that could not be read.
#[derive(Debug)]
pub struct GlobError {
    errno: Errno,
    path: Option<Text>,
}

impl GlobError {
    /// Returns the reason.
    #[must_use]
    pub const fn errno(&self) -> Errno {
        self.errno
    }

    /// Returns the path of the directory; `None` without the memory for it.
    #[must_use]
    pub fn path(&self) -> Option<&[u8]> {
        self.path.as_deref()
    }
}

impl fmt::Display for GlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{path}: ")?;
        }
        write!(f, "{}", self.errno)
    }
}

impl core::error::Error for GlobError {}

impl Iterator for Paths {
    type Item = core::result::Result<Text, GlobError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.step() {
            Ok(false) => None,
            Ok(true) => self
                .pattern
                .as_ref()
                .map(|(_, path)| Text::new(bytes(path)).map_err(|errno| GlobError { errno, path: None })),
            Err(errno) => {
                let path = self.pattern.as_ref().and_then(|(_, path)| Text::new(bytes(path)).ok());
                Some(Err(GlobError { errno, path }))
            }
        }
    }
}

fn strings(list: &List) -> impl Iterator<Item = &[u8]> {
    list.iter().map(core::ffi::CStr::to_bytes)
}

fn bytes(path: &Block) -> &[u8] {
    // SAFETY: the block holds the bytes that were appended to it.
    unsafe { path.as_bytes() }
}

impl Paths {
    /// Moves to the next path. Returns false at the end.
    fn step(&mut self) -> Result<bool> {
        if let Some(start) = self.start.take() {
            let start = start?;
            let at = usize::from(start.0.starts_with(b"/"));
            self.pattern = Some(start);
            if self.expand(at)? {
                return Ok(true);
            }
        }
        while let Some((component, is_special)) = self.next_name()? {
            if self.take(component, is_special)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn path(&self) -> &[u8] {
        self.pattern.as_ref().map_or(b"", |(_, path)| bytes(path))
    }

    /// Returns the component at an offset, and the offset of the next one unless it is the last.
    fn component(&self, at: usize) -> (&[u8], Option<usize>) {
        let pattern = self.pattern.as_ref().map_or(&b""[..], |(pattern, _)| pattern);
        let rest = pattern.get(at..).unwrap_or_default();
        let len = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let next = at + len + 1;
        (rest.get(..len).unwrap_or_default(), (next < pattern.len()).then_some(next))
    }

    /// Goes to the next name of the directory at the top of the stack, or the next one that has names. Returns the offset
    /// of the component for it, and whether it is `.` or `..`.
    fn next_name(&mut self) -> Result<Option<(usize, bool)>> {
        while let Some(frame) = self.frames.as_mut_slice().last_mut() {
            let Some((_, path)) = &mut self.pattern else { return Ok(None) };
            let is_special = frame.special > 0;
            let name = match frame.special {
                _ if frame.error.is_some() => Some(c""),
                2 => Some(c".."),
                1 => Some(c"."),
                _ => frame.names.get(frame.at),
            };
            let Some(name) = name else {
                self.frames.pop();
                continue;
            };
            if frame.is_here {
                // SAFETY: no byte is counted.
                unsafe { path.set_len(0) };
                // A name took its place.
                while path.len() < frame.path_len {
                    path.extend_from_slice(if path.len().is_multiple_of(2) { b"." } else { b"/" })?;
                }
            }
            // SAFETY: the first bytes of the path are initialized.
            unsafe { path.set_len(frame.path_len) };
            if let Some(errno) = frame.error.take() {
                return Err(errno);
            }
            push_name(path, name.to_bytes(), is_special)?;
            if is_special {
                frame.special -= 1;
            } else {
                frame.at += 1;
            }
            return Ok(Some((frame.component, is_special)));
        }
        Ok(None)
    }

    /// Matches the current path, which is in a directory, with the component for it. Returns whether it is a result.
    fn take(&mut self, at: usize, is_special: bool) -> Result<bool> {
        let mut at = at;
        if is_special {
            let name = self.path().rsplit(|&byte| byte == b'/').next().unwrap_or_default();
            return if self.matches(at, name) { self.advance(at) } else { Ok(false) };
        }
        while let (b"**", next) = self.component(at) {
            match next {
                // The last of several counts for what is in the directory.
                Some(next) if self.component(next).0 == b"**" => at = next,
                Some(next) => {
                    if self.is_dir(false) {
                        self.push(at)?;
                    }
                    at = next;
                    break;
                }
                None => {
                    let is_dir = self.is_dir(false);
                    if is_dir {
                        self.push(at)?;
                    }
                    return Ok(is_dir);
                }
            }
        }
        let name = self.path().rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        if self.matches(at, name) { self.advance(at) } else { Ok(false) }
    }

    fn matches(&self, at: usize, name: &[u8]) -> bool {
        Pattern::new(self.component(at).0).is_ok_and(|pattern| pattern.matches_with(name, self.options))
    }

    /// Goes on after the component at an offset, which the current path matches. Returns whether the path is a result.
    fn advance(&mut self, at: usize) -> Result<bool> {
        match self.component(at).1 {
            Some(next) => self.expand(next),
            None => Ok(!self.must_be_dir() || self.is_dir(true)),
        }
    }

    fn must_be_dir(&self) -> bool {
        self.pattern.as_ref().is_some_and(|(pattern, _)| pattern.ends_with(b"/"))
    }

    /// Looks up components without wildcards, up to one that has some. Returns whether the path is a result.
    fn expand(&mut self, mut at: usize) -> Result<bool> {
        loop {
            let (component, next) = self.component(at);
            let pattern = Pattern::new(component).map_err(|_| Errno::EINVAL)?;
            if pattern.has_wildcards() || pattern.is_recursive() {
                if self.is_dir(true) {
                    self.push(at)?;
                }
                return Ok(false);
            }
            let is_special = matches!(component, b"." | b"..");
            if is_special && !self.is_dir(true) {
                return Ok(false);
            }
            let Some((pattern, path)) = &mut self.pattern else { return Ok(false) };
            let name = pattern.get(at..at + component_len(pattern, at)).unwrap_or_default();
            push_name(path, name, false)?;
            if !is_special
                && bytes(path).with_c_str(|path| sys::lstat(path, &mut StatBuffer::uninit()).map(drop)).is_err()
            {
                return Ok(false);
            }
            match next {
                Some(next) => at = next,
                None => return Ok(!self.must_be_dir() || self.is_dir(true)),
            }
        }
    }

    /// Reads the directory at the current path, for a component.
    fn push(&mut self, at: usize) -> Result<()> {
        let (names, error) = match dir::list(self.path()) {
            Ok(names) => (names, None),
            Err(errno) => (List::new(core::iter::empty())?, Some(errno)),
        };
        let hides = self.options.require_literal_leading_dot;
        let mut names = if hides { List::new(strings(&names).filter(|name| !name.starts_with(b".")))? } else { names };
        names.sort();
        let special = if self.component(at).0.starts_with(b".") && error.is_none() { 2 } else { 0 };
        let (is_here, path_len) = (is_here(self.path()), self.path().len());
        self.frames.push(Frame { names, error, is_here, at: 0, special, path_len, component: at })
    }

    /// Returns whether the current path is a directory, or with `follow` a link to one.
    fn is_dir(&self, follow: bool) -> bool {
        let look = if follow { sys::stat } else { sys::lstat };
        self.path().with_c_str(|path| look(path, &mut StatBuffer::uninit()).map(Stat::is_dir)).unwrap_or(false)
    }
}

fn component_len(pattern: &[u8], at: usize) -> usize {
    pattern.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == b'/')).unwrap_or(pattern.len() - at)
}

/// Returns whether a path is that of the working directory: dots, with slashes between them.
fn is_here(path: &[u8]) -> bool {
    path.starts_with(b".") && path.split(|&byte| byte == b'/').all(|name| matches!(name, b"" | b"."))
}

/// Appends a name to a path. What is in the working directory has no path before it, but for `.` and `..` that a wildcard
/// matches.
fn push_name(path: &mut Block, name: &[u8], is_special: bool) -> Result<()> {
    if is_here(bytes(path)) && !is_special {
        // SAFETY: no byte is counted.
        unsafe { path.set_len(0) };
    } else if bytes(path).last() != Some(&b'/') {
        path.extend_from_slice(b"/")?;
    }
    path.extend_from_slice(name)
}
