//! What macOS and the BSDs have of their own.

use core::ffi::{c_char, c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::AtomicU32;

use super::{ChildEntry, Fd, Sharing, decode, sleep_nanoseconds};
use crate::sys::WaitStatus;
use crate::{Errno, Result};

pub(crate) use libc as errno;

#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod records;
#[cfg(not(target_os = "macos"))]
#[path = "getdents.rs"]
mod records;
pub(crate) use records::{is_deleted, read_dir, record};

/// Whether the system has control groups, which limit what a process gets.
pub(crate) const HAS_CONTROL_GROUPS: bool = false;

/// Where the calling thread's errno is.
pub(super) fn errno_location() -> *mut c_int {
    #[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
    use libc::__errno as location;
    #[cfg(target_os = "dragonfly")]
    use libc::__errno_location as location;
    #[cfg(any(target_os = "macos", target_os = "freebsd"))]
    use libc::__error as location;
    // SAFETY: takes nothing, and cannot fail.
    unsafe { location() }
}

/// No system here has such a call in all its versions: reading and writing serve.
pub(crate) fn copy_file_range(_from: &Fd, _to: &Fd, _len: usize) -> Result<usize> {
    Err(Errno::ENOSYS)
}

/// Fills the buffer with a mask in which the processors are set that the calling thread may use; the result is its
/// length in bytes. Where the system does not tell which, as many are set as are online.
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

/// The calling thread's mask. See cpuset_getaffinity(2).
#[cfg(target_os = "freebsd")]
fn thread_affinity(mask: &mut [MaybeUninit<u64>]) -> Option<usize> {
    let len = size_of::<libc::cpuset_t>();
    let start = mask.get_mut(..len / size_of::<u64>())?.as_mut_ptr().cast();
    // SAFETY: the buffer is writable for this length; -1 is the calling thread.
    let result = unsafe { libc::cpuset_getaffinity(libc::CPU_LEVEL_WHICH, libc::CPU_WHICH_TID, -1, len, start) };
    (result == 0).then_some(len)
}

fn online_processors() -> u32 {
    // SAFETY: takes a number only.
    u32::try_from(unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) }).unwrap_or_default()
}

/// The machine's memory in bytes. See sysconf(3).
pub(crate) fn total_memory() -> Result<u64> {
    // SAFETY: takes a number only.
    let pages = u64::try_from(unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) }).map_err(|_| Errno::ENOSYS)?;
    // SAFETY: takes a number only.
    let size = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).map_err(|_| Errno::ENOSYS)?;
    Ok(pages.saturating_mul(size))
}

/// These systems use large pages by themselves.
pub(crate) const fn prefer_huge_pages(_address: usize, _len: usize) {}

/// Sleeps a while. None of these systems has a public call that all its versions have; the locks are held for less.
pub(crate) fn futex_wait(_word: &AtomicU32, _value: u32) {
    sleep_nanoseconds(50_000);
}

/// Nobody sleeps until woken.
pub(crate) const fn futex_wake_one(_word: &AtomicU32) {}

/// A pipe, close-on-exec, whose reads and writes never wait. See pipe(2).
#[cfg(not(target_os = "macos"))]
pub(crate) fn pipe() -> Result<(Fd, Fd)> {
    let mut ends = [0; 2];
    // SAFETY: the call writes two ints.
    decode(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) })?;
    Ok((Fd::from_raw(ends[0]), Fd::from_raw(ends[1])))
}

/// A pipe, close-on-exec, whose reads and writes never wait. See pipe(2).
///
/// macOS sets the first of it only later: a program that another thread executes in between inherits the pipe.
#[cfg(target_os = "macos")]
pub(crate) fn pipe() -> Result<(Fd, Fd)> {
    let mut ends = [0; 2];
    // SAFETY: the call writes two ints.
    decode(unsafe { libc::pipe(ends.as_mut_ptr()) })?;
    let pipe = (Fd::from_raw(ends[0]), Fd::from_raw(ends[1]));
    for end in ends {
        // SAFETY: takes numbers only.
        decode(unsafe { libc::fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC) })?;
        // SAFETY: takes numbers only.
        decode(unsafe { libc::fcntl(end, libc::F_SETFL, libc::O_NONBLOCK) })?;
    }
    Ok(pipe)
}

unsafe extern "C" {
    // The plain name is that of an older one, whose child has a copy of the memory.
    #[cfg_attr(target_os = "netbsd", link_name = "__vfork14")]
    fn vfork() -> libc::pid_t;
}

/// Starts a child that runs `entry(argument)`, and returns its process id. See vfork(2), fork(2).
///
/// A child that shares the memory shares the stack with the thread that waits, and needs none of its own.
///
/// # Safety
/// `entry` and `argument` suit the sharing.
#[inline(never)]
pub(crate) unsafe fn spawn(
    sharing: Sharing,
    _stack: &mut [MaybeUninit<u8>],
    entry: ChildEntry,
    argument: NonNull<c_void>,
) -> Result<i32> {
    let pid = match sharing {
        // SAFETY: this call returns twice to one frame, first in the child. The child uses nothing in the frame but
        // what it hands to `entry`, from where it does not return; so the frame is as it was when the parent goes on.
        Sharing::MemoryWaiting => unsafe { vfork() },
        // What the caller has another way for.
        Sharing::MemoryAndFiles => return Err(Errno::EINVAL),
        // SAFETY: the child calls only what a child of several threads may call.
        Sharing::Nothing => unsafe { libc::fork() },
    };
    if pid == 0 {
        // SAFETY: the caller's.
        unsafe { entry(argument.as_ptr()) }
    }
    decode(pid)
}

/// Waits until a child is gone, of whose end the system will say nothing. `EAGAIN`: it is there still.
///
/// Some of these systems wake who waits for it only when the last of all children is gone.
pub(crate) fn wait_forgotten(child: i32) -> Result<WaitStatus> {
    let mut status = 0;
    // SAFETY: the call writes one int.
    match decode(unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) })? {
        0 => Err(Errno::EAGAIN),
        _ => Ok(WaitStatus(status)),
    }
}

/// Nothing of the caller's is held here by a process that waits for another: it has closed its copies.
pub(crate) const fn end_with_parent(_parent: i32) {}

/// Whether the program got rights that its user does not have (set-user-ID and the like). See issetugid(2).
pub(crate) fn runs_with_raised_rights() -> bool {
    // SAFETY: takes nothing, and cannot fail.
    (unsafe { libc::issetugid() }) != 0
}

/// The array of entries that the program's libc keeps, which a null pointer ends, or a null pointer. See environ(7).
#[cfg(target_os = "macos")]
pub(crate) fn environment() -> Option<*const *const c_char> {
    // SAFETY: takes nothing, and cannot fail.
    let environ = unsafe { libc::_NSGetEnviron() };
    // SAFETY: the libc's variable.
    Some(unsafe { environ.read_volatile() }.cast())
}

#[cfg(not(target_os = "macos"))]
unsafe extern "C" {
    static environ: *const *const c_char;
}

/// The array of entries that the program's libc keeps, which a null pointer ends, or a null pointer. See environ(7).
#[cfg(not(target_os = "macos"))]
pub(crate) fn environment() -> Option<*const *const c_char> {
    // SAFETY: the libc's variable.
    Some(unsafe { (&raw const environ).read_volatile() })
}
