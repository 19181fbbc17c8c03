//! Primitives: one system call each, with typed arguments and a `Result`.
//!
//! This module selects the backend, and states the contract that every backend fulfils: each name with its signature,
//! which the compiler checks against the backend that it builds. The package in tests/backend builds the libc backend
//! on Linux, so `cargo check --workspace` checks both.
//!
//! A backend adds to a call only what every caller wants: it retries after EINTR where the call had no effect (never
//! close), opens descriptors close-on-exec and none as 0, 1 or 2, and caps lengths at what the system takes. A
//! primitive that the kernel lacks returns the kernel's error: the fallback belongs to the operation, once for all
//! backends.

#[cfg(all(target_os = "linux", not(feature = "freestanding")))]
mod constructor;
mod fd;
mod types;

#[cfg(any(feature = "libc", not(target_os = "linux")))]
mod libc;
#[cfg(any(feature = "libc", not(target_os = "linux")))]
use self::libc as backend;

#[cfg(not(any(feature = "libc", not(target_os = "linux"))))]
mod linux_raw;
#[cfg(not(any(feature = "libc", not(target_os = "linux"))))]
use self::linux_raw as backend;

#[cfg(all(any(feature = "libc", not(target_os = "linux")), feature = "mem"))]
compile_error!("the features `mem` and `freestanding` are for programs without a libc, which the backend `libc` needs");

use core::ffi::{CStr, c_char, c_void};
use core::mem::MaybeUninit;
use core::num::NonZeroUsize;
use core::ops::RangeInclusive;
use core::ptr::NonNull;
use core::sync::atomic::AtomicU32;

use crate::errno::{Errno, Result};

pub(crate) use backend::fd::Fd;
pub(crate) use backend::fs::PollRequest;
pub(crate) use backend::process::ChildEntry;
pub(crate) use backend::signal::{SavedAction, SignalSet};
pub(crate) use backend::stat::{Stat, StatBuffer};
pub(crate) use backend::system::HostnameBuffer;
pub(crate) use types::{Disposition, FileId, MapRequest, Protection, Sharing, Timespec, WaitStatus};

/// The standard streams. A static cannot be moved and is never dropped, so nothing closes them. Using one that the
/// program has closed fails with `EBADF`.
// SAFETY: as a static it is never dropped.
pub(crate) static STDIN: Fd = unsafe { Fd::from_raw(0) };
// SAFETY: as a static it is never dropped.
pub(crate) static STDOUT: Fd = unsafe { Fd::from_raw(1) };
// SAFETY: as a static it is never dropped.
pub(crate) static STDERR: Fd = unsafe { Fd::from_raw(2) };

/// The working directory, where relative paths start.
// SAFETY: as a static it is never dropped.
pub(crate) static CWD: Fd = unsafe { Fd::from_raw(AT_FDCWD) };

/// A primitive that fills a buffer, [`read`] or [`read_dir`]. It initializes as many bytes as it returns.
pub(crate) type Read = fn(&Fd, &mut [MaybeUninit<u8>]) -> Result<usize>;

/// Re-exports each item of the contract, and has the compiler check its type.
macro_rules! contract {
    ($($module:ident { $($(#[$cfg:meta])? $name:ident: $type:ty;)* })*) => { $($(
        $(#[$cfg])?
        pub(crate) use backend::$module::$name;
        $(#[$cfg])?
        #[allow(clippy::type_complexity, reason = "a signature is what the contract states")]
        const _: $type = backend::$module::$name;
    )*)* };
}

contract! {
    fd {
        close_all_but: unsafe fn(i32);
        duplicate_onto: unsafe fn(i32, i32) -> Result<()>;
        set_blocking: fn(&Fd) -> Result<()>;
    }
    fs {
        O_APPEND: u32;
        O_CREAT: u32;
        O_DIRECTORY: u32;
        O_EXCL: u32;
        O_NOFOLLOW: u32;
        O_NONBLOCK: u32;
        O_RDONLY: u32;
        O_RDWR: u32;
        O_SEARCH: u32;
        O_TRUNC: u32;
        O_WRONLY: u32;
        SEEK_CUR: u32;
        SEEK_DATA: u32;
        SEEK_END: u32;
        SEEK_HOLE: u32;
        SEEK_SET: u32;
        PIPE_BUF: u32;
        POLLIN: i16;
        POLLOUT: i16;
        AT_FDCWD: i32;
        open: fn(&CStr, u32, u32) -> Result<Fd>;
        open_at: fn(&Fd, &CStr, u32, u32) -> Result<Fd>;
        read: Read;
        read_at: fn(&Fd, &mut [MaybeUninit<u8>], usize) -> Result<usize>;
        write: fn(&Fd, &[u8]) -> Result<usize>;
        write_at: fn(&Fd, &[u8], usize) -> Result<usize>;
        sync: fn(&Fd) -> Result<()>;
        write_vectored: fn(&Fd, [&[u8]; 2]) -> Result<usize>;
        wait_readable: fn(&Fd) -> Result<()>;
        wait_writable: fn(&Fd) -> Result<()>;
        poll: fn(&mut [PollRequest], Option<u32>) -> Result<()>;
        seek: fn(&Fd, usize, u32) -> Result<usize>;
        truncate: fn(&Fd, usize) -> Result<()>;
        chmod: fn(&Fd, u32) -> Result<()>;
        chown: fn(&Fd, (u32, u32)) -> Result<()>;
        copy_file_range: fn(&Fd, &Fd, usize) -> Result<usize>;
        try_lock: fn(&Fd) -> Result<()>;
        try_lock_shared: fn(&Fd) -> Result<()>;
        wait_lock: fn(&Fd) -> Result<()>;
        wait_lock_shared: fn(&Fd) -> Result<()>;
        unlock: fn(&Fd) -> Result<()>;
        read_dir: Read;
        dir_record: fn(&[u8]) -> Option<(usize, usize)>;
        dir_record_type: fn(&[u8]) -> u32;
        dir_record_inode: fn(&[u8]) -> u64;
        is_deleted: fn(&[u8]) -> bool;
        pipe: fn() -> Result<(Fd, Fd)>;
    }
    stat {
        S_IFBLK: u32;
        S_IFCHR: u32;
        S_IFDIR: u32;
        S_IFIFO: u32;
        S_IFLNK: u32;
        S_IFMT: u32;
        S_IFREG: u32;
        S_IFSOCK: u32;
        stat: for<'a> fn(&CStr, &'a mut StatBuffer) -> Result<&'a Stat>;
        lstat: for<'a> fn(&CStr, &'a mut StatBuffer) -> Result<&'a Stat>;
        stat_at: for<'a> fn(&Fd, &CStr, &'a mut StatBuffer) -> Result<&'a Stat>;
        lstat_at: for<'a> fn(&Fd, &CStr, &'a mut StatBuffer) -> Result<&'a Stat>;
        fstat: for<'a> fn(&Fd, &'a mut StatBuffer) -> Result<&'a Stat>;
    }
    path {
        access: fn(&CStr) -> Result<()>;
        unlink: fn(&CStr) -> Result<()>;
        unlink_at: fn(&Fd, &CStr) -> Result<()>;
        rmdir_at: fn(&Fd, &CStr) -> Result<()>;
        mkdir: fn(&CStr, u32) -> Result<()>;
        rename: fn(&CStr, &CStr) -> Result<()>;
        rename_at: fn(&Fd, &CStr, &CStr) -> Result<()>;
        symlink: fn(&CStr, &CStr) -> Result<()>;
        read_link_at: fn(&Fd, &CStr, &mut [MaybeUninit<u8>]) -> Result<usize>;
        set_times: fn(&CStr, [Option<Timespec>; 2], bool) -> Result<()>;
        chmod_path: fn(&CStr, u32) -> Result<()>;
        chown_path: fn(&CStr, (u32, u32)) -> Result<()>;
        chdir: fn(&CStr) -> Result<()>;
        getcwd: fn(&mut [MaybeUninit<u8>]) -> Result<usize>;
    }
    memory {
        map: fn(usize) -> Result<NonNull<u8>>;
        unmap: unsafe fn(NonNull<u8>, usize);
        remap: unsafe fn(NonNull<u8>, usize, usize) -> Result<NonNull<u8>>;
        prefer_huge_pages: fn(NonNull<u8>, usize);
    }
    mapping {
        MADV_DODUMP: u32;
        MADV_DOFORK: u32;
        MADV_DONTDUMP: u32;
        MADV_DONTFORK: u32;
        MADV_DONTNEED: u32;
        MADV_FREE: u32;
        MADV_HUGEPAGE: u32;
        MADV_MERGEABLE: u32;
        MADV_NOHUGEPAGE: u32;
        MADV_NORMAL: u32;
        MADV_POPULATE_READ: u32;
        MADV_POPULATE_WRITE: u32;
        MADV_RANDOM: u32;
        MADV_REMOVE: u32;
        MADV_SEQUENTIAL: u32;
        MADV_UNMERGEABLE: u32;
        MADV_WILLNEED: u32;
        map_with: fn(&MapRequest) -> Result<NonNull<u8>>;
        unmap_range: unsafe fn(NonNull<u8>, usize) -> Result<()>;
        resize: unsafe fn(NonNull<u8>, usize, usize, bool) -> Result<NonNull<u8>>;
        protect: unsafe fn(NonNull<u8>, usize, Protection) -> Result<()>;
        sync_range: fn(NonNull<u8>, usize, bool) -> Result<()>;
        advise: unsafe fn(*mut u8, usize, u32) -> Result<()>;
        lock_range: fn(NonNull<u8>, usize) -> Result<()>;
        unlock_range: fn(NonNull<u8>, usize) -> Result<()>;
        page_size: fn() -> NonZeroUsize;
    }
    process {
        HAS_POSIX_SPAWN: bool;
        getpid: fn() -> i32;
        spawn: unsafe fn(Sharing, &mut [MaybeUninit<u8>], ChildEntry, NonNull<c_void>) -> Result<i32>;
        posix_spawn: unsafe fn(&CStr, *const *const c_char, *const *const c_char, &SignalSet) -> Result<i32>;
        exec: unsafe fn(&CStr, *const *const c_char, *const *const c_char) -> Errno;
        exit: fn(i32) -> !;
        wait: fn(i32) -> Result<WaitStatus>;
        wait_now: fn(i32) -> Result<Option<WaitStatus>>;
        has_ended: fn(i32) -> Result<bool>;
        open_process: fn(i32) -> Result<Fd>;
        kill: fn(i32, i32) -> Result<()>;
        new_group: fn() -> Result<()>;
        LIMITS: [u32; 5];
        set_limit: fn(u32, u64) -> Result<()>;
        wait_forgotten: fn(i32) -> Result<WaitStatus>;
        set_parent_death_signal: fn(i32);
    }
    signal {
        ALL_SIGNALS: SignalSet;
        NO_SIGNALS: SignalSet;
        SIGNALS: RangeInclusive<u32>;
        SIGABRT: u32;
        SIGCHLD: u32;
        SIGKILL: u32;
        SIGPIPE: u32;
        SIGTERM: u32;
        disposition: fn(u32) -> Result<Disposition>;
        set_disposition: fn(u32, bool);
        default_action: fn(u32) -> Result<SavedAction>;
        restore_action: fn(u32, &SavedAction);
        set_signal_mask: fn(SignalSet) -> Result<SignalSet>;
        block_signal: fn(u32) -> Result<SignalSet>;
        is_pending: fn(u32) -> Result<bool>;
        take_signal: fn(u32, u32) -> Result<()>;
        raise: fn(u32);
    }
    system {
        HAS_CONTROL_GROUPS: bool;
        hostname: fn(&mut HostnameBuffer) -> Result<&[u8]>;
        affinity: fn(&mut [MaybeUninit<u64>]) -> Result<usize>;
        total_memory: fn() -> Result<u64>;
        random: fn(&mut [MaybeUninit<u8>], bool) -> Result<usize>;
        real_user: fn() -> u32;
        effective_user: fn() -> u32;
    }
    thread {
        futex_wait: fn(&AtomicU32, u32);
        futex_wake_one: fn(&AtomicU32);
        #[cfg(feature = "exports")]
        thread_identity: fn() -> usize;
    }
    time {
        monotonic_time: fn() -> Timespec;
        real_time: fn() -> Timespec;
        sleep: fn(Timespec) -> Result<()>;
        sleep_milliseconds: fn(u32);
    }
    auxv {
        environment: fn() -> Option<*const *const c_char>;
        is_secure_exec: fn() -> bool;
        arguments: fn() -> Option<*const *const c_char>;
        read_arguments: fn(&mut [MaybeUninit<u8>]) -> Result<usize>;
        executable: fn(&mut [MaybeUninit<u8>]) -> Result<usize>;
        exec_filename: fn() -> Option<&'static CStr>;
        #[cfg(feature = "freestanding")]
        set_entry_stack: unsafe fn(*const *const c_char, *const *const c_char, *const [usize; 2]);
    }
}

// The methods of `Stat` that every backend has.
const _: [fn(&Stat) -> i64; 2] = [Stat::size, Stat::modified];
const _: fn(&Stat) -> u32 = Stat::mode;
const _: fn(&Stat) -> FileId = Stat::id;
const _: fn(&Stat) -> (u32, u32) = Stat::owner;
const _: [fn(&Stat) -> Timespec; 2] = [Stat::modified_time, Stat::accessed_time];
const _: [fn(&Stat) -> bool; 2] = [Stat::has_names, Stat::looks_sparse];
const _: [fn(&Stat, &Stat) -> bool; 2] = [Stat::same_file, Stat::same_attributes];

impl Stat {
    pub(crate) fn is_dir(&self) -> bool {
        self.mode() & S_IFMT == S_IFDIR
    }

    pub(crate) fn is_regular(&self) -> bool {
        self.mode() & S_IFMT == S_IFREG
    }
}
