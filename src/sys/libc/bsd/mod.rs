//! The part of the libc backend for macOS and the BSDs.

#[cfg(target_os = "macos")]
mod getattrlistbulk;
#[cfg(not(target_os = "macos"))]
mod getdents;
mod mapping;
#[cfg(target_os = "macos")]
mod posix_spawn;
mod program;

use core::ffi::c_void;
#[cfg(not(target_os = "macos"))]
use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::AtomicU32;

use super::call::decode;
use super::fd::Fd;
#[cfg(not(target_os = "macos"))]
use super::signal::SignalSet;
use super::time::sleep;
use crate::errno::{Errno, Result};
use crate::sys::types::{Sharing, Timespec, retry};

#[cfg(target_os = "macos")]
pub(crate) use getattrlistbulk::{dir_record, dir_record_inode, dir_record_type, is_deleted, read_dir};
#[cfg(not(target_os = "macos"))]
pub(crate) use getdents::{dir_record, dir_record_inode, dir_record_type, is_deleted, read_dir};
pub(super) use mapping::map_flags;
pub(crate) use mapping::{
    MADV_DODUMP, MADV_DOFORK, MADV_DONTDUMP, MADV_DONTFORK, MADV_HUGEPAGE, MADV_MERGEABLE, MADV_NOHUGEPAGE,
    MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_REMOVE, MADV_UNMERGEABLE, resize,
};
#[cfg(target_os = "macos")]
pub(crate) use posix_spawn::posix_spawn;
pub(crate) use program::{arguments, exec_filename, executable, read_arguments};

/// True if the system has control groups, which limit what a process gets.
pub(crate) const HAS_CONTROL_GROUPS: bool = false;

/// True if posix_spawn(3) starts programs here. macOS has it in place of a vfork(2) that shares memory.
pub(crate) const HAS_POSIX_SPAWN: bool = cfg!(target_os = "macos");

/// Opens a directory to reach what is in it. Not all of these systems have a flag that makes permission to search it
/// enough.
pub(crate) const O_SEARCH: u32 = libc::O_RDONLY as u32;

#[cfg(not(any(target_os = "netbsd", target_os = "openbsd")))]
pub(crate) const SEEK_DATA: u32 = libc::SEEK_DATA as u32;
#[cfg(not(any(target_os = "netbsd", target_os = "openbsd")))]
pub(crate) const SEEK_HOLE: u32 = libc::SEEK_HOLE as u32;

/// None: these systems do not report holes. lseek(2) refuses the number with `EINVAL`.
#[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
pub(crate) const SEEK_DATA: u32 = u32::MAX;
/// None, as [`SEEK_DATA`].
#[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
pub(crate) const SEEK_HOLE: u32 = u32::MAX;

/// Fails: no system here has the call in all its versions.
pub(crate) fn copy_file_range(_from: &Fd, _to: &Fd, _len: usize) -> Result<usize> {
    Err(Errno::ENOSYS)
}

/// Waits until the content and the size of a file, or the names in a directory, are on its disk. See fsync(2).
///
/// On macOS fsync(2) leaves them in the cache of the disk, from which F_FULLFSYNC writes them, where the file system has
/// it.
pub(crate) fn sync(fd: &Fd) -> Result<()> {
    #[cfg(target_os = "macos")]
    // SAFETY: the call takes numbers only.
    if unsafe { libc::fcntl(fd.raw(), libc::F_FULLFSYNC) } == 0 {
        return Ok(());
    }
    // SAFETY: the call takes a number only.
    retry(|| decode(unsafe { libc::fsync(fd.raw()) })).map(drop)
}

/// Opens a pipe, close-on-exec, whose reads and writes never wait. See pipe(2).
#[cfg(not(target_os = "macos"))]
pub(super) fn open_pipe() -> Result<(Fd, Fd)> {
    let mut ends = [0; 2];
    // SAFETY: the call writes two ints.
    decode(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) })?;
    // SAFETY: the call has just opened the descriptor.
    let reader = unsafe { Fd::from_raw(ends[0]) };
    // SAFETY: the call has just opened the descriptor.
    Ok((reader, unsafe { Fd::from_raw(ends[1]) }))
}

/// Opens a pipe, close-on-exec, whose reads and writes never wait. See pipe(2).
///
/// macOS has no pipe2: a program that another thread executes before fcntl(2) is called inherits the pipe.
#[cfg(target_os = "macos")]
pub(super) fn open_pipe() -> Result<(Fd, Fd)> {
    let mut ends = [0; 2];
    // SAFETY: the call writes two ints.
    decode(unsafe { libc::pipe(ends.as_mut_ptr()) })?;
    // SAFETY: the call has just opened the descriptor.
    let reader = unsafe { Fd::from_raw(ends[0]) };
    // SAFETY: the call has just opened the descriptor.
    let writer = unsafe { Fd::from_raw(ends[1]) };
    for end in ends {
        // SAFETY: the call takes numbers only.
        decode(unsafe { libc::fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC) })?;
        // SAFETY: the call takes numbers only.
        decode(unsafe { libc::fcntl(end, libc::F_SETFL, libc::O_NONBLOCK) })?;
    }
    Ok((reader, writer))
}

/// Fills the buffer with the mask of processors that the calling thread may use, and returns its length in bytes.
///
/// If the system does not report which ones, as many bits are set as there are processors online.
pub(crate) fn affinity(mask: &mut [MaybeUninit<u64>]) -> Result<usize> {
    #[cfg(target_os = "freebsd")]
    if let Some(len) = thread_affinity(mask) {
        return Ok(len);
    }
    let mut rest = online_processors();
    for word in mask.iter_mut() {
        let here = rest.min(u64::BITS);
        rest -= here;
        word.write(u64::MAX.checked_shr(u64::BITS - here).unwrap_or_default());
    }
    Ok(size_of_val(mask))
}

/// Returns the length of the calling thread's mask. See cpuset_getaffinity(2).
#[cfg(target_os = "freebsd")]
fn thread_affinity(mask: &mut [MaybeUninit<u64>]) -> Option<usize> {
    let len = size_of::<libc::cpuset_t>();
    let start = mask.get_mut(..len / size_of::<u64>())?.as_mut_ptr().cast();
    // SAFETY: the buffer is writable for this length; -1 is the calling thread.
    let result = unsafe { libc::cpuset_getaffinity(libc::CPU_LEVEL_WHICH, libc::CPU_WHICH_TID, -1, len, start) };
    (result == 0).then_some(len)
}

fn online_processors() -> u32 {
    // SAFETY: the call takes a number only.
    u32::try_from(unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) }).unwrap_or_default()
}

/// Returns the memory of the machine in bytes. See sysconf(3).
pub(crate) fn total_memory() -> Result<u64> {
    // SAFETY: the call takes a number only.
    let pages = u64::try_from(unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) }).map_err(|_| Errno::ENOSYS)?;
    // SAFETY: the call takes a number only.
    let size = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).map_err(|_| Errno::ENOSYS)?;
    Ok(pages.saturating_mul(size))
}

/// Fills the buffer with random bytes, and returns their number. See arc4random(3).
pub(crate) fn random(buffer: &mut [MaybeUninit<u8>], _blocking: bool) -> Result<usize> {
    // SAFETY: the buffer is writable for its length.
    unsafe { libc::arc4random_buf(buffer.as_mut_ptr().cast(), buffer.len()) };
    Ok(buffer.len())
}

/// Fails: no system here but NetBSD has the call.
///
/// # Safety
/// There are no requirements.
pub(crate) const unsafe fn remap(_start: NonNull<u8>, _len: usize, _new_len: usize) -> Result<NonNull<u8>> {
    Err(Errno::ENOSYS)
}

/// Does nothing: these systems use large pages by themselves.
pub(crate) const fn prefer_huge_pages(_start: NonNull<u8>, _len: usize) {}

/// Sleeps for a moment. No system here has a public call for it in all its versions, and locks are held for less.
pub(crate) fn futex_wait(_word: &AtomicU32, _value: u32) {
    let _ = sleep(Timespec { seconds: 0, nanoseconds: 50_000 });
}

/// Does nothing: waiting threads wake up by themselves.
pub(crate) const fn futex_wake_one(_word: &AtomicU32) {}

unsafe extern "C" {
    // On NetBSD the plain name is an older version, whose child gets a copy of the memory.
    #[cfg_attr(target_os = "netbsd", link_name = "__vfork14")]
    fn vfork() -> libc::pid_t;
}

/// Starts a child that runs `entry(argument)`, and returns its process ID. See vfork(2), fork(2).
///
/// A child that shares the memory runs on the stack of the suspended thread, and needs none of its own.
///
/// # Safety
/// `entry` takes `argument` and does not return. Until the child has executed a program or ended, no thread uses what a
/// child that shares memory writes to.
#[inline(never)]
pub(crate) unsafe fn spawn(
    sharing: Sharing,
    _stack: &mut [MaybeUninit<u8>],
    entry: unsafe extern "C" fn(*mut c_void) -> !,
    argument: NonNull<c_void>,
) -> Result<i32> {
    let pid = match sharing {
        // SAFETY: the call returns twice to one frame, first in the child. The child uses nothing of the frame but the
        // arguments of `entry`, which does not return, so the parent finds the frame unchanged.
        Sharing::MemorySuspended => unsafe { vfork() },
        // The operation has a fallback.
        Sharing::MemoryAndFiles => return Err(Errno::EINVAL),
        // SAFETY: the child calls only functions that a child of a threaded process may call.
        Sharing::Nothing => unsafe { libc::fork() },
    };
    if pid == 0 {
        // SAFETY: the entry takes the argument and does not return.
        unsafe { entry(argument.as_ptr()) }
    }
    decode(pid)
}

/// Fails: `spawn` and execve(2) start programs here.
///
/// # Safety
/// `argv` and `envp` are arrays of NUL-terminated strings, each ended by a null pointer.
#[cfg(not(target_os = "macos"))]
pub(crate) unsafe fn posix_spawn(
    _path: &CStr,
    _argv: *const *const c_char,
    _envp: *const *const c_char,
    _mask: &SignalSet,
) -> Result<i32> {
    Err(Errno::ENOSYS)
}

/// Does nothing: the supervisor has closed its copies of the caller's descriptors, so it holds nothing of the caller's.
pub(crate) const fn set_parent_death_signal(_parent: i32) {}

/// Returns whether the program runs with changed privileges (set-user-ID and the like). See issetugid(2).
pub(crate) fn is_secure_exec() -> bool {
    // SAFETY: the call takes nothing, and cannot fail.
    (unsafe { libc::issetugid() }) != 0
}

/// Returns whether a child has ended. It is not reaped, and its process ID stays its own. See WNOWAIT in waitid(2).
#[cfg(not(target_os = "openbsd"))]
pub(crate) fn has_ended(child: i32) -> Result<bool> {
    let id = child.try_into().map_err(|_| Errno::ECHILD)?;
    // SAFETY: the struct consists of numbers and pointers, so zeroes are a value of it.
    let mut info = unsafe { MaybeUninit::<libc::siginfo_t>::zeroed().assume_init() };
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the call writes one struct.
    retry(|| decode(unsafe { libc::waitid(libc::P_PID, id, &raw mut info, options) }))?;
    Ok(info.si_signo != 0)
}

/// Fails: old versions of the system lack the call.
#[cfg(target_os = "openbsd")]
pub(crate) fn has_ended(_child: i32) -> Result<bool> {
    Err(Errno::ENOSYS)
}

/// Fails: the system has no such descriptor.
pub(crate) fn open_process(_process: i32) -> Result<Fd> {
    Err(Errno::ENOSYS)
}
