//! The Linux backend: each primitive is decode(system call(arguments)).
//!
//! It uses only calls that x86_64, aarch64 and riscv64 all have, the oldest that is sufficient. Primitives that several
//! operations use are kept from being copied into each: the call into the kernel costs more than the one to here.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::MaybeUninit;
use core::num::NonZeroUsize;
use core::ptr::NonNull;
use core::sync::atomic::AtomicU32;

pub(crate) use ffi_syscalls_arch::ChildEntry;
use ffi_syscalls_arch::{Sysno, nr, syscall0, syscall1, syscall2, syscall3, syscall4, syscall6};
use linux_raw_sys::{auxvec, general, system};

pub(crate) use linux_raw_sys::errno;
pub(crate) use linux_raw_sys::general::{
    O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, S_IFDIR, S_IFMT, S_IFREG,
};

use super::{Disposition, WaitStatus, retry};
use crate::errno::decode;
use crate::fd::Fd;
use crate::{Errno, Result};

/// The most bytes that one read or write moves, whatever it is asked for. See read(2), NOTES.
const MAX_TRANSFER: usize = 0x7fff_f000;

/// Whether the system has control groups, which limit what a process gets.
pub(crate) const HAS_CONTROL_GROUPS: bool = true;

/// The kernel's size of a signal set, which is not the libc's.
const SIGSET_SIZE: usize = size_of::<SignalSet>();

/// Signals 1 to 64, a bit each.
pub(crate) type SignalSet = u64;

pub(crate) const ALL_SIGNALS: SignalSet = !0;
pub(crate) const NO_SIGNALS: SignalSet = 0;

pub(crate) const SIGNALS: core::ops::RangeInclusive<u32> = 1..=general::_NSIG;
pub(crate) use linux_raw_sys::general::{SIGABRT, SIGCHLD, SIGPIPE};

/// A descriptor, or AT_FDCWD, as the register that carries it.
#[expect(clippy::cast_sign_loss, reason = "the kernel takes the low 32 bits")]
const fn fd_arg(fd: c_int) -> usize {
    fd as usize
}

/// A result that is a small non-negative int: a descriptor, a process id.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the kernel returns an int here")]
const fn int(result: usize) -> i32 {
    result as i32
}

/// Makes a call of up to four arguments, again as long as a signal interrupted it before it did anything.
///
/// One function for all, since the loop and the decoding are most of what a call weighs. The number comes last: so the
/// arguments arrive almost in the registers that they leave in.
///
/// # Safety
/// That of the call.
#[inline(never)]
unsafe fn retried(a: usize, b: usize, c: usize, d: usize, number: Sysno) -> Result<usize> {
    const INTERRUPTED: usize = (errno::EINTR as usize).wrapping_neg();
    loop {
        // SAFETY: the caller's.
        let result = unsafe { syscall4(number as usize, a, b, c, d) };
        if result != INTERRUPTED {
            return decode(result);
        }
    }
}

/// As [`retried`], for a call whose only result is whether it went well.
///
/// # Safety
/// That of the call.
#[inline(never)]
unsafe fn done(a: usize, b: usize, c: usize, number: Sysno) -> Result<()> {
    // SAFETY: the caller's.
    unsafe { retried(a, b, c, 0, number) }.map(drop)
}

/// Moves at most this many bytes between a descriptor and memory: a read, a write or their like.
///
/// # Safety
/// The memory is the caller's for what the call does with it.
#[inline(never)]
unsafe fn transfer(fd: i32, address: usize, len: usize, number: Sysno) -> Result<usize> {
    // SAFETY: the caller's.
    unsafe { retried(fd_arg(fd), address, len.min(MAX_TRANSFER), 0, number) }
}

const CWD: usize = fd_arg(general::AT_FDCWD);

fn path_arg(path: &CStr) -> usize {
    path.as_ptr().expose_provenance()
}

/// Opens a file, close-on-exec, never as the controlling terminal. See open(2).
#[inline(never)]
pub(crate) fn open(path: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    let flags = flags | general::O_CLOEXEC | general::O_NOCTTY;
    // SAFETY: the path is NUL-terminated.
    unsafe { retried(CWD, path_arg(path), flags as usize, mode as usize, Sysno::openat) }.map(Fd::from_register)
}

/// Closes a descriptor, which is closed whatever the result. See close(2).
#[inline(never)]
pub(crate) fn close(fd: i32) -> Result<()> {
    // SAFETY: the owner of the descriptor gives it up.
    match decode(unsafe { syscall1(Sysno::close as usize, fd_arg(fd)) }) {
        // Interrupted after the descriptor was released: retrying could close somebody else's.
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Closes all descriptors of the process but one, where the kernel can (Linux 5.9). See close_range(2).
pub(crate) fn close_all_but(fd: i32) {
    if fd > 0 {
        close_range(0, fd - 1);
    }
    if fd < i32::MAX {
        close_range(fd + 1, i32::MAX);
    }
}

fn close_range(first: i32, last: i32) {
    // SAFETY: takes numbers only; the process is a child that uses no other descriptor.
    let _ = decode(unsafe { syscall3(Sysno::close_range as usize, fd_arg(first), fd_arg(last), 0) });
}

/// What [`read`] and [`read_dir`] are.
pub(crate) type Read = fn(&Fd, &mut [MaybeUninit<u8>]) -> Result<usize>;

/// Reads at most the buffer's length; 0 is the end of the file. See read(2).
pub(crate) fn read(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    // SAFETY: the buffer is writable for its length.
    unsafe { transfer(fd.raw(), buffer.as_mut_ptr().expose_provenance(), buffer.len(), Sysno::read) }
}

/// Writes at most the buffer's length. See write(2).
pub(crate) fn write(fd: i32, buffer: &[u8]) -> Result<usize> {
    // SAFETY: the buffer is readable for its length.
    unsafe { transfer(fd, buffer.as_ptr().expose_provenance(), buffer.len(), Sysno::write) }
}

/// Waits until the descriptor can be written to, or is in error. See poll(2).
pub(crate) fn wait_writable(fd: i32) -> Result<()> {
    #[expect(clippy::cast_possible_truncation, reason = "POLLOUT is 4")]
    let mut request = general::pollfd { fd, events: general::POLLOUT as i16, revents: 0 };
    let address = (&raw mut request).expose_provenance();
    // SAFETY: one pollfd at the address, no time limit and no signal mask.
    unsafe { retried(address, 1, 0, 0, Sysno::ppoll) }.map(drop)
}

/// Asks, for the real user, whether the path leads to anything. See access(2).
pub(crate) fn access(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { done(CWD, path_arg(path), general::F_OK as usize, Sysno::faccessat) }
}

/// What stat(2) says of a file.
#[repr(transparent)]
pub(crate) struct Stat(general::stat);

/// Room for it, which is the caller's, since it is too much to be moved about.
pub(crate) type StatBuffer = MaybeUninit<Stat>;

impl Stat {
    pub(crate) const fn mode(&self) -> u32 {
        self.0.st_mode
    }

    pub(crate) const fn size(&self) -> i64 {
        self.0.st_size
    }

    /// When the content last changed, in seconds since 1970; negative before.
    #[allow(
        clippy::cast_possible_wrap,
        clippy::unnecessary_cast,
        reason = "the type of this field differs between architectures; the kernel's is signed everywhere"
    )]
    pub(crate) const fn modified(&self) -> i64 {
        self.0.st_mtime as i64
    }

    /// Whether both describe one file, under whatever names.
    pub(crate) const fn same_file(&self, other: &Self) -> bool {
        self.0.st_dev == other.0.st_dev && self.0.st_ino == other.0.st_ino
    }
}

/// What a path leads to, symbolic links followed. See stat(2).
#[inline(never)]
pub(crate) fn stat<'a>(path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    stat_with(Some(path), buffer, 0, nr::NEWFSTATAT, CWD)
}

/// What a path leads to, the last component itself if it is a symbolic link. See lstat(2).
pub(crate) fn stat_link<'a>(path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    stat_with(Some(path), buffer, general::AT_SYMLINK_NOFOLLOW, nr::NEWFSTATAT, CWD)
}

/// What a descriptor refers to. See fstat(2).
#[inline(never)]
pub(crate) fn fstat<'a>(fd: &Fd, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    stat_with(None, buffer, 0, Sysno::fstat, fd.register())
}

/// A call with a path takes the buffer behind it, the one without instead.
#[inline(never)]
fn stat_with<'a>(
    path: Option<&CStr>,
    buffer: &'a mut StatBuffer,
    flags: u32,
    number: Sysno,
    start: usize,
) -> Result<&'a Stat> {
    let address = buffer.as_mut_ptr().expose_provenance();
    // SAFETY: the path is NUL-terminated and the buffer is a struct stat.
    unsafe { retried(start, path.map_or(address, path_arg), address, flags as usize, number) }?;
    // SAFETY: the call succeeded, so the kernel filled the buffer in.
    Ok(unsafe { buffer.assume_init_ref() })
}

/// Removes a name that is not a directory's. See unlink(2).
#[inline(never)]
pub(crate) fn unlink(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { done(CWD, path_arg(path), 0, Sysno::unlinkat) }
}

/// Makes a directory. See mkdir(2).
#[inline(never)]
pub(crate) fn mkdir(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    unsafe { done(CWD, path_arg(path), mode as usize, Sysno::mkdirat) }
}

/// Sets a file's length. See ftruncate(2).
pub(crate) fn truncate(fd: &Fd, len: usize) -> Result<()> {
    // SAFETY: takes numbers only.
    unsafe { done(fd.register(), len, 0, Sysno::ftruncate) }
}

/// Sets a file's permission bits. See fchmod(2).
pub(crate) fn chmod(fd: &Fd, mode: u32) -> Result<()> {
    // SAFETY: takes numbers only.
    unsafe { done(fd.register(), mode as usize, 0, Sysno::fchmod) }
}

/// Lets the kernel copy at most `len` bytes from one descriptor's offset to the other's. See copy_file_range(2).
pub(crate) fn copy_file_range(from: &Fd, to: &Fd, len: usize) -> Result<usize> {
    let (from, to) = (from.register(), to.register());
    // SAFETY: no offsets are passed, so the kernel writes to no memory.
    retry(|| decode(unsafe { syscall6(Sysno::copy_file_range as usize, from, 0, to, 0, len, 0) }))
}

/// Takes an exclusive lock if nobody else holds one. See flock(2).
pub(crate) fn try_lock(fd: &Fd) -> Result<()> {
    flock(fd.raw(), general::LOCK_EX | general::LOCK_NB)
}

/// Gives a lock up. See flock(2).
pub(crate) fn unlock(fd: i32) -> Result<()> {
    flock(fd, general::LOCK_UN)
}

#[inline(never)]
fn flock(fd: i32, operation: u32) -> Result<()> {
    // SAFETY: takes numbers only.
    unsafe { done(fd_arg(fd), operation as usize, 0, Sysno::flock) }
}

/// Fills the buffer with records of a directory; 0 is its end. See getdents(2).
pub(crate) fn read_dir(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    // SAFETY: the buffer is writable for its length.
    unsafe { transfer(fd.raw(), buffer.as_mut_ptr().expose_provenance(), buffer.len(), Sysno::getdents64) }
}

/// Records of names that are gone are not among what the kernel returns.
pub(super) const fn is_deleted(_record: &[u8]) -> bool {
    false
}

/// How long the first record of a directory is, and where its name begins, which a NUL ends.
#[inline]
pub(super) fn record(records: &[u8]) -> Option<(usize, usize)> {
    const LEN: usize = core::mem::offset_of!(general::linux_dirent64, d_reclen);
    const NAME: usize = core::mem::offset_of!(general::linux_dirent64, d_name);
    let len = u16::from_ne_bytes(*records.get(LEN..)?.first_chunk()?);
    Some((usize::from(len), NAME))
}

/// Writes the working directory and its NUL into the buffer; the result counts both. See getcwd(2).
pub(crate) fn getcwd(buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    // SAFETY: the buffer is writable for its length.
    decode(unsafe { syscall2(Sysno::getcwd as usize, buffer.as_mut_ptr().expose_provenance(), buffer.len()) })
}

/// The caller's process id. See getpid(2).
pub(crate) fn getpid() -> i32 {
    // SAFETY: takes nothing, and cannot fail.
    int(unsafe { syscall0(Sysno::getpid as usize) })
}

/// The calling thread's id. See gettid(2).
pub(crate) fn gettid() -> i32 {
    // SAFETY: takes nothing, and cannot fail.
    int(unsafe { syscall0(Sysno::gettid as usize) })
}

/// The user who started the process, whatever rights it runs with. See getuid(2).
pub(crate) fn real_user() -> u32 {
    id(Sysno::getuid)
}

/// The user whose rights the process has. See geteuid(2).
pub(crate) fn effective_user() -> u32 {
    id(Sysno::geteuid)
}

#[expect(clippy::cast_possible_truncation, reason = "a user or group id has 32 bits")]
fn id(which: Sysno) -> u32 {
    // SAFETY: these calls take nothing, and cannot fail.
    unsafe { syscall0(which as usize) as u32 }
}

/// The host name. See uname(2).
pub(crate) fn with_hostname<R>(use_name: impl FnOnce(&[u8]) -> R) -> Result<R> {
    let mut names = MaybeUninit::<system::new_utsname>::uninit();
    // SAFETY: the buffer is a struct utsname.
    decode(unsafe { syscall1(Sysno::uname as usize, names.as_mut_ptr().expose_provenance()) })?;
    // SAFETY: the call succeeded, so the kernel filled the buffer in.
    let names = unsafe { names.assume_init_ref() };
    // SAFETY: the kernel ends the name with a NUL, for which the array has room.
    Ok(use_name(unsafe { CStr::from_ptr(names.nodename.as_ptr()) }.to_bytes()))
}

/// Fills the buffer with the mask of the processors that the calling thread may use; the result is its length in
/// bytes. EINVAL: the buffer is smaller than the kernel's masks. See sched_getaffinity(2).
pub(crate) fn affinity(mask: &mut [MaybeUninit<u64>]) -> Result<usize> {
    // SAFETY: the buffer is writable for its length; 0 is the calling thread.
    decode(unsafe {
        syscall3(Sysno::sched_getaffinity as usize, 0, size_of_val(mask), mask.as_mut_ptr().expose_provenance())
    })
}

/// The machine's memory in bytes. See sysinfo(2).
pub(crate) fn total_memory() -> Result<u64> {
    let mut info = MaybeUninit::<system::sysinfo>::uninit();
    // SAFETY: the buffer is a struct sysinfo.
    decode(unsafe { syscall1(Sysno::sysinfo as usize, info.as_mut_ptr().expose_provenance()) })?;
    // SAFETY: the call succeeded, so the kernel filled the buffer in.
    let info = unsafe { info.assume_init_ref() };
    Ok(info.totalram.saturating_mul(u64::from(info.mem_unit)))
}

// Memory

/// Maps fresh, zeroed, private memory. See mmap(2).
#[inline(never)]
pub(crate) fn map(len: usize) -> Result<NonZeroUsize> {
    let protection = general::PROT_READ | general::PROT_WRITE;
    let flags = general::MAP_PRIVATE | general::MAP_ANONYMOUS;
    // SAFETY: without MAP_FIXED no memory in use is touched.
    let address =
        decode(unsafe { syscall6(Sysno::mmap as usize, 0, len, protection as usize, flags as usize, fd_arg(-1), 0) })?;
    NonZeroUsize::new(address).ok_or(Errno::ENOMEM)
}

/// Gives memory back. See munmap(2).
///
/// # Safety
/// Nothing uses the range any more.
#[inline(never)]
pub(crate) unsafe fn unmap(address: usize, len: usize) {
    if len > 0 {
        // SAFETY: the caller's. An error (too many mappings) leaves the memory as it is, which harms nobody.
        let _ = decode(unsafe { syscall2(Sysno::munmap as usize, address, len) });
    }
}

/// Asks for huge pages. See madvise(2).
pub(crate) fn prefer_huge_pages(address: usize, len: usize) {
    // SAFETY: MADV_HUGEPAGE changes no content. A kernel without it answers EINVAL, and small pages serve.
    let _ = decode(unsafe { syscall3(Sysno::madvise as usize, address, len, general::MADV_HUGEPAGE as usize) });
}

/// Sleeps while the word has this value. May return early. See futex(2).
#[inline(never)]
pub(crate) fn futex_wait(word: &AtomicU32, value: u32) {
    let operation = general::FUTEX_WAIT | general::FUTEX_PRIVATE_FLAG;
    // SAFETY: the word is borrowed for the length of the call; there is no time limit. Any error means: look again.
    let _ = decode(unsafe {
        syscall4(Sysno::futex as usize, word.as_ptr().expose_provenance(), operation as usize, value as usize, 0)
    });
}

/// Wakes one thread that sleeps on the word. See futex(2).
#[inline(never)]
pub(crate) fn futex_wake_one(word: &AtomicU32) {
    let operation = general::FUTEX_WAKE | general::FUTEX_PRIVATE_FLAG;
    // SAFETY: the kernel uses the address as a key and does not read it.
    let _ =
        decode(unsafe { syscall3(Sysno::futex as usize, word.as_ptr().expose_provenance(), operation as usize, 1) });
}

// Processes

/// A pipe, close-on-exec, whose reads and writes never wait. See pipe(2).
#[inline]
pub(crate) fn pipe() -> Result<(Fd, Fd)> {
    let mut ends = [0; 2];
    let flags = general::O_CLOEXEC | O_NONBLOCK;
    // SAFETY: the kernel writes two ints.
    decode(unsafe { syscall2(Sysno::pipe2 as usize, (&raw mut ends).expose_provenance(), flags as usize) })?;
    Ok((Fd::from_raw(ends[0]), Fd::from_raw(ends[1])))
}

/// How much a child shares with its parent until it executes a program.
#[derive(Clone, Copy)]
pub(crate) enum Sharing {
    /// The memory, while the calling thread waits: no page table is copied, however large the parent.
    MemoryWaiting,
    /// The memory and the descriptors, while the calling thread goes on.
    MemoryAndFiles,
    /// Nothing: the child has a copy, as after fork(2).
    Nothing,
}

/// Starts a child that runs `entry(argument)`, and returns its process id. See clone(2).
///
/// # Safety
/// `stack` is unused until the child has executed a program or ended. `entry` and `argument` suit the sharing.
pub(crate) unsafe fn spawn(
    sharing: Sharing,
    stack: &mut [MaybeUninit<u8>],
    entry: ChildEntry,
    argument: NonNull<c_void>,
) -> Result<i32> {
    let sharing = match sharing {
        Sharing::MemoryWaiting => general::CLONE_VM | general::CLONE_VFORK,
        Sharing::MemoryAndFiles => general::CLONE_VM | general::CLONE_FILES,
        Sharing::Nothing => 0,
    };
    let flags = (sharing | SIGCHLD) as usize;
    let top = stack.as_mut_ptr_range().end.cast();
    // SAFETY: the caller's.
    Ok(int(decode(unsafe { ffi_syscalls_arch::clone_on_stack(flags, top, entry, argument.as_ptr()) })?))
}

/// Replaces the program of the calling process; returns only the reason why it could not. See execve(2).
///
/// # Safety
/// Both are arrays of NUL-terminated strings that end with a null pointer.
pub(crate) unsafe fn exec(path: &CStr, argv: *const *const c_char, envp: *const *const c_char) -> Errno {
    // SAFETY: the caller's.
    match decode(unsafe {
        syscall3(Sysno::execve as usize, path_arg(path), argv.expose_provenance(), envp.expose_provenance())
    }) {
        Err(errno) => errno,
        Ok(_) => Errno::ENOSYS, // execve does not return a success
    }
}

/// Ends the process with this exit code, all its threads included. See exit_group(2).
pub(crate) fn exit(code: i32) -> ! {
    loop {
        // SAFETY: takes a number only.
        unsafe { syscall1(Sysno::exit_group as usize, fd_arg(code)) };
    }
}

/// Waits until this child has ended. See wait(2).
pub(crate) fn wait(child: i32) -> Result<WaitStatus> {
    let mut status = 0;
    let address = (&raw mut status).expose_provenance();
    // SAFETY: the kernel writes one int.
    unsafe { retried(fd_arg(child), address, 0, 0, Sysno::wait4) }?;
    Ok(WaitStatus(status))
}

/// Waits until a child is gone, of whose end the kernel will say nothing.
pub(crate) fn wait_forgotten(child: i32) -> Result<WaitStatus> {
    wait(child)
}

/// Has the calling process be killed when the thread that started it ends, and ends it if that has ended already, which
/// is one of the process `parent`. See PR_SET_PDEATHSIG(2const).
pub(crate) fn end_with_parent(parent: i32) {
    let (option, signal) = (linux_raw_sys::prctl::PR_SET_PDEATHSIG as usize, general::SIGKILL as usize);
    // SAFETY: takes numbers only. A sandbox that refuses it is no reason not to go on.
    let _ = unsafe { syscall2(Sysno::prctl as usize, option, signal) };
    // SAFETY: takes nothing.
    let now = int(unsafe { syscall0(Sysno::getppid as usize) });
    // A parent in another namespace of process ids is 0, and what a sandbox says instead is below.
    if now > 0 && parent > 0 && now != parent {
        exit(0);
    }
}

/// Sends a signal to the calling thread, which no other thread can take. See tgkill(2).
pub(crate) fn signal_self(signal: u32) {
    let (process, thread) = (fd_arg(getpid()), fd_arg(gettid()));
    // SAFETY: takes numbers only. What the signal does is the caller's choice.
    let _ = decode(unsafe { syscall3(Sysno::tgkill as usize, process, thread, signal as usize) });
}

/// Sleeps this long, or less when a signal arrives. See nanosleep(2).
#[inline(never)]
pub(crate) fn sleep_milliseconds(milliseconds: u32) {
    let time = general::__kernel_timespec { tv_sec: 0, tv_nsec: i64::from(milliseconds) * 1_000_000 };
    // SAFETY: the time is read during the call; the rest is not asked for.
    let _ = decode(unsafe { syscall2(Sysno::nanosleep as usize, (&raw const time).expose_provenance(), 0) });
}

/// Sets the calling thread's mask of blocked signals and returns the one before. See sigprocmask(2).
#[inline(never)]
pub(crate) fn set_signal_mask(mask: SignalSet) -> Result<SignalSet> {
    let mut before: SignalSet = 0;
    let (new, old) = ((&raw const mask).expose_provenance(), (&raw mut before).expose_provenance());
    // SAFETY: both are signal sets of the size given.
    decode(unsafe { syscall4(Sysno::rt_sigprocmask as usize, general::SIG_SETMASK as usize, new, old, SIGSET_SIZE) })?;
    Ok(before)
}

/// How the calling process handles a signal. See sigaction(2).
pub(crate) fn disposition(signal: u32) -> Result<Disposition> {
    // The handler as a number: 0 is SIG_DFL, 1 is SIG_IGN, which no function pointer can be told to be.
    const HANDLER: usize = core::mem::offset_of!(general::kernel_sigaction, sa_handler_kernel);
    const FLAGS: usize = core::mem::offset_of!(general::kernel_sigaction, sa_flags);
    let mut action = [0_usize; size_of::<general::kernel_sigaction>() / size_of::<usize>()];
    let address = action.as_mut_ptr().expose_provenance();
    // SAFETY: the buffer has the size and alignment of the kernel's struct sigaction.
    decode(unsafe { syscall4(Sysno::rt_sigaction as usize, signal as usize, 0, address, SIGSET_SIZE) })?;
    let word = |offset: usize| action.get(offset / size_of::<usize>()).copied().unwrap_or_default();
    Ok(match word(HANDLER) {
        1 => Disposition::Ignored,
        _ if signal == SIGCHLD && word(FLAGS) & general::SA_NOCLDWAIT as usize != 0 => Disposition::NotWaited,
        0 => Disposition::Default,
        _ => Disposition::Handled,
    })
}

/// Makes the calling process handle a signal by default, or ignore it. See sigaction(2).
#[inline(never)]
pub(crate) fn set_disposition(signal: u32, ignored: bool) {
    let mut action = [0_usize; size_of::<general::kernel_sigaction>() / size_of::<usize>()];
    if let Some(handler) = action.first_mut() {
        *handler = usize::from(ignored);
    }
    let address = action.as_ptr().expose_provenance();
    // SAFETY: the buffer has the size and alignment of the kernel's struct sigaction, and begins with the handler;
    // neither SIG_DFL nor SIG_IGN runs code. It fails only for signals whose handling cannot change.
    let _ = decode(unsafe { syscall4(Sysno::rt_sigaction as usize, signal as usize, address, 0, SIGSET_SIZE) });
}

// What the program was started with

/// An entry of the auxiliary vector: a type and its value. See getauxval(3).
type AuxEntry = [usize; 2];

/// Whether the program got rights that its user does not have (set-user-ID and the like): AT_SECURE.
///
/// The kernel's own word is asked for first; where it cannot be had, ids that differ, or capabilities that an ordinary
/// user does not have, count as a yes. So does it that the kernel hides the process from its own user: it has had rights,
/// and may have given them up before anybody asked.
pub(crate) fn runs_with_raised_rights() -> bool {
    aux_secure().unwrap_or_else(|| {
        let user = effective_user();
        real_user() != user || id(Sysno::getgid) != id(Sysno::getegid) || (user != 0 && may_have_capabilities())
    })
}

fn secure_in<'a>(mut vector: impl Iterator<Item = &'a AuxEntry>) -> Option<bool> {
    vector.find(|entry| entry[0] == auxvec::AT_SECURE as usize).map(|entry| entry[1] != 0)
}

/// What the vector on the entry stack says, behind the environment. A program that did not begin there is trusted with
/// nothing.
#[cfg(feature = "freestanding")]
fn aux_secure() -> Option<bool> {
    if crate::start::environment().is_null() { Some(true) } else { secure_in(crate::start::auxiliary_vector()) }
}

/// A kernel that says nothing on the entry stack is from before programs could have capabilities.
#[cfg(feature = "freestanding")]
const fn may_have_capabilities() -> bool {
    false
}

/// What the kernel says later, where the entry stack is a libc's.
#[cfg(not(feature = "freestanding"))]
fn aux_secure() -> Option<bool> {
    // More entries than there are; the rest is AT_NULL, which ends the vector.
    let mut vector = [AuxEntry::default(); 64];
    match ask_for_aux(&mut vector).or_else(|_| read_aux(&mut vector)) {
        Err(Errno::EACCES) if !is_dumpable() => Some(true),
        told => told.ok().and_then(|_| secure_in(vector.iter())),
    }
}

/// Whether the process's user may look into it. See PR_SET_DUMPABLE(2const).
#[cfg(not(feature = "freestanding"))]
fn is_dumpable() -> bool {
    // SAFETY: takes numbers only.
    let result = unsafe { syscall2(Sysno::prctl as usize, linux_raw_sys::prctl::PR_GET_DUMPABLE as usize, 0) };
    result == 1
}

/// The vector as the kernel keeps it, since Linux 6.4. See PR_GET_AUXV(2const).
#[cfg(not(feature = "freestanding"))]
fn ask_for_aux(vector: &mut [AuxEntry]) -> Result<usize> {
    let (address, len) = (vector.as_mut_ptr().expose_provenance(), size_of_val(vector));
    let option = linux_raw_sys::prctl::PR_GET_AUXV as usize;
    // SAFETY: the kernel writes at most the length given.
    decode(unsafe { ffi_syscalls_arch::syscall5(Sysno::prctl as usize, option, address, len, 0, 0) })
}

/// The vector as /proc shows it. See proc_pid_auxv(5).
#[cfg(not(feature = "freestanding"))]
fn read_aux(vector: &mut [AuxEntry]) -> Result<usize> {
    let (address, len) = (vector.as_mut_ptr().cast(), size_of_val(vector));
    let fd = open(c"/proc/self/auxv", O_RDONLY, 0)?;
    // SAFETY: the bytes of the array, to which a read writes only bytes that the kernel made.
    read(&fd, unsafe { core::slice::from_raw_parts_mut(address, len) })
}

/// Whether the process has any capability. See capget(2).
#[cfg(not(feature = "freestanding"))]
fn may_have_capabilities() -> bool {
    let header = [general::_LINUX_CAPABILITY_VERSION_3, 0];
    // Effective, permitted and inheritable, first of the capabilities 0 to 31, then of those from 32 on.
    let mut sets = [[0_u32; 3]; 2];
    let (header_address, sets_address) = ((&raw const header).expose_provenance(), (&raw mut sets).expose_provenance());
    // SAFETY: a header of version 3, and room for what that version returns.
    let result = decode(unsafe { syscall2(Sysno::capget as usize, header_address, sets_address) });
    result.is_ok() && sets.iter().any(|[_, permitted, _]| *permitted != 0)
}

/// The array of entries that the program was given, which a null pointer ends; see environ(7). `None` where there is
/// nobody to ask, neither an entry stack nor a libc; null where a libc has none.
#[cfg(feature = "freestanding")]
pub(crate) fn environment() -> Option<*const *const c_char> {
    Some(crate::start::environment())
}

/// The array of entries that the program's libc keeps, which a null pointer ends; see environ(7). `None` where there
/// is no libc; null where it has none, as after clearenv(3).
#[cfg(not(feature = "freestanding"))]
pub(crate) fn environment() -> Option<*const *const c_char> {
    let environ = NonNull::new(ffi_syscalls_arch::environ().cast_mut())?;
    // SAFETY: the libc's variable.
    Some(unsafe { environ.read_volatile() })
}

/// What identifies the calling thread among those that live, at the least cost.
///
/// Where a libc has given the threads their thread pointers, that is one instruction; elsewhere, gettid(2).
#[cfg(feature = "exports")]
pub(crate) fn thread_identity() -> usize {
    #[cfg(not(feature = "freestanding"))]
    if libc_has_thread_pointers() {
        // SAFETY: just found out.
        return unsafe { ffi_syscalls_arch::thread_pointer() };
    }
    fd_arg(gettid())
}

#[cfg(all(feature = "exports", not(feature = "freestanding")))]
fn libc_has_thread_pointers() -> bool {
    use core::sync::atomic::{AtomicU8, Ordering::Relaxed};
    const NO: u8 = 1;
    const YES: u8 = 2;
    static DECIDED: AtomicU8 = AtomicU8::new(0);
    if DECIDED.load(Relaxed) == 0 {
        let has = !ffi_syscalls_arch::environ().is_null() && ffi_syscalls_arch::has_thread_pointer();
        DECIDED.store(if has { YES } else { NO }, Relaxed);
    }
    DECIDED.load(Relaxed) == YES
}
