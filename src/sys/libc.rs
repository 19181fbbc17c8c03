//! The libc backend, for systems whose kernels promise nothing below their libc: macOS and the BSDs. On Linux it is
//! there for programs that want it (feature `libc`), and so that the same tests hold it.
//!
//! Here is what POSIX says and all systems do; what differs between them is in [`system`].

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::MaybeUninit;
use core::num::NonZeroUsize;
use core::ptr::{null, null_mut};

use super::{Disposition, WaitStatus, retry};
use crate::fd::Fd;
use crate::{Errno, Result};

#[cfg(not(target_os = "linux"))]
#[path = "libc/bsd.rs"]
mod system;
#[cfg(target_os = "linux")]
#[path = "libc/linux.rs"]
mod system;

pub(crate) use system::{
    HAS_CONTROL_GROUPS, affinity, copy_file_range, end_with_parent, environment, errno, futex_wait, futex_wake_one,
    is_deleted, pipe, prefer_huge_pages, read_dir, record, runs_with_raised_rights, spawn, total_memory,
    wait_forgotten,
};

/// What a child runs that [`spawn`] started. It must not return: there is nothing to return to.
pub(crate) type ChildEntry = unsafe extern "C" fn(argument: *mut c_void) -> !;

/// Constants as the primitives take them: none is negative.
macro_rules! constants {
    ($($name:ident)*) => {
        $(
            #[allow(clippy::cast_sign_loss, clippy::cast_lossless, reason = "their types differ between systems")]
            pub(crate) const $name: u32 = libc::$name as u32;
        )*
    };
}

constants! {
    O_APPEND O_CREAT O_DIRECTORY O_EXCL O_NONBLOCK O_RDONLY O_RDWR O_TRUNC O_WRONLY
    S_IFDIR S_IFMT S_IFREG
    SIGABRT SIGCHLD SIGPIPE
}

/// The most bytes that one read or write moves: some systems refuse more than an int counts.
const MAX_TRANSFER: usize = 0x7fff_f000;

/// The signals that a program can mean something to. Systems refuse numbers that they do not have.
pub(crate) const SIGNALS: core::ops::RangeInclusive<u32> =
    1..=if cfg!(any(target_os = "freebsd", target_os = "dragonfly")) { 128 } else { 64 };

/// A set of signals.
pub(crate) type SignalSet = libc::sigset_t;

pub(crate) const ALL_SIGNALS: SignalSet = signal_set(0xff);
pub(crate) const NO_SIGNALS: SignalSet = signal_set(0);

/// A set of bits, one for each signal, whatever integers the system puts them in.
#[allow(unnecessary_transmutes, reason = "where it is one integer")]
const fn signal_set(bits: u8) -> SignalSet {
    // SAFETY: it is made of integers, for which any bits are right.
    unsafe { core::mem::transmute([bits; size_of::<SignalSet>()]) }
}

/// The reason why the calling thread's last call failed.
fn last_errno() -> Errno {
    // SAFETY: the calling thread's own variable.
    Errno::from_raw(unsafe { *system::errno_location() }).unwrap_or(Errno::EIO)
}

/// What a call returns that says -1 for a failure.
pub(super) fn decode(result: c_int) -> Result<c_int> {
    if result == -1 { Err(last_errno()) } else { Ok(result) }
}

/// The same for a count of bytes.
fn decode_count(result: isize) -> Result<usize> {
    usize::try_from(result).map_err(|_| last_errno())
}

/// Flags and modes, which the primitives take as the kernel has them, in the type that this libc's call takes.
#[expect(clippy::cast_possible_wrap, reason = "flags are small")]
const fn flags(flags: u32) -> c_int {
    flags as c_int
}

#[allow(clippy::cast_possible_truncation, clippy::useless_conversion, reason = "some systems have 16 bits for it")]
const fn mode_bits(mode: u32) -> libc::mode_t {
    mode as libc::mode_t
}

/// Opens a file, close-on-exec, never as the controlling terminal. See open(2).
pub(crate) fn open(path: &CStr, flag_bits: u32, mode: u32) -> Result<Fd> {
    let flag_bits = flags(flag_bits) | libc::O_CLOEXEC | libc::O_NOCTTY;
    // SAFETY: the path is NUL-terminated.
    let fd = Fd::from_raw(retry(|| decode(unsafe { libc::open(path.as_ptr(), flag_bits, mode) }))?);
    // A directory can be read there as if it were a file.
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    if flag_bits & (libc::O_ACCMODE | libc::O_DIRECTORY) == libc::O_RDONLY
        && fstat(&fd, &mut StatBuffer::uninit())?.is_dir()
    {
        return Err(Errno::EISDIR);
    }
    Ok(fd)
}

/// Closes a descriptor, which is closed whatever the result. See close(2).
pub(crate) fn close(fd: i32) -> Result<()> {
    // SAFETY: the owner of the descriptor gives it up.
    match decode(unsafe { libc::close(fd) }) {
        // Interrupted after the descriptor was released: retrying could close somebody else's.
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Closes all descriptors of the process but one, as far as a program can have opened them.
pub(crate) fn close_all_but(fd: i32) {
    // SAFETY: takes a number only.
    let limit = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
    // -1: there is none.
    let limit = if limit < 0 { i32::MAX } else { i32::try_from(limit).unwrap_or(i32::MAX) };
    for other in 0..limit.clamp(256, 1 << 16) {
        if other != fd {
            let _ = close(other);
        }
    }
}

/// What [`read`] and [`read_dir`] are.
pub(crate) type Read = fn(&Fd, &mut [MaybeUninit<u8>]) -> Result<usize>;

/// Reads at most the buffer's length; 0 is the end of the file. See read(2).
pub(crate) fn read(fd: &Fd, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let (start, len) = (buffer.as_mut_ptr().cast(), buffer.len().min(MAX_TRANSFER));
    // SAFETY: the buffer is writable for its length.
    retry(|| decode_count(unsafe { libc::read(fd.raw(), start, len) }))
}

/// Writes at most the buffer's length. See write(2).
pub(crate) fn write(fd: i32, buffer: &[u8]) -> Result<usize> {
    // SAFETY: the buffer is readable for its length.
    retry(|| decode_count(unsafe { libc::write(fd, buffer.as_ptr().cast(), buffer.len().min(MAX_TRANSFER)) }))
}

/// Waits until the descriptor can be written to, or is in error. See poll(2).
pub(crate) fn wait_writable(fd: i32) -> Result<()> {
    let mut request = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one pollfd, no time limit.
    retry(|| decode(unsafe { libc::poll(&raw mut request, 1, -1) })).map(drop)
}

/// Asks, for the real user, whether the path leads to anything. See access(2).
pub(crate) fn access(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    retry(|| decode(unsafe { libc::access(path.as_ptr(), libc::F_OK) })).map(drop)
}

/// What stat(2) says that the operations use.
#[repr(transparent)]
pub(crate) struct Stat(libc::stat);

/// Room for it, which is the caller's.
pub(crate) type StatBuffer = MaybeUninit<Stat>;

#[allow(clippy::useless_conversion, reason = "the width of these fields differs between systems")]
impl Stat {
    pub(crate) fn mode(&self) -> u32 {
        u32::from(self.0.st_mode)
    }

    pub(crate) const fn size(&self) -> i64 {
        self.0.st_size
    }

    /// When the content last changed, in seconds since 1970; negative before.
    pub(crate) const fn modified(&self) -> i64 {
        self.0.st_mtime
    }

    /// Whether both describe one file, under whatever names.
    pub(crate) const fn same_file(&self, other: &Self) -> bool {
        self.0.st_dev == other.0.st_dev && self.0.st_ino == other.0.st_ino
    }
}

/// What a path leads to, symbolic links followed. See stat(2).
pub(crate) fn stat<'a>(path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the path is NUL-terminated and the buffer is a struct stat.
    stat_with(buffer, |buffer| unsafe { libc::stat(path.as_ptr(), buffer) })
}

/// What a path leads to, the last component itself if it is a symbolic link. See lstat(2).
pub(crate) fn stat_link<'a>(path: &CStr, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the path is NUL-terminated and the buffer is a struct stat.
    stat_with(buffer, |buffer| unsafe { libc::lstat(path.as_ptr(), buffer) })
}

/// What a descriptor refers to. See fstat(2).
pub(crate) fn fstat<'a>(fd: &Fd, buffer: &'a mut StatBuffer) -> Result<&'a Stat> {
    // SAFETY: the buffer is a struct stat.
    stat_with(buffer, |buffer| unsafe { libc::fstat(fd.raw(), buffer) })
}

fn stat_with(buffer: &mut StatBuffer, call: impl Fn(*mut libc::stat) -> c_int) -> Result<&Stat> {
    retry(|| decode(call(buffer.as_mut_ptr().cast())))?;
    // SAFETY: the call succeeded, so it filled the buffer in.
    Ok(unsafe { buffer.assume_init_ref() })
}

/// Removes a name that is not a directory's. See unlink(2).
pub(crate) fn unlink(path: &CStr) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    match retry(|| decode(unsafe { libc::unlink(path.as_ptr()) })) {
        // POSIX's answer for a directory, and others' for one that is a mount point, or `.`. Each can be that of a file
        // that may not be removed as well.
        Err(Errno::EPERM | Errno::EBUSY | Errno::EINVAL)
            if stat_link(path, &mut StatBuffer::uninit()).is_ok_and(Stat::is_dir) =>
        {
            Err(Errno::EISDIR)
        }
        result => result.map(drop),
    }
}

/// Makes a directory. See mkdir(2).
pub(crate) fn mkdir(path: &CStr, mode: u32) -> Result<()> {
    // SAFETY: the path is NUL-terminated.
    match retry(|| decode(unsafe { libc::mkdir(path.as_ptr(), mode_bits(mode)) })) {
        // What some say of the root directory.
        Err(Errno::EISDIR) => Err(Errno::EEXIST),
        result => result.map(drop),
    }
}

/// Sets a file's length. See ftruncate(2).
pub(crate) fn truncate(fd: &Fd, len: usize) -> Result<()> {
    let len = libc::off_t::try_from(len).map_err(|_| Errno::EFBIG)?;
    // SAFETY: takes numbers only.
    retry(|| decode(unsafe { libc::ftruncate(fd.raw(), len) })).map(drop)
}

/// Sets a file's permission bits. See fchmod(2).
pub(crate) fn chmod(fd: &Fd, mode: u32) -> Result<()> {
    // SAFETY: takes numbers only.
    retry(|| decode(unsafe { libc::fchmod(fd.raw(), mode_bits(mode)) })).map(drop)
}

/// Takes an exclusive lock if nobody else holds one. See flock(2).
pub(crate) fn try_lock(fd: &Fd) -> Result<()> {
    flock(fd.raw(), libc::LOCK_EX | libc::LOCK_NB)
}

/// Gives a lock up. See flock(2).
pub(crate) fn unlock(fd: i32) -> Result<()> {
    flock(fd, libc::LOCK_UN)
}

fn flock(fd: i32, operation: c_int) -> Result<()> {
    // SAFETY: takes numbers only.
    retry(|| decode(unsafe { libc::flock(fd, operation) })).map(drop)
}

/// Writes the working directory and its NUL into the buffer; the result counts both. See getcwd(3).
pub(crate) fn getcwd(buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    // SAFETY: the buffer is writable for its length.
    let path = unsafe { libc::getcwd(buffer.as_mut_ptr().cast(), buffer.len()) };
    if path.is_null() {
        // The buffer holds whatever the kernel takes for a path.
        return Err(match last_errno() {
            Errno::ERANGE => Errno::ENAMETOOLONG,
            errno => errno,
        });
    }
    // SAFETY: the call has put a NUL-terminated string there.
    Ok(unsafe { CStr::from_ptr(path) }.count_bytes() + 1)
}

/// The caller's process id. See getpid(2).
pub(crate) fn getpid() -> i32 {
    // SAFETY: takes nothing, and cannot fail.
    unsafe { libc::getpid() }
}

/// The user who started the process, whatever rights it runs with. See getuid(2).
pub(crate) fn real_user() -> u32 {
    // SAFETY: takes nothing, and cannot fail.
    unsafe { libc::getuid() }
}

/// The user whose rights the process has. See geteuid(2).
pub(crate) fn effective_user() -> u32 {
    // SAFETY: takes nothing, and cannot fail.
    unsafe { libc::geteuid() }
}

/// The host name. See gethostname(3).
pub(crate) fn with_hostname<R>(use_name: impl FnOnce(&[u8]) -> R) -> Result<R> {
    // More than the 255 bytes that POSIX allows, and a byte that stays zero behind them.
    let mut name = [0_u8; 512];
    // SAFETY: the buffer is writable for this length.
    decode(unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) })?;
    let len = name.iter().position(|&byte| byte == 0).unwrap_or_default();
    Ok(use_name(name.get(..len).unwrap_or_default()))
}

// Memory

/// Maps fresh, zeroed, private memory. See mmap(2).
pub(crate) fn map(len: usize) -> Result<NonZeroUsize> {
    let (protection, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
    // SAFETY: without MAP_FIXED no memory in use is touched.
    let address = unsafe { libc::mmap(null_mut(), len, protection, kind, -1, 0) };
    if address == libc::MAP_FAILED {
        return Err(last_errno());
    }
    NonZeroUsize::new(address.expose_provenance()).ok_or(Errno::ENOMEM)
}

/// Gives memory back. See munmap(2).
///
/// # Safety
/// Nothing uses the range any more.
pub(crate) unsafe fn unmap(address: usize, len: usize) {
    if len > 0 {
        // SAFETY: the caller's. An error (too many mappings) leaves the memory as it is, which harms nobody.
        unsafe { libc::munmap(core::ptr::with_exposed_provenance_mut(address), len) };
    }
}

// Processes

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

/// Replaces the program of the calling process; returns only the reason why it could not. See execve(2).
///
/// # Safety
/// Both are arrays of NUL-terminated strings that end with a null pointer.
pub(crate) unsafe fn exec(path: &CStr, argv: *const *const c_char, envp: *const *const c_char) -> Errno {
    // SAFETY: the caller's.
    unsafe { libc::execve(path.as_ptr(), argv, envp) };
    last_errno()
}

/// Ends the process with this exit code, all its threads included, and runs nothing of the program's. See _exit(2).
pub(crate) fn exit(code: i32) -> ! {
    // SAFETY: takes a number only.
    unsafe { libc::_exit(code) }
}

/// Waits until this child has ended. See waitpid(2).
pub(crate) fn wait(child: i32) -> Result<WaitStatus> {
    let mut status = 0;
    // SAFETY: the call writes one int.
    retry(|| decode(unsafe { libc::waitpid(child, &raw mut status, 0) }))?;
    Ok(WaitStatus(status))
}

/// Sends a signal to the calling thread, which no other thread can take. See raise(3).
pub(crate) fn signal_self(signal: u32) {
    // SAFETY: takes a number only. What the signal does is the caller's choice.
    unsafe { libc::raise(flags(signal)) };
}

/// Sleeps this long, or less when a signal arrives. See nanosleep(2).
pub(crate) fn sleep_milliseconds(milliseconds: u32) {
    sleep_nanoseconds(i64::from(milliseconds) * 1_000_000);
}

/// Less than a second.
fn sleep_nanoseconds(nanoseconds: i64) {
    let time = libc::timespec { tv_sec: 0, tv_nsec: nanoseconds };
    // SAFETY: the time is read during the call; the rest is not asked for.
    unsafe { libc::nanosleep(&raw const time, null_mut()) };
}

/// Sets the calling thread's mask of blocked signals and returns the one before. See sigprocmask(2).
///
/// On all of these systems it is the thread's. Where a program is linked without the library of threads, pthread_sigmask(3)
/// does nothing on some of them, and on NetBSD is in no other library.
pub(crate) fn set_signal_mask(mask: SignalSet) -> Result<SignalSet> {
    let mut before = NO_SIGNALS;
    // SAFETY: both are signal sets.
    decode(unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const mask, &raw mut before) })?;
    Ok(before)
}

/// How the calling process handles a signal. See sigaction(2).
pub(crate) fn disposition(signal: u32) -> Result<Disposition> {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: the buffer is a struct sigaction.
    decode(unsafe { libc::sigaction(flags(signal), null(), action.as_mut_ptr()) })?;
    // SAFETY: the call succeeded, so it filled the buffer in.
    let action = unsafe { action.assume_init() };
    Ok(match action.sa_sigaction {
        libc::SIG_IGN => Disposition::Ignored,
        _ if signal == SIGCHLD && action.sa_flags & libc::SA_NOCLDWAIT != 0 => Disposition::NotWaited,
        libc::SIG_DFL => Disposition::Default,
        _ => Disposition::Handled,
    })
}

/// Makes the calling process handle a signal by default, or ignore it. See sigaction(2).
pub(crate) fn set_disposition(signal: u32, ignored: bool) {
    // SAFETY: zeroes are an action: the default one, with no flags and an empty mask.
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    if ignored {
        action.sa_sigaction = libc::SIG_IGN;
    }
    // SAFETY: neither SIG_DFL nor SIG_IGN runs code. It fails only for signals whose handling cannot change.
    unsafe { libc::sigaction(flags(signal), &raw const action, null_mut()) };
}

/// What identifies the calling thread among those that live, at the least cost: where its errno is.
#[cfg(feature = "exports")]
pub(crate) fn thread_identity() -> usize {
    system::errno_location().addr()
}
