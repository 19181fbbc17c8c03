//! The directories on the way down a tree, all of which are being read.
//!
//! The unread records of all of them share one block: those of a directory start where those of its parent end. Few are
//! open at a time. The parent of an open directory is opened again by its name `..`, and is the same directory if device
//! and inode number are those that it had. So a tree may be deeper than a path may be long.

use core::ffi::CStr;

use super::records::{RECORDS, Record, next_record};
use crate::errno::{Errno, Result};
use crate::heap::{Block, Stack};
use crate::sys::{self, Fd, FileId, Stat, StatBuffer};

/// How a directory is opened, unless a link to it is followed.
pub(super) const OPEN_DIRECTORY: u32 = sys::O_RDONLY | sys::O_DIRECTORY | sys::O_NOFOLLOW;

/// A directory that is being read.
pub(super) struct Level {
    /// The descriptor, or why there is none.
    fd: Result<Fd>,
    /// The identity, which is known once it matters.
    pub(super) id: Option<FileId>,
    /// The flags with which it was opened.
    flags: u32,
    /// The length of its path.
    pub(super) path_len: usize,
    /// The place of its unread records in the block.
    start: usize,
    at: usize,
    /// The offset at which reading continues after it was closed and opened again.
    offset: Option<usize>,
    /// Set when all records were read.
    pub(super) is_at_end: bool,
    /// The number of reads, up to 2.
    pub(super) reads: u8,
    /// Set if something in it was removed since it is read from its start.
    pub(super) has_removed: bool,
}

impl Level {
    /// Leaves out the entries that are left.
    pub(super) const fn skip(&mut self) {
        self.is_at_end = true;
        self.at = usize::MAX;
    }

    /// Returns whether a link to it was followed.
    pub(super) const fn is_followed(&self) -> bool {
        self.flags & sys::O_NOFOLLOW == 0
    }
}

/// Stands for the descriptor of a directory that was closed because too many were open.
const CLOSED: Errno = Errno::EMFILE;

pub(super) struct Tree {
    /// The path of the current entry or directory, and a NUL.
    pub(super) path: Block,
    levels: Stack<Level>,
    records: Block,
    /// The inode number of the current entry, or 0.
    pub(super) inode: u64,
    /// The number of open directories.
    open: usize,
    max_open: usize,
}

impl Tree {
    /// Starts with the path of the root, and no directory.
    pub(super) fn new(path: &[u8], max_open: usize) -> Result<Self> {
        let mut block = Block::new(path.len() + 512)?;
        block.extend_from_slice(path)?;
        let records = Block::new(2 * RECORDS)?;
        Ok(Self { path: block, levels: Stack::new(), records, inode: 0, open: 0, max_open: max_open.max(2) })
    }

    /// Returns the path of the current entry.
    pub(super) fn path(&self) -> &[u8] {
        // SAFETY: the block holds the bytes that were appended to it.
        unsafe { self.path.as_bytes() }
    }

    /// Returns the end of the path from an offset on.
    pub(super) fn name(&self, start: usize) -> &CStr {
        let len = self.path.len();
        // SAFETY: a NUL follows the bytes that were appended last.
        let path = unsafe { core::slice::from_raw_parts(self.path.as_ptr().as_ptr(), len + 1) };
        path.get(start..).and_then(|name| CStr::from_bytes_until_nul(name).ok()).unwrap_or_default()
    }

    /// Cuts the path.
    pub(super) fn truncate_path(&mut self, len: usize) {
        if len < self.path.len() {
            // SAFETY: the first bytes of the path are initialized.
            unsafe { self.path.set_len(len) };
            let _ = self.path.extend_from_slice(b"");
        }
    }

    pub(super) fn depth(&self) -> usize {
        self.levels.len()
    }

    /// Returns the descriptor of the root, its identity if it is known, and the length of its path.
    pub(super) fn root(&self) -> Option<(&Fd, FileId, usize)> {
        let root = self.levels.as_slice().first()?;
        Some((root.fd.as_ref().ok()?, root.id?, root.path_len))
    }

    pub(super) fn levels(&self) -> &[Level] {
        self.levels.as_slice()
    }

    pub(super) fn top(&mut self) -> Option<&mut Level> {
        self.levels.as_mut_slice().last_mut()
    }

    /// Returns the descriptor of the directory that is read.
    pub(super) fn top_fd(&self) -> Result<&Fd> {
        match self.levels.as_slice() {
            [.., top] => top.fd.as_ref().map_err(|errno| *errno),
            [] => Ok(&sys::CWD),
        }
    }

    /// Returns where the last name of the current path starts: that of an entry of the directory that is read.
    pub(super) fn name_start(&self) -> usize {
        self.levels.as_slice().last().map_or(0, |top| self.start_after(top.path_len))
    }

    fn start_after(&self, path_len: usize) -> usize {
        let has_slash = path_len == 0 || self.path().get(path_len - 1) == Some(&b'/');
        if has_slash { path_len } else { path_len + 1 }
    }

    /// Moves to the next entry of the directory that is read, and appends its name to the path of the directory.
    ///
    /// Returns the type bits of its mode, or `None` at the end.
    pub(super) fn next_entry(&mut self) -> Result<Option<u32>> {
        loop {
            let Some(top) = self.levels.as_mut_slice().last_mut() else { return Ok(None) };
            // SAFETY: the reads initialized the records.
            let all = unsafe { self.records.as_bytes() };
            let mut records = all.get(top.at..).unwrap_or_default();
            if let Some(Record { name, kind, inode }) = next_record(&mut records) {
                top.at = all.len() - records.len();
                self.inode = inode;
                let len = top.path_len;
                let needs_slash = len > 0 && path_ends(&self.path, len) != Some(b'/');
                // SAFETY: the first bytes of the path are initialized.
                unsafe { self.path.set_len(len) };
                if needs_slash {
                    self.path.extend_from_slice(b"/")?;
                }
                self.path.extend_from_slice(name.to_bytes())?;
                return Ok(Some(kind));
            }
            if top.is_at_end {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// Returns whether the directory has records that were read from the kernel and not returned yet.
    pub(super) fn has_records(&self) -> bool {
        // SAFETY: the reads initialized the records.
        let all = unsafe { self.records.as_bytes() };
        let at = self.levels.as_slice().last().map_or(0, |top| top.at);
        all.get(at..).is_some_and(|mut rest| next_record(&mut rest).is_some())
    }

    /// Reads more records. After an error the directory is at its end.
    fn fill(&mut self) -> Result<()> {
        let Some(top) = self.levels.as_mut_slice().last_mut() else { return Ok(()) };
        let start = top.start;
        // SAFETY: the records of the directories above are initialized.
        unsafe { self.records.set_len(start) };
        top.at = start;
        top.is_at_end = true;
        top.reads = top.reads.saturating_add(1).min(2);
        if self.records.capacity() < start + RECORDS {
            self.records.reserve(2 * (start + RECORDS))?;
        }
        let fd = top.fd.as_ref().map_err(|errno| *errno)?;
        let room = self.records.spare_capacity_mut();
        let room = if room.len() > RECORDS { room.get_mut(..RECORDS).unwrap_or_default() } else { room };
        match sys::read_dir(fd, room) {
            // ENOENT: the directory was removed while it was read, and has no more names.
            Ok(0) | Err(Errno::ENOENT) => Ok(()),
            Ok(len) => {
                top.is_at_end = false;
                // SAFETY: the call initialized this many bytes after the others.
                unsafe { self.records.set_len(start + len) };
                Ok(())
            }
            Err(errno) => Err(errno),
        }
    }

    /// Returns the bytes that the last read of the directory returned.
    pub(super) fn read_len(&self) -> usize {
        self.records.len() - self.levels.as_slice().last().map_or(0, |top| top.start)
    }

    /// Returns the descriptor of the parent of the directory that is read, and the name of the latter, at which the
    /// path ends.
    pub(super) fn parent_of_top(&self) -> Result<(&Fd, &CStr)> {
        let [.., parent, _] = self.levels.as_slice() else { return Err(Errno::EINVAL) };
        Ok((parent.fd.as_ref().map_err(|errno| *errno)?, self.name(self.start_after(parent.path_len))))
    }

    /// Reads the directory from its start again.
    pub(super) fn rewind(&mut self) -> Result<()> {
        sys::seek(self.top_fd()?, 0, sys::SEEK_SET)?;
        let len = self.records.len();
        if let Some(top) = self.top() {
            (top.at, top.is_at_end, top.has_removed) = (len, false, false);
        }
        Ok(())
    }

    /// Goes down into the directory at the current path, whose name starts at `name`. If it cannot be opened, it is one
    /// that cannot be read.
    pub(super) fn enter(&mut self, name: usize, flags: u32) -> Result<()> {
        let fd = self.open_entry(name, flags);
        self.push(fd, flags)
    }

    /// Goes down into a directory at the current path, which was opened with these flags.
    pub(super) fn push(&mut self, fd: Result<Fd>, flags: u32) -> Result<()> {
        let start = self.records.len();
        let is_open = fd.is_ok();
        self.levels.push(Level {
            fd,
            id: None,
            flags,
            path_len: self.path.len(),
            start,
            at: start,
            offset: None,
            is_at_end: false,
            reads: 0,
            has_removed: false,
        })?;
        self.open += usize::from(is_open);
        Ok(())
    }

    /// Opens the directory at the current path. Directories higher up are closed if too many are open.
    pub(super) fn open_entry(&mut self, name: usize, flags: u32) -> Result<Fd> {
        if self.open >= self.max_open {
            self.close_one();
        }
        loop {
            match sys::open_at(self.top_fd()?, self.name(name), flags, 0) {
                Err(Errno::EMFILE | Errno::ENFILE) if self.close_one() => {}
                result => return result,
            }
        }
    }

    /// Closes the highest open directory below the root and above the current one. Returns whether there was one.
    ///
    /// Its identity, and where it was read to, are kept.
    fn close_one(&mut self) -> bool {
        let last = self.levels.len().saturating_sub(1);
        let above = self.levels.as_mut_slice().get_mut(..last).unwrap_or_default();
        let Some(level) = above.iter_mut().skip(1).find(|level| level.fd.is_ok()) else { return false };
        let Ok(fd) = &level.fd else { return false };
        let Ok(id) = sys::fstat(fd, &mut StatBuffer::uninit()).map(Stat::id) else { return false };
        if !level.is_at_end {
            let Ok(offset) = sys::seek(fd, 0, sys::SEEK_CUR) else { return false };
            level.offset = Some(offset);
        }
        level.id = Some(id);
        level.fd = Err(CLOSED);
        self.open -= 1;
        true
    }

    /// Goes up. The parent is opened again if it was closed; if that fails, it has no more entries and the error is
    /// returned.
    pub(super) fn leave(&mut self) -> Result<()> {
        let reopened = self.reopen_parent();
        let Some(level) = self.levels.pop() else { return Ok(()) };
        self.open -= usize::from(level.fd.is_ok());
        // SAFETY: the records of the directories above are initialized.
        unsafe { self.records.set_len(level.start) };
        reopened
    }

    /// Opens the parent of the directory that is read, if it was closed.
    pub(super) fn reopen_parent(&mut self) -> Result<()> {
        let parent = match self.levels.as_slice() {
            [.., parent, _] if parent.fd.as_ref().is_err_and(|errno| *errno == CLOSED) => self.levels.len() - 2,
            _ => return Ok(()),
        };
        let reopened = self.open_parent(parent).or_else(|_| self.open_from_root(parent));
        let Some(level) = self.levels.as_mut_slice().get_mut(parent) else { return Ok(()) };
        let offset = level.offset.take().filter(|_| !level.is_at_end);
        let reopened =
            reopened.and_then(|fd| match offset.map_or(Ok(0), |offset| sys::seek(&fd, offset, sys::SEEK_SET)) {
                Err(_) if !sys::fstat(&fd, &mut StatBuffer::uninit())?.has_names() => {
                    // It was removed meanwhile, and has no more names.
                    level.is_at_end = true;
                    Ok(fd)
                }
                result => result.map(|_| fd),
            });
        match reopened {
            Ok(fd) => {
                level.fd = Ok(fd);
                self.open += 1;
                Ok(())
            }
            Err(errno) => {
                // Nothing in it can be reached any more.
                level.fd = Err(errno);
                level.skip();
                Err(errno)
            }
        }
    }

    /// Opens the parent by the name `..` in the current directory. `ESTALE` if that leads to another directory now.
    fn open_parent(&self, parent: usize) -> Result<Fd> {
        let fd = sys::open_at(self.top_fd()?, c"..", OPEN_DIRECTORY, 0)?;
        self.check(&fd, parent)?;
        // The numbers of a removed directory may be those of a new one elsewhere.
        let above =
            parent.checked_sub(1).and_then(|above| self.levels.as_slice().get(above)).and_then(|level| level.id);
        let mut buffer = StatBuffer::uninit();
        match above {
            Some(id) if sys::lstat_at(&fd, c"..", &mut buffer)?.id() != id => Err(Errno::ESTALE),
            _ => Ok(fd),
        }
    }

    /// Opens a directory by its name and those of the directories above it, from the root on, which stays open.
    #[cold]
    fn open_from_root(&self, target: usize) -> Result<Fd> {
        let mut opened: Option<Fd> = None;
        let levels = self.levels.as_slice();
        for pair in levels.windows(2).take(target) {
            let [above, level] = pair else { break };
            let name = self.path().get(self.start_after(above.path_len)..level.path_len).unwrap_or_default();
            let fd = match &opened {
                Some(fd) => fd,
                None => above.fd.as_ref().map_err(|errno| *errno)?,
            };
            opened = Some(crate::arg::Arg::with_c_str(&name, |name| sys::open_at(fd, name, level.flags, 0))?);
        }
        let fd = opened.ok_or(Errno::ESTALE)?;
        self.check(&fd, target)?;
        Ok(fd)
    }

    fn check(&self, fd: &Fd, level: usize) -> Result<()> {
        let id = sys::fstat(fd, &mut StatBuffer::uninit())?.id();
        let expected = self.levels.as_slice().get(level).and_then(|level| level.id);
        if expected == Some(id) { Ok(()) } else { Err(Errno::ESTALE) }
    }
}

/// Returns the byte before an offset of the path.
fn path_ends(path: &Block, len: usize) -> Option<u8> {
    // SAFETY: the block holds the bytes that were appended to it.
    unsafe { path.as_bytes() }.get(len.wrapping_sub(1)).copied()
}
