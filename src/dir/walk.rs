//! A pass through a tree.

use super::exists::check_exists;
use super::tree::{OPEN_DIRECTORY, Tree};
use super::walk_entry::{Entry, Facts, OwnedEntry, WalkError};
use crate::arg::Arg;
use crate::content::grow;
use crate::errno::{Errno, Result};
use crate::list::{List, ListBuilder};
use crate::sys::{self, FileId, Stat, StatBuffer};
use crate::text::Text;

/// Lists everything below a directory that is not a directory: the given path and the way down, in the order of one
/// depth-first pass in the kernel's order.
///
/// Symbolic links in the tree are listed and not followed; the path itself may be one. [`Walk`] yields directories too.
///
/// ```
/// use ffi_syscalls::{dir, file};
/// # let temp = std::env::temp_dir().join(format!("ffi_syscalls.walk.{}", std::process::id()));
/// # let tree = temp.to_str().unwrap();
///
/// dir::create(&*format!("{tree}/a/b"), true)?;
/// file::write_text(&*format!("{tree}/a/b/c"), "content")?;
/// let found = dir::walk(tree)?;
/// assert_eq!(found.len(), 1);
/// assert!(found.iter().next().unwrap().to_bytes().ends_with(b"/a/b/c"));
/// # dir::remove_all(tree)?;
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
///
/// # Errors
/// Those of open(2) and getdents(2), for any directory of the tree: a partial list is never returned. `ENOTDIR` if the
/// path leads to something else. `ENOMEM` if the paths do not fit into memory, or into the limit of a control group.
pub fn walk(path: impl Arg) -> Result<List> {
    path.with_c_str(check_exists)?;
    let mut walk = Walk::new(path);
    let mut paths = ListBuilder::new();
    while let Some(entry) = walk.next_entry() {
        match entry {
            Ok(entry) if entry.depth() > 0 && !entry.is_dir() => {
                paths.reserve(entry.path().len() + 2, 1, grow)?;
                paths.push(entry.path());
            }
            Ok(_) => {}
            // Another process removed it meanwhile.
            Err(error) if error.depth > 0 && error.errno == Errno::ENOENT => {}
            Err(error) => return Err(error.errno),
        }
    }
    paths.into_list()
}

/// A depth-first pass through a tree, in the kernel's order: an iterator that yields entries and errors.
///
/// It yields the root itself first, and each directory before what is in it. Directories are read as it goes, so it takes
/// little memory however many entries they have. Few are open at a time, and the tree may be deeper than a path may be
/// long. [`next_entry`](Self::next_entry) lends each entry, and allocates nothing for it.
///
/// Changes of the tree meanwhile may be seen or not.
///
/// ```
/// use ffi_syscalls::dir::Walk;
/// # let temp = std::env::temp_dir().join(format!("ffi_syscalls.Walk.{}", std::process::id()));
/// # std::fs::create_dir_all(temp.join("a/.git/objects")).unwrap();
/// # let tree = temp.to_str().unwrap();
///
/// let mut names = Vec::new();
/// for entry in Walk::new(tree).min_depth(1).filter_entry(|entry| entry.file_name() != b".git") {
///     names.push(entry?.file_name().to_vec());
/// }
/// assert_eq!(names, [b"a"]);
/// # std::fs::remove_dir_all(temp).unwrap();
/// # Ok::<(), ffi_syscalls::dir::WalkError>(())
/// ```
pub struct Walk {
    /// The path of the root, until it is used.
    root: Option<Result<Text>>,
    min_depth: usize,
    max_depth: usize,
    max_open: usize,
    contents_first: bool,
    follow_links: bool,
    follow_root_links: bool,
    tree: Option<Tree>,
    /// The directory that was yielded last.
    last: Last,
    /// Set if the root is a link, which is yielded first.
    root_is_link: bool,
}

/// The last entry.
enum Last {
    /// No directory, or one that was entered.
    Done,
    /// A directory that is entered next, with these flags.
    Directory(u32),
    /// A directory that is too deep to be entered.
    TooDeep,
}

pub(super) type Step<T> = core::result::Result<T, WalkError>;

/// The most directories that are open at a time, but for the root.
const MAX_OPEN: usize = 10;

impl Walk {
    /// Starts at a path. Errors, those of the path included, come with the first entry.
    #[must_use]
    pub fn new(path: impl Arg) -> Self {
        let bytes = path.bytes();
        let root = if bytes.contains(&0) { Err(Errno::EINVAL) } else { Text::new(bytes) };
        Self {
            root: Some(root),
            min_depth: 0,
            max_depth: usize::MAX,
            max_open: MAX_OPEN,
            contents_first: false,
            follow_links: false,
            follow_root_links: true,
            tree: None,
            last: Last::Done,
            root_is_link: false,
        }
    }

    /// Yields no entry above this depth. The root has the depth 0.
    #[must_use]
    pub const fn min_depth(mut self, depth: usize) -> Self {
        self.min_depth = if depth < self.max_depth { depth } else { self.max_depth };
        self
    }

    /// Yields no entry below this depth, and reads no directory at it.
    #[must_use]
    pub const fn max_depth(mut self, depth: usize) -> Self {
        self.max_depth = if depth > self.min_depth { depth } else { self.min_depth };
        self
    }

    /// Sets the most directories that are open at a time, besides the root: at least 2, and 10 by default. Fewer are open
    /// where the process has no more descriptors.
    #[must_use]
    pub const fn max_open(mut self, count: usize) -> Self {
        self.max_open = count;
        self
    }

    /// Yields each directory after what is in it.
    #[must_use]
    pub const fn contents_first(mut self, yes: bool) -> Self {
        self.contents_first = yes;
        self
    }

    /// Follows symbolic links. One that leads to a directory on the way to it is an error.
    #[must_use]
    pub const fn follow_links(mut self, yes: bool) -> Self {
        self.follow_links = yes;
        self
    }

    /// Goes into a root that is a symbolic link to a directory, as is the default. The root itself is yielded as a link.
    #[must_use]
    pub const fn follow_root_links(mut self, yes: bool) -> Self {
        self.follow_root_links = yes;
        self
    }

    /// Leaves out the rest of a directory: of the one that was yielded last, or else of the one that contains what was
    /// yielded last.
    pub fn skip_current_dir(&mut self) {
        if matches!(core::mem::replace(&mut self.last, Last::Done), Last::Done)
            && let Some(top) = self.tree.as_mut().and_then(Tree::top)
        {
            top.skip();
        }
    }

    /// Returns the next entry, which borrows its path from the walk, or an error. `None` at the end.
    pub fn next_entry(&mut self) -> Option<Step<Entry<'_>>> {
        let facts = match self.advance() {
            Ok(facts) => facts?,
            Err(error) => return Some(Err(error)),
        };
        let path = self.tree.as_ref().map_or(&b""[..], Tree::path);
        Some(Ok(Entry { path, facts }))
    }

    /// Moves to the next entry. Its path is that of the tree.
    fn advance(&mut self) -> Step<Option<Facts>> {
        if self.tree.is_none()
            && let Some(root) = self.start()?
        {
            return Ok(Some(root));
        }
        loop {
            let found = match core::mem::replace(&mut self.last, Last::Done) {
                Last::Directory(flags) => self.enter(flags).map(|()| None),
                _ => self.read(),
            }?;
            match found {
                Some(facts) if facts.depth >= self.min_depth => return Ok(Some(facts)),
                None if self.tree.as_ref().is_none_or(|tree| tree.depth() == 0) => return Ok(None),
                _ => {}
            }
        }
    }

    /// Reads one entry of the current directory, or leaves it at its end.
    fn read(&mut self) -> Step<Option<Facts>> {
        let Some(tree) = &mut self.tree else { return Ok(None) };
        let Some(depth) = tree.depth().checked_sub(1) else { return Ok(None) };
        match tree.next_entry() {
            Ok(Some(kind)) => self.classify(kind, depth + 1),
            Ok(None) => self.leave(depth),
            Err(errno) => {
                let path_len = tree.top().map_or(0, |top| top.path_len);
                tree.truncate_path(path_len);
                Err(self.error(errno, depth))
            }
        }
    }

    /// Goes up from a directory at a depth, and returns it if it comes after its contents.
    fn leave(&mut self, depth: usize) -> Step<Option<Facts>> {
        let Some(tree) = &mut self.tree else { return Ok(None) };
        let path_len = tree.top().map_or(0, |top| top.path_len);
        let is_followed = tree.top().is_some_and(|top| top.is_followed());
        let left = tree.leave();
        tree.truncate_path(path_len);
        if let Err(errno) = left {
            let parent_len = tree.top().map_or(0, |top| top.path_len);
            tree.truncate_path(parent_len);
            return Err(self.error(errno, depth.saturating_sub(1)));
        }
        let comes_last = self.contents_first && !(depth == 0 && self.root_is_link);
        Ok(comes_last.then_some(Facts { mode: sys::S_IFDIR, depth, is_followed }))
    }

    /// Starts with the root. Returns it, if it is yielded.
    #[cold]
    fn start(&mut self) -> Step<Option<Facts>> {
        // Without its root the walk has ended.
        let root = match self.root.take() {
            None => return Ok(None),
            Some(root) => root.and_then(|root| Tree::new(&root, self.max_open)),
        };
        match root {
            Ok(tree) => self.tree = Some(tree),
            Err(errno) => return Err(WalkError { errno, depth: 0, path: None, ancestor: None }),
        }
        self.classify_root()
    }

    fn classify_root(&mut self) -> Step<Option<Facts>> {
        let mode = self.lstat(0).map_err(|errno| self.error(errno, 0))?;
        let is_link = mode & sys::S_IFMT == sys::S_IFLNK;
        if !is_link || self.follow_links {
            return Ok(self.classify(mode & sys::S_IFMT, 0)?.filter(|facts| facts.depth >= self.min_depth));
        }
        if self.follow_root_links {
            let (mode, _) = self.stat(0).map_err(|errno| self.error(errno, 0))?;
            if mode & sys::S_IFMT == sys::S_IFDIR && self.max_depth > 0 {
                self.root_is_link = true;
                self.last = Last::Directory(OPEN_DIRECTORY & !sys::O_NOFOLLOW);
            }
        }
        Ok((self.min_depth == 0).then_some(Facts { mode, depth: 0, is_followed: false }))
    }

    /// Finds out what the entry at the current path is, and whether it is entered next. Returns it if it comes now.
    #[inline]
    fn classify(&mut self, kind: u32, depth: usize) -> Step<Option<Facts>> {
        let mut facts = Facts { mode: kind, depth, is_followed: false };
        if kind == 0 || kind == sys::S_IFLNK && self.follow_links {
            facts = self.look(facts)?;
        }
        if facts.mode & sys::S_IFMT != sys::S_IFDIR {
            return Ok(Some(facts));
        }
        if depth >= self.max_depth {
            self.last = Last::TooDeep;
            return Ok(Some(facts));
        }
        let flags = if facts.is_followed { OPEN_DIRECTORY & !sys::O_NOFOLLOW } else { OPEN_DIRECTORY };
        if self.contents_first {
            return self.enter(flags).map(|()| None);
        }
        self.last = Last::Directory(flags);
        Ok(Some(facts))
    }

    /// Looks at an entry whose kind is unknown, or that is a link to follow.
    #[cold]
    fn look(&self, mut facts: Facts) -> Step<Facts> {
        let name = self.tree.as_ref().map_or(0, Tree::name_start);
        let failed = |errno| self.error(errno, facts.depth);
        if facts.mode == 0 {
            facts.mode = self.lstat(name).map_err(failed)?;
        }
        if facts.mode & sys::S_IFMT == sys::S_IFLNK && self.follow_links {
            let (mode, id) = self.stat(name).map_err(failed)?;
            facts = Facts { mode, is_followed: true, ..facts };
            if mode & sys::S_IFMT == sys::S_IFDIR
                && let Some(ancestor) = self.tree.as_ref().and_then(|tree| tree.ancestor(id))
            {
                return Err(WalkError { ancestor: ancestor.ok(), ..self.error(Errno::ELOOP, facts.depth) });
            }
        }
        Ok(facts)
    }

    fn lstat(&self, name: usize) -> Result<u32> {
        let Some(tree) = &self.tree else { return Err(Errno::ENOENT) };
        sys::lstat_at(tree.top_fd()?, tree.name(name), &mut StatBuffer::uninit()).map(Stat::mode)
    }

    fn stat(&self, name: usize) -> Result<(u32, FileId)> {
        let Some(tree) = &self.tree else { return Err(Errno::ENOENT) };
        sys::stat_at(tree.top_fd()?, tree.name(name), &mut StatBuffer::uninit()).map(|stat| (stat.mode(), stat.id()))
    }

    /// Enters the directory at the current path.
    fn enter(&mut self, flags: u32) -> Step<()> {
        let Some(tree) = &mut self.tree else { return Ok(()) };
        let depth = tree.depth();
        let entered = tree.enter(tree.name_start(), flags);
        if self.follow_links && entered.is_ok() {
            let id = tree.top_fd().and_then(|fd| sys::fstat(fd, &mut StatBuffer::uninit()).map(Stat::id));
            if let Some(top) = tree.top() {
                top.id = id.ok();
            }
        }
        entered.map_err(|errno| self.error(errno, depth))
    }

    /// Returns an error at the current path.
    #[cold]
    fn error(&self, errno: Errno, depth: usize) -> WalkError {
        let path = self.tree.as_ref().and_then(|tree| Text::new(tree.path()).ok());
        WalkError { errno, depth, path, ancestor: None }
    }
}

impl Iterator for Walk {
    type Item = Step<OwnedEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        let (owned, depth) = match self.next_entry()? {
            Ok(entry) => (entry.to_owned(), entry.depth()),
            Err(error) => return Some(Err(error)),
        };
        Some(owned.map_err(|errno| self.error(errno, depth)))
    }
}

impl core::iter::FusedIterator for Walk {}
