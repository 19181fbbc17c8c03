//! The part of the libc backend for Linux: glibc and musl.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::{MaybeUninit, offset_of};
use core::ptr::{NonNull, with_exposed_provenance_mut};
use core::sync::atomic::AtomicU32;

use super::call::{MAX_TRANSFER, constants, decode, decode_long, last_errno};
use super::fd::Fd;
use super::signal::SignalSet;
use crate::errno::{Errno, Result};
use crate::sys::types::{MapRequest, Sharing, retry};

/// True if the system has control groups, which limit what a process gets.
pub(crate) const HAS_CONTROL_GROUPS: bool = true;

/// True if posix_spawn(3) starts programs here, in place of [`spawn`] and execve(2).
pub(crate) const HAS_POSIX_SPAWN: bool = false;

/// Opens a directory to reach what is in it, for which permission to search it is enough.
pub(crate) const O_SEARCH: u32 = libc::O_PATH as u32;

pub(crate) const SEEK_DATA: u32 = libc::SEEK_DATA as u32;
pub(crate) const SEEK_HOLE: u32 = libc::SEEK_HOLE as u32;

constants! {
    MADV_DODUMP MADV_DOFORK MADV_DONTDUMP MADV_DONTFORK MADV_HUGEPAGE MADV_MERGEABLE MADV_NOHUGEPAGE
    MADV_POPULATE_READ MADV_POPULATE_WRITE MADV_REMOVE MADV_UNMERGEABLE
}

/// Has the kernel copy at most `len` bytes between the offsets of two descriptors. See copy_file_range(2).
///
/// Not every libc has a function for it.
pub(crate) fn copy_file_range(from: &Fd, to: &Fd, len: usize) -> Result<usize> {
    let none = core::ptr::null_mut::<libc::off64_t>();
    // SAFETY: no offsets are passed, so the kernel writes to no memory.
    retry(|| decode_long(unsafe { libc::syscall(libc::SYS_copy_file_range, from.raw(), none, to.raw(), none, len, 0) }))
}

/// Fills the buffer with directory records; 0 is the end of the directory. See getdents(2).
///
/// Not every libc has a function for it.
pub(crate) fn read_dir(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let (start, len) = (buffer.as_mut_ptr(), buffer.len().min(MAX_TRANSFER));
    // SAFETY: the buffer is writable for that length, which the kernel takes as an int.
    retry(|| decode_long(unsafe { libc::syscall(libc::SYS_getdents64, fd.raw(), start, len) }))
}

/// Returns the length of the first directory record, and the offset of its NUL-terminated name.
pub(crate) fn dir_record(records: &[u8]) -> Option<(usize, usize)> {
    let len = u16::from_ne_bytes(*records.get(offset_of!(libc::dirent64, d_reclen)..)?.first_chunk()?);
    Some((usize::from(len), offset_of!(libc::dirent64, d_name)))
}

/// Returns the type bits of the mode of the file that the first directory record names, or 0 if the file system does not
/// tell.
pub(crate) fn dir_record_type(records: &[u8]) -> u32 {
    // DT_* are the type bits of a mode, shifted.
    records.get(offset_of!(libc::dirent64, d_type)).map_or(0, |&kind| u32::from(kind) << 12)
}

/// Returns the inode number in the first directory record, or 0 if it has none. It is that of the directory under a mount.
pub(crate) fn dir_record_inode(records: &[u8]) -> u64 {
    let number = records.get(offset_of!(libc::dirent64, d_ino)..).and_then(<[u8]>::first_chunk);
    number.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
}

/// Waits until the content and the size of a file, or the names in a directory, are on its disk. See fsync(2).
pub(crate) fn sync(fd: &Fd) -> Result<()> {
    // SAFETY: the call takes a number only.
    retry(|| decode(unsafe { libc::fsync(fd.raw()) })).map(drop)
}

/// Returns false: the kernel returns no records of deleted names.
pub(crate) const fn is_deleted(_record: &[u8]) -> bool {
    false
}

/// Opens a pipe, close-on-exec, whose reads and writes never wait. See pipe(2).
pub(super) fn open_pipe() -> Result<(Fd, Fd)> {
    let mut ends = [0; 2];
    // SAFETY: the call writes two ints.
    decode(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) })?;
    // SAFETY: the call has just opened the descriptor.
    let reader = unsafe { Fd::from_raw(ends[0]) };
    // SAFETY: the call has just opened the descriptor.
    Ok((reader, unsafe { Fd::from_raw(ends[1]) }))
}

/// Fills the buffer with the mask of processors that the calling thread may use, and returns its length in bytes.
///
/// Fails with `EINVAL` if the buffer is smaller than the kernel's masks. See sched_getaffinity(2).
pub(crate) fn affinity(mask: &mut [MaybeUninit<u64>]) -> Result<usize> {
    let len = size_of_val(mask);
    // SAFETY: the buffer is writable for its length; 0 is the calling thread. The libc zeroes the rest.
    decode(unsafe { libc::sched_getaffinity(0, len, mask.as_mut_ptr().cast()) })?;
    Ok(len)
}

/// Returns the memory of the machine in bytes. See sysinfo(2).
pub(crate) fn total_memory() -> Result<u64> {
    let mut info = MaybeUninit::<libc::sysinfo>::uninit();
    // SAFETY: the buffer is a struct sysinfo.
    decode(unsafe { libc::sysinfo(info.as_mut_ptr()) })?;
    // SAFETY: the call succeeded, so it filled the buffer.
    let info = unsafe { info.assume_init() };
    Ok(info.totalram.saturating_mul(u64::from(info.mem_unit)))
}

/// Fills the buffer with random bytes, or its start, and returns their number. See getrandom(2).
///
/// With `blocking` it waits until the kernel's generator is initialized, and is `EAGAIN` before that otherwise. Not every
/// libc has a function for it.
pub(crate) fn random(buffer: &mut [MaybeUninit<u8>], blocking: bool) -> Result<usize> {
    let flag_bits = if blocking { 0 } else { libc::GRND_NONBLOCK };
    let (start, len) = (buffer.as_mut_ptr(), buffer.len());
    // SAFETY: the buffer is writable for its length.
    retry(|| decode_long(unsafe { libc::syscall(libc::SYS_getrandom, start, len, flag_bits) }))
}

/// Changes the length of a mapping, and moves its pages where there is room for it. See mremap(2).
///
/// # Safety
/// The range is a mapping of the library's, and nothing uses it afterwards unless the call fails.
pub(crate) unsafe fn remap(start: NonNull<u8>, len: usize, new_len: usize) -> Result<NonNull<u8>> {
    // SAFETY: nothing uses the range where it was. Without MREMAP_FIXED the kernel touches no other memory in use.
    let address = unsafe { libc::mremap(start.as_ptr().cast(), len, new_len, libc::MREMAP_MAYMOVE) };
    if address == libc::MAP_FAILED {
        return Err(last_errno());
    }
    NonNull::new(address.cast()).ok_or(Errno::ENOMEM)
}

/// Returns the flags of a mapping that other systems do not have.
pub(super) fn map_flags(request: &MapRequest) -> c_int {
    let flag = |is_set: bool, flag: c_int| if is_set { flag } else { 0 };
    let huge = request
        .huge
        .map_or(0, |bits| libc::MAP_HUGETLB | (c_int::from(bits) & libc::MAP_HUGE_MASK) << libc::MAP_HUGE_SHIFT);
    flag(request.is_populated, libc::MAP_POPULATE)
        | flag(request.has_no_reserve, libc::MAP_NORESERVE)
        | flag(request.is_stack, libc::MAP_STACK)
        | huge
}

/// Changes the length of a mapping, and moves its pages if it may. See mremap(2).
///
/// # Safety
/// The range is a mapping of the calling code's, and nothing uses it afterwards unless the call fails.
pub(crate) unsafe fn resize(start: NonNull<u8>, len: usize, new_len: usize, may_move: bool) -> Result<NonNull<u8>> {
    let flag_bits = if may_move { libc::MREMAP_MAYMOVE } else { 0 };
    // SAFETY: nothing uses the range where it was. Without MREMAP_FIXED the kernel touches no other memory in use.
    let address = unsafe { libc::mremap(start.as_ptr().cast(), len, new_len, flag_bits) };
    if address == libc::MAP_FAILED {
        return Err(last_errno());
    }
    NonNull::new(address.cast()).ok_or(Errno::ENOMEM)
}

/// Asks for huge pages. See madvise(2).
pub(crate) fn prefer_huge_pages(start: NonNull<u8>, len: usize) {
    // SAFETY: MADV_HUGEPAGE changes no content. A kernel without it returns EINVAL, and the small pages stay.
    unsafe { libc::madvise(start.as_ptr().cast(), len, libc::MADV_HUGEPAGE) };
}

/// Sleeps while the word has this value. May return early. See futex(2).
pub(crate) fn futex_wait(word: &AtomicU32, value: u32) {
    let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
    let forever = core::ptr::null::<libc::timespec>();
    // SAFETY: the word is borrowed during the call. After an error the caller looks again.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, forever) };
}

/// Wakes one thread that sleeps on the word. See futex(2).
pub(crate) fn futex_wake_one(word: &AtomicU32) {
    // SAFETY: the kernel uses the address as a key and does not access it.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 1) };
}

/// Starts a child that runs `entry(argument)`, and returns its process ID. See clone(2).
///
/// # Safety
/// `entry` takes `argument` and does not return. Until the child has executed a program or ended, nothing else uses
/// `stack`, and no thread uses what a child that shares memory writes to.
pub(crate) unsafe fn spawn(
    sharing: Sharing,
    stack: &mut [MaybeUninit<u8>],
    entry: unsafe extern "C" fn(*mut c_void) -> !,
    argument: NonNull<c_void>,
) -> Result<i32> {
    let sharing = match sharing {
        Sharing::MemorySuspended => libc::CLONE_VM | libc::CLONE_VFORK,
        Sharing::MemoryAndFiles => libc::CLONE_VM | libc::CLONE_FILES,
        Sharing::Nothing => 0,
    };
    // Every architecture accepts a multiple of 16.
    let end = stack.as_mut_ptr_range().end;
    let top = end.wrapping_sub(end.addr() % 16).cast();
    // SAFETY: a function that does not return has the calling convention of one that returns an int.
    let entry = unsafe {
        core::mem::transmute::<unsafe extern "C" fn(*mut c_void) -> !, extern "C" fn(*mut c_void) -> c_int>(entry)
    };
    // SAFETY: the stack is the child's alone, and the entry takes the argument and does not return.
    decode(unsafe { libc::clone(entry, top, sharing | libc::SIGCHLD, argument.as_ptr()) })
}

/// Fails: `spawn` and execve(2) start programs here.
///
/// # Safety
/// `argv` and `envp` are arrays of NUL-terminated strings, each ended by a null pointer.
pub(crate) unsafe fn posix_spawn(
    _path: &CStr,
    _argv: *const *const c_char,
    _envp: *const *const c_char,
    _mask: &SignalSet,
) -> Result<i32> {
    Err(Errno::ENOSYS)
}

/// Has the kernel kill the calling process when its parent thread ends, and exits if the parent has already ended.
///
/// `parent` is the process of that thread. See PR_SET_PDEATHSIG(2const).
pub(crate) fn set_parent_death_signal(parent: i32) {
    // SAFETY: the call takes numbers only. If a sandbox rejects it, the process continues without it.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: the call takes nothing.
    let now = unsafe { libc::getppid() };
    // A parent in another PID namespace is 0, and a sandbox may return an error.
    if now > 0 && parent > 0 && now != parent {
        // SAFETY: the call takes a number only.
        unsafe { libc::_exit(0) };
    }
}

/// Returns whether the program runs in secure-execution mode (set-user-ID and the like): AT_SECURE. See getauxval(3).
pub(crate) fn is_secure_exec() -> bool {
    // SAFETY: the call takes a number only.
    (unsafe { libc::getauxval(libc::AT_SECURE) }) != 0
}

/// Fails: a libc passes the arguments to constructors, or /proc has them.
pub(crate) const fn read_arguments(_buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    Err(Errno::ENOSYS)
}

/// Returns the path by which the program was executed, which may be relative: AT_EXECFN. See getauxval(3).
pub(crate) fn exec_filename() -> Option<&'static CStr> {
    // SAFETY: the call takes a number only.
    let name = unsafe { libc::getauxval(libc::AT_EXECFN) };
    let name = NonNull::new(with_exposed_provenance_mut::<c_char>(usize::try_from(name).ok()?))?;
    // SAFETY: the kernel has put a NUL-terminated string there, on the entry stack, which stays until the process ends.
    Some(unsafe { CStr::from_ptr(name.as_ptr()) })
}

/// Returns whether a child has ended. It is not reaped, and its process ID stays its own. See WNOWAIT in waitid(2).
pub(crate) fn has_ended(child: i32) -> Result<bool> {
    let id = child.try_into().map_err(|_| Errno::ECHILD)?;
    // SAFETY: the struct consists of numbers and pointers, so zeroes are a value of it.
    let mut info = unsafe { MaybeUninit::<libc::siginfo_t>::zeroed().assume_init() };
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the call writes one struct.
    retry(|| decode(unsafe { libc::waitid(libc::P_PID, id, &raw mut info, options) }))?;
    Ok(info.si_signo != 0)
}

/// Opens a descriptor that becomes readable when a process ends, close-on-exec (Linux 5.3). See pidfd_open(2).
///
/// Not every libc has a function for it.
pub(crate) fn open_process(process: i32) -> Result<Fd> {
    // SAFETY: the call takes numbers only.
    let fd = decode_long(unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) })?;
    // SAFETY: the kernel has just opened the descriptor for this call.
    unsafe { Fd::from_new(i32::try_from(fd).map_err(|_| Errno::EBADF)?, || {}) }
}
