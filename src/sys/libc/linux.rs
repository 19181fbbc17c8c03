//! What Linux's libcs, glibc and musl, have of their own.

use core::ffi::{c_char, c_int, c_long, c_void};
use core::mem::{MaybeUninit, offset_of};
use core::sync::atomic::AtomicU32;

use super::{ChildEntry, Fd, SIGCHLD, Sharing, decode, flags, last_errno};
use crate::Result;
use crate::sys::{WaitStatus, retry};

pub(crate) use libc as errno;

/// Whether the system has control groups, which limit what a process gets.
pub(crate) const HAS_CONTROL_GROUPS: bool = true;

/// Where the calling thread's errno is.
pub(super) fn errno_location() -> *mut c_int {
    // SAFETY: takes nothing, and cannot fail.
    unsafe { libc::__errno_location() }
}

/// What syscall(2) returns, which says -1 for a failure.
fn decode_long(result: c_long) -> Result<usize> {
    usize::try_from(result).map_err(|_| last_errno())
}

/// Lets the kernel copy at most `len` bytes from one descriptor's offset to the other's. See copy_file_range(2).
///
/// Not every libc has a function for it.
pub(crate) fn copy_file_range(from: &Fd, to: &Fd, len: usize) -> Result<usize> {
    let none = core::ptr::null_mut::<libc::off64_t>();
    // SAFETY: no offsets are passed, so the kernel writes to no memory.
    retry(|| decode_long(unsafe { libc::syscall(libc::SYS_copy_file_range, from.raw(), none, to.raw(), none, len, 0) }))
}

/// Fills the buffer with records of a directory; 0 is its end. See getdents(2).
///
/// Not every libc has a function for it.
pub(crate) fn read_dir(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let (start, len) = (buffer.as_mut_ptr(), buffer.len().min(super::MAX_TRANSFER));
    // SAFETY: the buffer is writable for that length, which the kernel takes for an int.
    retry(|| decode_long(unsafe { libc::syscall(libc::SYS_getdents64, fd.raw(), start, len) }))
}

/// How long the first record of a directory is, and where its name begins, which a NUL ends.
pub(crate) fn record(records: &[u8]) -> Option<(usize, usize)> {
    let len = u16::from_ne_bytes(*records.get(offset_of!(libc::dirent64, d_reclen)..)?.first_chunk()?);
    Some((usize::from(len), offset_of!(libc::dirent64, d_name)))
}

/// Records of names that are gone are not among what the system returns.
pub(crate) const fn is_deleted(_record: &[u8]) -> bool {
    false
}

/// Fills the buffer with the mask of the processors that the calling thread may use; the result is its length in
/// bytes. EINVAL: the buffer is smaller than the kernel's masks. See sched_getaffinity(2).
pub(crate) fn affinity(mask: &mut [MaybeUninit<u64>]) -> Result<usize> {
    let len = size_of_val(mask);
    // SAFETY: the buffer is writable for its length; 0 is the calling thread. What the kernel leaves is zeroed.
    decode(unsafe { libc::sched_getaffinity(0, len, mask.as_mut_ptr().cast()) })?;
    Ok(len)
}

/// The machine's memory in bytes. See sysinfo(2).
pub(crate) fn total_memory() -> Result<u64> {
    let mut info = MaybeUninit::<libc::sysinfo>::uninit();
    // SAFETY: the buffer is a struct sysinfo.
    decode(unsafe { libc::sysinfo(info.as_mut_ptr()) })?;
    // SAFETY: the call succeeded, so it filled the buffer in.
    let info = unsafe { info.assume_init() };
    Ok(info.totalram.saturating_mul(u64::from(info.mem_unit)))
}

/// Asks for huge pages. See madvise(2).
pub(crate) fn prefer_huge_pages(address: usize, len: usize) {
    let start = core::ptr::with_exposed_provenance_mut(address);
    // SAFETY: MADV_HUGEPAGE changes no content. A kernel without it answers EINVAL, and small pages serve.
    unsafe { libc::madvise(start, len, libc::MADV_HUGEPAGE) };
}

/// Sleeps while the word has this value. May return early. See futex(2).
pub(crate) fn futex_wait(word: &AtomicU32, value: u32) {
    let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
    let forever = core::ptr::null::<libc::timespec>();
    // SAFETY: the word is borrowed for the length of the call. Any error means: look again.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, forever) };
}

/// Wakes one thread that sleeps on the word. See futex(2).
pub(crate) fn futex_wake_one(word: &AtomicU32) {
    // SAFETY: the kernel uses the address as a key and does not read it.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 1) };
}

/// A pipe, close-on-exec, whose reads and writes never wait. See pipe(2).
pub(crate) fn pipe() -> Result<(Fd, Fd)> {
    let mut ends = [0; 2];
    // SAFETY: the call writes two ints.
    decode(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) })?;
    Ok((Fd::from_raw(ends[0]), Fd::from_raw(ends[1])))
}

/// Starts a child that runs `entry(argument)`, and returns its process id. See clone(2).
///
/// # Safety
/// `stack` is unused until the child has executed a program or ended. `entry` and `argument` suit the sharing.
pub(crate) unsafe fn spawn(
    sharing: Sharing,
    stack: &mut [MaybeUninit<u8>],
    entry: ChildEntry,
    argument: core::ptr::NonNull<c_void>,
) -> Result<i32> {
    let sharing = match sharing {
        Sharing::MemoryWaiting => libc::CLONE_VM | libc::CLONE_VFORK,
        Sharing::MemoryAndFiles => libc::CLONE_VM | libc::CLONE_FILES,
        Sharing::Nothing => 0,
    };
    // An address that is a multiple of 16, as every architecture wants it.
    let end = stack.as_mut_ptr_range().end;
    let top = end.wrapping_sub(end.addr() % 16).cast();
    // SAFETY: a function that does not return may pass for one that would return an int.
    let entry = unsafe { core::mem::transmute::<ChildEntry, extern "C" fn(*mut c_void) -> c_int>(entry) };
    // SAFETY: the caller's.
    decode(unsafe { libc::clone(entry, top, sharing | flags(SIGCHLD), argument.as_ptr()) })
}

/// Waits until a child is gone, of whose end the kernel will say nothing.
pub(crate) fn wait_forgotten(child: i32) -> Result<WaitStatus> {
    super::wait(child)
}

/// Has the calling process be killed when the thread that started it ends, and ends it if that has ended already, which
/// is one of the process `parent`. See PR_SET_PDEATHSIG(2const).
pub(crate) fn end_with_parent(parent: i32) {
    // SAFETY: takes numbers only. A sandbox that refuses it is no reason not to go on.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: takes nothing.
    let now = unsafe { libc::getppid() };
    // A parent in another namespace of process ids is 0, and what a sandbox says instead is below.
    if now > 0 && parent > 0 && now != parent {
        super::exit(0);
    }
}

/// Whether the program got rights that its user does not have (set-user-ID and the like). See getauxval(3).
pub(crate) fn runs_with_raised_rights() -> bool {
    // SAFETY: takes a number only.
    (unsafe { libc::getauxval(libc::AT_SECURE) }) != 0
}

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// The array of entries that the program's libc keeps, which a null pointer ends, or a null pointer. See environ(7).
pub(crate) fn environment() -> Option<*const *const c_char> {
    // SAFETY: the libc's variable.
    Some(unsafe { (&raw const environ).read_volatile() })
}
