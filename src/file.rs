//! Files: whether they exist, their content, their facts, copies and locks.
//!
//! Paths are bytes; symbolic links are followed except by [`delete`]. New files get the mode 0666, less the umask.

use core::ffi::CStr;
use core::mem::{ManuallyDrop, MaybeUninit};

use crate::alloc::Block;
use crate::arg::Arg;
use crate::fd::Fd;
use crate::scratch::Scratch;
use crate::sys::{self, Stat, StatBuffer};
use crate::{Errno, Result, Text, cgroup};

const NEW_FILE: u32 = 0o666;
const PERMISSIONS: u32 = 0o777;

/// Whether the path leads to anything. A dangling symbolic link leads nowhere.
///
/// # Errors
/// Those that leave it unknown: `EACCES` when a directory on the way may not be searched, `ELOOP`, `EIO`.
pub fn exists(path: impl Arg) -> Result<bool> {
    match path.with_c_str(find) {
        Ok(()) => Ok(true),
        Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Succeeds if the path leads to something, and says why not otherwise.
pub(crate) fn find(path: &CStr) -> Result<()> {
    match sys::access(path) {
        // access(2) asks for the real user; in a set-user-ID program the effective one may see more.
        Err(Errno::EACCES) => sys::stat(path, &mut StatBuffer::uninit()).map(drop),
        result => result,
    }
}

/// The whole content of a file, to its end, whatever size it claims: files of /proc, pipes and terminals too.
///
/// # Errors
/// Those of open(2) and read(2): `ENOENT`, `EACCES`, `EISDIR` for a directory. `ENOMEM` when the content does not fit
/// into memory, as that of a file without end. Where a file does not say its size, as a pipe does not, nobody knows
/// which it is, and a content of more than a quarter of the memory may be taken for one.
pub fn read_text(path: impl Arg) -> Result<Text> {
    path.with_c_str(|path| read_to_end(&sys::open(path, sys::O_RDONLY, 0)?))
}

/// Most files fit here, and then need neither a guess of their size nor a copy of more than their content.
const FIRST_READ: usize = 4096 + 256;

pub(crate) fn read_to_end(fd: &Fd) -> Result<Text> {
    let mut first = [MaybeUninit::uninit(); FIRST_READ];
    let (len, at_end) = fd.fill(&mut first)?;
    // SAFETY: `fill` has set this many bytes.
    let content = unsafe { first.get(..len).unwrap_or_default().assume_init_ref() };
    if at_end { Text::new(content) } else { read_large(fd, content) }
}

#[cold]
fn read_large(fd: &Fd, beginning: &[u8]) -> Result<Text> {
    // The size is a hint only: a file may grow, shrink, or not know it. One byte more finds the end without growing.
    let size = usize::try_from(sys::fstat(fd, &mut StatBuffer::uninit())?.size()).unwrap_or_default();
    let size = if is_plausible(size, 0) { size } else { 0 };
    let mut block = Block::new(size.saturating_add(1).max(4 * FIRST_READ))?;
    block.push(beginning)?;
    read_behind(fd, &mut block, 1, sys::read)?;
    Text::from_block(block)
}

/// Puts what there is to read, to the end, behind what the block holds. No read gets less room than this.
#[inline(never)]
pub(crate) fn read_behind(fd: &Fd, block: &mut Block, room: usize, read: sys::Read) -> Result<()> {
    loop {
        let len = block.len();
        let rest = block.spare().get_mut(len..).unwrap_or_default();
        if rest.len() < room {
            let more = block.capacity().saturating_mul(2);
            if !is_plausible(more, 1) {
                return Err(Errno::ENOMEM);
            }
            block.grow(more)?;
            continue;
        }
        match read(fd, rest)? {
            0 => return Ok(()),
            read => block.set_len(len + read),
        }
    }
}

/// Whether a content of this length can be held in the memory that there is, halved this many times.
///
/// A kernel that overcommits grants any length, and kills a process when it is used. So a size that is no real one is
/// not believed, and a content that does not end is not followed to where that happens.
fn is_plausible(len: usize, halved: u32) -> bool {
    const SURELY: usize = 1 << 24;
    len <= SURELY || len as u64 <= cgroup::memory() >> halved
}

/// Makes this the content of a file, which is created when missing. Its directory is not.
///
/// The old content is gone before the new one is written: whoever reads meanwhile, or after a failure, may see less
/// than all.
///
/// # Errors
/// Those of open(2), write(2) and close(2): `ENOENT` when the directory is missing, `EACCES`, `EISDIR`, `ENOSPC`.
pub fn write_text(path: impl Arg, content: impl AsRef<[u8]>) -> Result<()> {
    path.with_c_str(|path| write_with(path, sys::O_TRUNC, content.as_ref()))
}

/// Adds this to the end of a file, which is created when missing.
///
/// The kernel places each write at the end as it is then, and all of the content is offered in one write, so that what
/// several processes append to a local file does not mix. NFS cannot promise that.
///
/// # Errors
/// As [`write_text`].
pub fn append_text(path: impl Arg, content: impl AsRef<[u8]>) -> Result<()> {
    path.with_c_str(|path| write_with(path, sys::O_APPEND, content.as_ref()))
}

fn write_with(path: &CStr, flag: u32, content: &[u8]) -> Result<()> {
    let fd = sys::open(path, sys::O_WRONLY | sys::O_CREAT | flag, NEW_FILE)?;
    write_all(fd.raw(), content).and(fd.close())
}

/// Writes all bytes. Where the descriptor was made not to wait (a terminal or pipe shared with others), this waits.
pub(crate) fn write_all(fd: i32, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match sys::write(fd, bytes) {
            Ok(0) => return Err(Errno::EIO), // a device that takes nothing would be asked for ever
            Ok(written) => bytes = bytes.split_at(written.min(bytes.len())).1,
            Err(Errno::EAGAIN) => sys::wait_writable(fd)?,
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Removes a file's name; a symbolic link itself, not what it leads to.
///
/// # Errors
/// Those of unlink(2): `ENOENT` when it is missing, `EISDIR` for a directory.
#[doc(alias = "rt_file_remove")]
pub fn delete(path: impl Arg) -> Result<()> {
    path.with_c_str(sys::unlink)
}

/// The size in bytes that stat(2) reports, for any kind of file. Files of /proc and the like say 0 and have content.
///
/// # Errors
/// Those of stat(2).
pub fn size(path: impl Arg) -> Result<i64> {
    path.with_c_str(|path| Ok(sys::stat(path, &mut StatBuffer::uninit())?.size()))
}

/// When the content last changed, in seconds since 1970 (UTC); negative before.
///
/// # Errors
/// Those of stat(2).
pub fn modified_time(path: impl Arg) -> Result<i64> {
    path.with_c_str(|path| Ok(sys::stat(path, &mut StatBuffer::uninit())?.modified()))
}

/// Copies a file's content and permission bits, without set-user-ID and set-group-ID. Owner, times and extended
/// attributes are not copied. An existing destination keeps its identity: links to it see the new content.
///
/// A source that is no regular file (a pipe, a device, a file of /proc) is read to its end.
///
/// # Errors
/// Those of open(2), read(2), write(2), fchmod(2), close(2): `EISDIR` when either is a directory. `EINVAL` when both
/// are the same file, which is left as it is. After an error a destination that this call created is removed; one that
/// existed, or that a dangling link led to, may be incomplete.
pub fn copy(source: impl Arg, destination: impl Arg) -> Result<()> {
    source.with_c_str(|source| destination.with_c_str(|destination| copy_file(source, destination)))
}

fn copy_file(source: &CStr, destination: &CStr) -> Result<()> {
    let from = sys::open(source, sys::O_RDONLY, 0)?;
    // Not emptied, since it may turn out to be the source. Only then the source is looked at: what comes up from a lower
    // layer when it is opened for writing is another file from then on, also where it was opened before (overlayfs).
    let mut opened = sys::open(destination, sys::O_WRONLY, 0);
    let mut buffer = StatBuffer::uninit();
    let source = sys::fstat(&from, &mut buffer)?;
    if source.is_dir() {
        return Err(Errno::EISDIR);
    }
    let mut created = false;
    if matches!(opened, Err(Errno::ENOENT)) {
        let mode = source.mode() & PERMISSIONS;
        opened = sys::open(destination, sys::O_WRONLY | sys::O_CREAT | sys::O_EXCL, mode);
        created = opened.is_ok();
        // Somebody was faster, or the name is that of a dangling link, whose target gets created.
        if matches!(opened, Err(Errno::EEXIST)) {
            opened = sys::open(destination, sys::O_WRONLY | sys::O_CREAT, mode);
        }
    }
    let to = opened?;
    let mut buffer = StatBuffer::uninit();
    let target = sys::fstat(&to, &mut buffer);
    let copied = target.and_then(|target| copy_open(&from, source, &to, target));
    let result = copied.and(to.close());
    // The path is that of the new file still, unless somebody has put another one there.
    let is_ours = || target.map_or(Ok(()), |target| leads_to(destination, target)).is_ok();
    if result.is_err() && created && is_ours() {
        // The first error is the one to report.
        let _ = sys::unlink(destination);
    }
    result
}

/// Succeeds if the path leads to this file still; `ENOENT` when it leads to another one, too.
#[inline(never)]
fn leads_to(path: &CStr, file: &Stat) -> Result<()> {
    let mut buffer = StatBuffer::uninit();
    if sys::stat(path, &mut buffer)?.same_file(file) { Ok(()) } else { Err(Errno::ENOENT) }
}

fn copy_open(from: &Fd, source: &Stat, to: &Fd, target: &Stat) -> Result<()> {
    if target.same_file(source) {
        return Err(Errno::EINVAL);
    }
    if target.is_regular() {
        let (old, mode) = (target.mode() & !sys::S_IFMT, source.mode() & PERMISSIONS);
        // Nobody may get to see the old content who could not before.
        let meanwhile = if target.size() > 0 { old & mode } else { mode };
        // Before that goes: the file may be somebody else's, who alone can do this.
        if old != mode {
            sys::chmod(to, meanwhile)?;
        }
        if target.size() > 0 {
            sys::truncate(to, 0)?;
        }
        if meanwhile != mode {
            sys::chmod(to, mode)?;
        }
        if source.is_regular() && source.size() >= SMALL_COPY {
            copy_in_kernel(from, to, source.size())?;
        }
    }
    copy_by_hand(from, to)
}

/// Below this size one read and one write are faster than asking the kernel to copy.
const SMALL_COPY: i64 = 1 << 16;

/// Copies this many bytes or a few more within the kernel, as far as that goes, sharing the blocks where the file system
/// can.
///
/// What it leaves out [`copy_by_hand`] does: the file may have grown, the kernel may lack the call, refuse these files,
/// or end early (0 is no proof of the end: copy_file_range(2), BUGS). Both go on from the descriptors' offsets.
fn copy_in_kernel(from: &Fd, to: &Fd, mut size: i64) -> Result<()> {
    const STEP: usize = 1 << 30;
    while size > 0 {
        match sys::copy_file_range(from, to, STEP) {
            Ok(0) => break,
            Ok(copied) => size -= i64::try_from(copied).unwrap_or(size),
            // Errors that reading and writing would meet as well, and could meet only after doing damage.
            Err(errno @ (Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG)) => return Err(errno),
            Err(_) => break,
        }
    }
    Ok(())
}

/// Copies from the offsets of both descriptors to the end.
///
/// The memory is the caller's stack and, for more than fits there, a mapping: copying is allowed where allocating is
/// not, in a child that a threaded process forked.
fn copy_by_hand(from: &Fd, to: &Fd) -> Result<()> {
    const LARGE: usize = 1 << 18;
    let mut small = [MaybeUninit::uninit(); 1 << 14];
    if copy_pieces(from, to, &mut small, 4)? == 0 {
        return Ok(());
    }
    let mut scratch = Scratch::new(LARGE);
    let buffer = scratch.as_mut().map_or(small.as_mut_slice(), |scratch| scratch.bytes());
    copy_pieces(from, to, buffer, usize::MAX).map(drop)
}

/// Copies what at most this many reads bring, one at least. What the last one brought: nothing, if that was all.
#[inline(never)]
fn copy_pieces(from: &Fd, to: &Fd, buffer: &mut [MaybeUninit<u8>], mut count: usize) -> Result<usize> {
    loop {
        let read = sys::read(from, buffer)?;
        // SAFETY: the kernel has set this many bytes.
        write_all(to.raw(), unsafe { buffer.get(..read).unwrap_or_default().assume_init_ref() })?;
        count -= 1;
        if read == 0 || count == 0 {
            return Ok(read);
        }
    }
}

/// An exclusive lock on a file, given up when dropped.
///
/// The lock is advisory: it binds those who ask for it. It belongs to this opening of the file, so a second [`lock`]
/// fails in the same process too, and opening and closing the file elsewhere leaves it alone. A child started by
/// fork(2) shares it; a program started by exec does not. It ends with the process at the latest.
#[derive(Debug)]
pub struct FileLock(Fd);

impl FileLock {
    /// Gives the lock up, and says whether that went well.
    ///
    /// # Errors
    /// Those of flock(2) and close(2).
    #[doc(alias = "rt_file_unlock")]
    pub fn unlock(self) -> Result<()> {
        unlock(self.into_raw())
    }

    /// The descriptor that holds the lock, to be given to [`unlock`].
    #[must_use]
    pub fn into_raw(self) -> i32 {
        ManuallyDrop::new(self).0.raw()
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing would not be enough where a child shares the descriptor. Nobody is left to hear of an error.
        let _ = sys::unlock(self.0.raw());
    }
}

/// Takes an exclusive lock on a file, which is created when missing, without waiting. See flock(2).
///
/// The file that is locked is the one that the path leads to: where it was replaced or deleted meanwhile, the attempt
/// starts over.
///
/// # Errors
/// `EAGAIN` when somebody else has it. Those of open(2) and flock(2).
pub fn lock(path: impl Arg) -> Result<FileLock> {
    path.with_c_str(|path| {
        // Each new attempt means that somebody replaced the file within microseconds.
        for _ in 0..1000 {
            let fd = open_to_lock(path)?;
            sys::try_lock(&fd)?;
            let mut locked = StatBuffer::uninit();
            match leads_to(path, sys::fstat(&fd, &mut locked)?) {
                Ok(()) => return Ok(FileLock(fd)),
                Err(Errno::ENOENT) => {}
                Err(errno) => return Err(errno),
            }
        }
        Err(Errno::EAGAIN)
    })
}

/// NFS locks exclusively only what is open for writing; a file that may not be written can be locked elsewhere still.
fn open_to_lock(path: &CStr) -> Result<Fd> {
    // What is no regular file may make its opener wait.
    match sys::open(path, sys::O_RDWR | sys::O_CREAT | sys::O_NONBLOCK, NEW_FILE) {
        Err(errno @ (Errno::EACCES | Errno::EPERM | Errno::EROFS | Errno::ETXTBSY)) => {
            sys::open(path, sys::O_RDONLY | sys::O_NONBLOCK, 0)
                .map_err(|second| if second == Errno::ENOENT { errno } else { second })
        }
        result => result,
    }
}

/// Gives up the lock that a descriptor holds, and closes it.
///
/// The lock is given up explicitly, since a child that shares the descriptor would keep it.
///
/// # Errors
/// Those of flock(2) and close(2): `EBADF` when the descriptor is not open.
pub fn unlock(fd: i32) -> Result<()> {
    if fd < 0 {
        return Err(Errno::EBADF);
    }
    let unlocked = sys::unlock(fd);
    if unlocked == Err(Errno::EBADF) {
        return unlocked;
    }
    let closed = Fd::from_raw(fd).close();
    unlocked.and(closed)
}
