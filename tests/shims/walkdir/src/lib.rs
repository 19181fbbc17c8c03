//! The interface of walkdir 2.5 over the library, without sorting and without staying in a file system.

use std::ffi::OsStr;
use std::fs::{Metadata, metadata, symlink_metadata};
use std::io;
use std::marker::PhantomData;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ffi_syscalls::dir::{self, OwnedEntry, Walk, WalkError};
use ffi_syscalls::file::Kind;

type Item = Result<DirEntry, Error>;

/// A walk that has not begun.
pub struct WalkDir(Walk);

impl WalkDir {
    /// Calls [`Walk::new`].
    pub fn new<P: AsRef<Path>>(root: P) -> Self {
        Self(Walk::new(root.as_ref().as_os_str().as_bytes()))
    }

    /// Calls [`Walk::min_depth`].
    pub fn min_depth(self, depth: usize) -> Self {
        Self(self.0.min_depth(depth))
    }

    /// Calls [`Walk::max_depth`].
    pub fn max_depth(self, depth: usize) -> Self {
        Self(self.0.max_depth(depth))
    }

    /// Calls [`Walk::max_open`].
    pub fn max_open(self, count: usize) -> Self {
        Self(self.0.max_open(count))
    }

    /// Calls [`Walk::contents_first`].
    pub fn contents_first(self, yes: bool) -> Self {
        Self(self.0.contents_first(yes))
    }

    /// Calls [`Walk::follow_links`].
    pub fn follow_links(self, yes: bool) -> Self {
        Self(self.0.follow_links(yes))
    }

    /// Calls [`Walk::follow_root_links`].
    pub fn follow_root_links(self, yes: bool) -> Self {
        Self(self.0.follow_root_links(yes))
    }
}

impl IntoIterator for WalkDir {
    type Item = Item;
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        IntoIter(self.0)
    }
}

/// A walk.
pub struct IntoIter(Walk);

impl IntoIter {
    /// Calls [`Walk::skip_current_dir`].
    pub fn skip_current_dir(&mut self) {
        self.0.skip_current_dir();
    }

    /// Calls [`Walk::filter_entry`].
    pub fn filter_entry<P: FnMut(&DirEntry) -> bool>(self, mut predicate: P) -> impl Iterator<Item = Item> {
        self.0.filter_entry(move |entry| predicate(&DirEntry::from(entry))).map(convert)
    }
}

impl Iterator for IntoIter {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        self.0.next().map(convert)
    }
}

/// The type of walkdir with this name, whose traits the tests check.
pub struct FilterEntry<I, P>(pub dir::FilterEntry<P>, PhantomData<I>);

fn convert(entry: Result<OwnedEntry, WalkError>) -> Item {
    entry.map(|entry| DirEntry::from(&entry)).map_err(Error::from)
}

/// An entry.
#[derive(Clone, Debug)]
pub struct DirEntry {
    path: PathBuf,
    name: PathBuf,
    depth: usize,
    is_symlink: bool,
    file_type: FileType,
}

impl From<&OwnedEntry> for DirEntry {
    fn from(entry: &OwnedEntry) -> Self {
        Self {
            path: path_of(entry.path()),
            name: path_of(entry.file_name()),
            depth: entry.depth(),
            is_symlink: entry.is_symlink(),
            file_type: FileType(entry.kind()),
        }
    }
}

fn path_of(bytes: &[u8]) -> PathBuf {
    OsStr::from_bytes(bytes).into()
}

impl DirEntry {
    /// See [`OwnedEntry::path`].
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// See [`OwnedEntry::into_path`].
    pub fn into_path(self) -> PathBuf {
        self.path
    }

    /// See [`OwnedEntry::file_name`].
    pub fn file_name(&self) -> &OsStr {
        self.name.as_os_str()
    }

    /// See [`OwnedEntry::depth`].
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// See [`OwnedEntry::is_symlink`].
    pub fn path_is_symlink(&self) -> bool {
        self.is_symlink
    }

    /// See [`OwnedEntry::kind`].
    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    /// Returns what std reports, of that which a followed link leads to.
    pub fn metadata(&self) -> io::Result<Metadata> {
        let is_followed = self.is_symlink && !self.file_type.is_symlink();
        if is_followed { metadata(&self.path) } else { symlink_metadata(&self.path) }
    }
}

/// The kind of an entry, with the methods of the type of std.
#[derive(Clone, Copy, Debug)]
pub struct FileType(Option<Kind>);

impl FileType {
    /// Returns whether it is a directory.
    pub fn is_dir(self) -> bool {
        self.0 == Some(Kind::Directory)
    }

    /// Returns whether it is a regular file.
    pub fn is_file(self) -> bool {
        self.0 == Some(Kind::File)
    }

    /// Returns whether it is a symbolic link that was not followed.
    pub fn is_symlink(self) -> bool {
        self.0 == Some(Kind::Symlink)
    }
}

/// An error of a walk.
#[derive(Debug)]
pub struct Error {
    path: Option<PathBuf>,
    ancestor: Option<PathBuf>,
    depth: usize,
    error: Option<io::Error>,
}

impl From<WalkError> for Error {
    fn from(error: WalkError) -> Self {
        let ancestor = error.loop_ancestor().map(path_of);
        let reason = ancestor.is_none().then(|| error.errno().into());
        Self { path: error.path().map(path_of), ancestor, depth: error.depth(), error: reason }
    }
}

impl Error {
    /// See [`WalkError::path`].
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// See [`WalkError::loop_ancestor`].
    pub fn loop_ancestor(&self) -> Option<&Path> {
        self.ancestor.as_deref()
    }

    /// See [`WalkError::depth`].
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// See [`WalkError::errno`]. `None` for a link that leads back.
    pub fn io_error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }
}
