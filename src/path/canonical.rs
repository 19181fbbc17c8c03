//! Resolution of the symbolic links in a path.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::arg::{Arg, PATH_MAX};
use crate::env;
use crate::errno::{Errno, Result};
use crate::fields::without_last;
use crate::sys::{self, StatBuffer};
use crate::text::Text;

/// The most symbolic links that are followed, as by the kernel. See path_resolution(7).
const LINKS_MAX: usize = 40;

/// Returns the absolute path of an existing file without symbolic links, `.`, `..` and needless slashes, as realpath(3)
/// does.
///
/// It reads the links itself, so it needs no /proc. What it returns was true while it looked: another process may change
/// the links meanwhile.
///
/// ```
/// use ffi_syscalls::path;
///
/// assert_eq!(path::canonical("/usr/../usr/.")?, b"/usr");
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
///
/// # Errors
/// Those of readlink(2): `ENOENT` if the file is missing, also for the empty path and a dangling link; `ENOTDIR` if a name
/// that is no directory is followed by a slash; `EACCES`. `ELOOP` after 40 links. `ENAMETOOLONG` if the result has 4096
/// bytes or more, or if a link and the rest of the path together have 8192. For a relative path those of [`env::cwd`].
pub fn canonical(path: impl Arg) -> Result<Text> {
    let path = path.bytes();
    if path.contains(&0) {
        return Err(Errno::EINVAL);
    }
    let mut resolver = Resolver::new();
    resolver.prepend(path)?;
    match path {
        [] => return Err(Errno::ENOENT),
        [b'/', ..] => {}
        _ => {
            let cwd = env::cwd()?;
            resolver.push(without_last(&cwd, b'/'))?;
        }
    }
    while let Some((start, end)) = resolver.next_name() {
        resolver.follow(start, end)?;
    }
    resolver.into_text()
}

/// Room for the rest of a path and a link before it.
const ROOM: usize = 2 * PATH_MAX;

/// A path of which a part is resolved.
struct Resolver {
    /// The resolved part: names, each after a slash. The root directory is empty here.
    resolved: [u8; PATH_MAX],
    len: usize,
    /// The rest, which ends at the end of the buffer.
    rest: [u8; ROOM],
    start: usize,
    links: usize,
}

impl Resolver {
    const fn new() -> Self {
        Self { resolved: [0; PATH_MAX], len: 0, rest: [0; ROOM], start: ROOM, links: 0 }
    }

    /// Puts a text in front of the rest.
    fn prepend(&mut self, text: &[u8]) -> Result<()> {
        if text.len() >= PATH_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let start = self.start.checked_sub(text.len()).ok_or(Errno::ENAMETOOLONG)?;
        copy(text, self.rest.get_mut(start..self.start).unwrap_or_default());
        self.start = start;
        Ok(())
    }

    /// Appends to the resolved part.
    fn push(&mut self, text: &[u8]) -> Result<()> {
        append(&mut self.resolved, &mut self.len, text)
    }

    /// Takes the next name off the rest, and returns where it is.
    fn next_name(&mut self) -> Option<(usize, usize)> {
        let rest = self.rest.get(self.start..).unwrap_or_default();
        let start = self.start + rest.iter().position(|&byte| byte != b'/')?;
        let name = self.rest.get(start..).unwrap_or_default();
        let end = name.iter().position(|&byte| byte == b'/').map_or(ROOM, |len| start + len);
        self.start = end;
        Some((start, end))
    }

    /// Resolves the name at this place of the rest.
    fn follow(&mut self, start: usize, end: usize) -> Result<()> {
        let parent = self.len;
        match self.rest.get(start..end).unwrap_or_default() {
            b"." => return Ok(()),
            b".." => {
                self.len = self.resolved().iter().rposition(|&byte| byte == b'/').unwrap_or_default();
                return Ok(());
            }
            name => {
                append(&mut self.resolved, &mut self.len, b"/")?;
                append(&mut self.resolved, &mut self.len, name)?;
            }
        }
        match self.read_link() {
            // The file is not a link.
            Err(Errno::EINVAL) => self.check_directory(),
            Err(errno) => Err(errno),
            Ok(0) => Err(Errno::ENOENT),
            Ok(len) => self.take_link(parent, len),
        }
    }

    /// Reads the link at the resolved path to the start of the buffer of the rest, and returns its length.
    fn read_link(&mut self) -> Result<usize> {
        let path = terminated(&mut self.resolved, self.len)?;
        let room = self.rest.get_mut(..self.start).unwrap_or_default();
        // SAFETY: the call writes initialized bytes alone.
        let room = unsafe { &mut *(&raw mut *room as *mut [MaybeUninit<u8>]) };
        let (room_len, len) = (room.len(), sys::read_link_at(&sys::CWD, path, room)?);
        // A link that fills the buffer may have been cut off.
        if len < room_len { Ok(len) } else { Err(Errno::ENAMETOOLONG) }
    }

    /// Puts the link at the start of the buffer in front of the rest, in place of the name that led to it.
    fn take_link(&mut self, parent: usize, len: usize) -> Result<()> {
        self.links += 1;
        if self.links > LINKS_MAX {
            return Err(Errno::ELOOP);
        }
        self.len = if self.rest.first() == Some(&b'/') { 0 } else { parent };
        self.start = self.start.checked_sub(len).ok_or(Errno::ENAMETOOLONG)?;
        // The two places may overlap: the last bytes come first.
        for offset in (0..len).rev() {
            let byte = self.rest.get(offset).copied().unwrap_or_default();
            if let Some(place) = self.rest.get_mut(self.start + offset) {
                *place = byte;
            }
        }
        Ok(())
    }

    /// Succeeds unless the rest demands a directory and the resolved path is none. A name in the rest needs no check: the
    /// kernel looks for it there.
    fn check_directory(&mut self) -> Result<()> {
        let rest = self.rest.get(self.start..).unwrap_or_default();
        let mut names = rest.split(|&byte| byte == b'/').filter(|name| !matches!(*name, b"" | b"."));
        if rest.is_empty() || names.next().is_some_and(|name| name != b"..") {
            return Ok(());
        }
        let len = self.len;
        self.push(b"/.")?;
        let result = sys::stat(terminated(&mut self.resolved, self.len)?, &mut StatBuffer::uninit()).map(drop);
        self.len = len;
        result
    }

    fn resolved(&self) -> &[u8] {
        self.resolved.get(..self.len).unwrap_or_default()
    }

    fn into_text(self) -> Result<Text> {
        Text::new(if self.len == 0 { b"/" } else { self.resolved() })
    }
}

/// Appends to a path of `len` bytes, after which a NUL still has room.
fn append(path: &mut [u8; PATH_MAX], len: &mut usize, text: &[u8]) -> Result<()> {
    let end = *len + text.len();
    if end >= PATH_MAX {
        return Err(Errno::ENAMETOOLONG);
    }
    copy(text, path.get_mut(*len..end).unwrap_or_default());
    *len = end;
    Ok(())
}

/// Writes a NUL after the first `len` bytes.
fn terminated(path: &mut [u8; PATH_MAX], len: usize) -> Result<&CStr> {
    *path.get_mut(len).ok_or(Errno::ENAMETOOLONG)? = 0;
    CStr::from_bytes_until_nul(path).map_err(|_| Errno::EINVAL)
}

/// Copies a text to a place of its length.
fn copy(text: &[u8], place: &mut [u8]) {
    for (to, from) in place.iter_mut().zip(text) {
        *to = *from;
    }
}
