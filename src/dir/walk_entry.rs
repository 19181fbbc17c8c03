//! The entries and errors of a walk.

use core::fmt;

use crate::errno::{Errno, Result};
use crate::file::Kind;
use crate::path::basename;
use crate::sys;
use crate::text::Text;

/// The facts about an entry besides its path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// The mode, of which the type bits are known.
    pub(super) mode: u32,
    pub(super) depth: usize,
    pub(super) is_followed: bool,
}

impl Facts {
    fn is_dir(self) -> bool {
        self.mode & sys::S_IFMT == sys::S_IFDIR
    }

    fn is_symlink(self) -> bool {
        self.mode & sys::S_IFMT == sys::S_IFLNK
    }
}

/// An entry of a tree, as [`Walk::next_entry`](super::Walk::next_entry) lends it.
///
/// ```
/// use ffi_syscalls::dir::Walk;
///
/// let mut walk = Walk::new("/");
/// let root = walk.next_entry().unwrap()?;
/// assert_eq!((root.path(), root.file_name(), root.depth()), (&b"/"[..], &b"/"[..], 0));
/// assert!(root.is_dir() && !root.is_symlink());
/// # Ok::<(), ffi_syscalls::dir::WalkError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub(super) path: &'a [u8],
    pub(super) facts: Facts,
}

/// An entry of a tree that owns its path, as the iterator [`Walk`](super::Walk) yields it.
///
/// ```
/// use ffi_syscalls::dir::Walk;
///
/// let root = Walk::new("/").next().unwrap()?;
/// assert_eq!(root.into_path(), b"/");
/// # Ok::<(), ffi_syscalls::dir::WalkError>(())
/// ```
#[derive(Debug)]
pub struct OwnedEntry {
    path: Text,
    facts: Facts,
}

impl<'a> Entry<'a> {
    /// Returns the path: that of the root, and the names on the way down.
    #[must_use]
    pub const fn path(&self) -> &'a [u8] {
        self.path
    }

    /// Copies the entry.
    ///
    /// # Errors
    /// `ENOMEM`; `EAGAIN` if memory is locked ([Memory](crate#memory)).
    pub fn to_owned(&self) -> Result<OwnedEntry> {
        Ok(OwnedEntry { path: Text::new(self.path)?, facts: self.facts })
    }
}

impl OwnedEntry {
    /// Returns the path: that of the root, and the names on the way down.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// Returns the path, which the entry owned.
    #[must_use]
    pub fn into_path(self) -> Text {
        self.path
    }
}

macro_rules! facts {
    ($($type:ty),*) => { $(
        impl $type {
            /// Returns the last name in the path.
            #[must_use]
            pub fn file_name(&self) -> &[u8] {
                basename(self.path())
            }

            /// Returns the kind of the file, of that which a followed link leads to. `None` if it is none of these.
            #[must_use]
            pub const fn kind(&self) -> Option<Kind> {
                Kind::from_mode(self.facts.mode)
            }

            /// Returns whether it is a directory, or a followed link to one.
            #[must_use]
            pub fn is_dir(&self) -> bool {
                self.facts.is_dir()
            }

            /// Returns whether the path is that of a symbolic link, followed or not.
            #[must_use]
            pub fn is_symlink(&self) -> bool {
                self.facts.is_followed || self.facts.is_symlink()
            }

            /// Returns the number of directories on the way down: 0 for the root.
            #[must_use]
            pub const fn depth(&self) -> usize {
                self.facts.depth
            }
        }
    )* };
}

facts!(Entry<'_>, OwnedEntry);

/// An error in a tree, after which a walk goes on.
///
/// ```
/// use ffi_syscalls::Errno;
/// use ffi_syscalls::dir::Walk;
///
/// let error = Walk::new("/no/such/directory").next().unwrap().unwrap_err();
/// assert_eq!((error.errno(), error.depth()), (Errno::ENOENT, 0));
/// assert_eq!(error.path(), Some(&b"/no/such/directory"[..]));
/// assert_eq!(error.loop_ancestor(), None);
/// ```
#[derive(Debug)]
pub struct WalkError {
    pub(super) errno: Errno,
    pub(super) depth: usize,
    pub(super) path: Option<Text>,
    pub(super) ancestor: Option<Text>,
}

impl WalkError {
    /// Returns the reason. `ELOOP` for a link that was followed to a directory on the way to it.
    #[must_use]
    pub const fn errno(&self) -> Errno {
        self.errno
    }

    /// Returns the path of what could not be read; `None` without the memory for it.
    #[must_use]
    pub fn path(&self) -> Option<&[u8]> {
        self.path.as_deref()
    }

    /// Returns the depth of what could not be read.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Returns the path of the directory that a followed link leads back to.
    #[must_use]
    pub fn loop_ancestor(&self) -> Option<&[u8]> {
        self.ancestor.as_deref()
    }
}

impl fmt::Display for WalkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{path}: ")?;
        }
        write!(f, "{}", self.errno)?;
        self.ancestor.as_ref().map_or(Ok(()), |ancestor| write!(f, ": it leads to {ancestor}"))
    }
}

impl core::error::Error for WalkError {}
