//! Facts about the system and the user, and random bytes.

use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::ptr::from_mut;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

use crate::cgroup;
use crate::errno::{Errno, Result};
use crate::fields::{fields, parse_decimal, split_field};
use crate::heap::MappedBuffer;
use crate::io::{read_full, read_prefix};
use crate::sys::{self, HostnameBuffer};
use crate::text::Text;

/// Returns the host name of the process's UTS namespace: up to 64 bytes, with or without a domain.
///
/// # Errors
/// `ENOMEM`; `EAGAIN` if memory is locked ([Memory](crate#memory)).
pub fn hostname() -> Result<Text> {
    Text::new(sys::hostname(&mut HostnameBuffer::uninit())?)
}

/// Returns how many processors the calling thread can keep busy, at least 1.
///
/// These are the processors that the thread may run on (sched_getaffinity(2)), or fewer if a control group limits the
/// share of time, rounded up. Each call asks which processors these are. The limit is read once, when it can be, and
/// kept: a running process does not see a limit that changes. A program that mounts /proc and /sys/fs/cgroup itself
/// sees the limit from then on.
#[must_use]
pub fn cpu_count() -> usize {
    // The kernel's masks are as long as it was built for; this is enough for 65,536 processors.
    let mut mask = [MaybeUninit::uninit(); 1024];
    let usable = match count_affinity(&mut mask).or_else(count_long_affinity) {
        None | Some(0) => count_listed(),
        Some(count) => count,
    };
    usable.min(quota()).max(1)
}

/// Returns the bytes of memory that the process can hope for: those of the machine, or of its control group if that is
/// limited to fewer. Other processes share them.
///
/// # Errors
/// Those of sysinfo(2), in a sandbox that refuses it and has no /proc.
///
/// ```
/// assert!(ffi_syscalls::system::memory().unwrap() > 1 << 20);
/// ```
#[doc(alias = "rt_system_memory")]
pub fn memory() -> Result<u64> {
    let machine = sys::total_memory().or_else(|errno| listed_memory().ok_or(errno))?;
    Ok(machine.min(cgroup::memory().unwrap_or(u64::MAX)))
}

/// Returns the memory in /proc/meminfo, where a sandbox refuses the system call. See proc_meminfo(5).
#[cold]
fn listed_memory() -> Option<u64> {
    let mut buffer = [MaybeUninit::uninit(); 256];
    // The first line: MemTotal, and the number of kilobytes.
    let line = fields(read_prefix(c"/proc/meminfo", &mut buffer).ok()?, b'\n').next()?;
    fields(line, b' ').find_map(parse_decimal)?.checked_mul(1024)
}

/// Returns the user who started the process: the real user ID. See getuid(2).
///
/// ```
/// let user = ffi_syscalls::system::getuid();
/// # assert_eq!(user, std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()));
/// ```
#[must_use]
pub fn getuid() -> u32 {
    sys::real_user()
}

/// Fills the buffer with random bytes that are fit for keys. See getrandom(2).
///
/// Right after the start of the system it waits until the kernel's generator is initialized. Where the kernel or a
/// sandbox refuses getrandom(2), the bytes come from /dev/urandom, once /dev/random is readable.
///
/// # Errors
/// Those of getrandom(2), if /dev/urandom cannot be used either. The content of the buffer is then unspecified.
///
/// ```
/// let mut key = [0; 32];
/// ffi_syscalls::system::random_bytes(&mut key).unwrap();
/// assert_ne!(key, [0; 32]);
/// ```
pub fn random_bytes(buffer: &mut [u8]) -> Result<()> {
    // SAFETY: initialized bytes are valid as ones that may be uninitialized, and no uninitialized one is written.
    fill_with_random_bytes(unsafe { &mut *(from_mut(buffer) as *mut [MaybeUninit<u8>]) })
}

/// Like [`random_bytes`], for memory that need not be initialized.
pub(crate) fn fill_with_random_bytes(buffer: &mut [MaybeUninit<u8>]) -> Result<()> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match sys::random(rest, true) {
            Ok(0) => return Err(Errno::EIO),
            Ok(len) => filled += len,
            Err(errno) => return if read_urandom(rest) { Ok(()) } else { Err(errno) },
        }
    }
    Ok(())
}

/// Fills the buffer from /dev/urandom, and returns whether that worked. See random(4).
#[cold]
fn read_urandom(buffer: &mut [MaybeUninit<u8>]) -> bool {
    let len = buffer.len();
    let open = |path: &CStr| sys::open(path, sys::O_RDONLY, 0);
    // /dev/random is readable once the generator is initialized; /dev/urandom never waits for that.
    let is_initialized = open(c"/dev/random").and_then(|random| sys::wait_readable(&random)).is_ok();
    is_initialized && open(c"/dev/urandom").and_then(|fd| Ok(read_full(&fd, buffer)?.len() == len)) == Ok(true)
}

/// Counts the processors in the thread's affinity mask: 0 in a sandbox that refuses the call, `None` if the buffer is
/// too small.
#[inline(never)]
fn count_affinity(mask: &mut [MaybeUninit<u64>]) -> Option<usize> {
    let len = match sys::affinity(mask) {
        Err(Errno::EINVAL) => return None,
        len => len.unwrap_or_default(),
    };
    // SAFETY: the call initialized this many bytes, in whole words.
    let words = unsafe { mask.get(..len / size_of::<u64>())?.assume_init_ref() };
    let mut count = 0;
    for &word in words {
        let mut rest = word;
        while rest != 0 {
            rest &= rest - 1; // clears the lowest bit
            count += 1;
        }
    }
    Some(count)
}

#[cold]
fn count_long_affinity() -> Option<usize> {
    let mut buffer = MappedBuffer::new(1 << 20).ok()?;
    // SAFETY: uninitialized words are made of any bytes.
    let (_, mask, _) = unsafe { buffer.as_uninit_mut().align_to_mut() };
    count_affinity(mask)
}

/// Counts the processors in /proc/stat: 0 if it cannot be read. See proc_stat(5).
#[cold]
fn count_listed() -> usize {
    // The processors come first, in lines of at most 200 bytes.
    let Ok(mut buffer) = MappedBuffer::new(1 << 20) else { return 0 };
    let Ok(mut rest) = read_prefix(c"/proc/stat", buffer.as_uninit_mut()) else { return 0 };
    let mut count = 0;
    while !rest.is_empty() {
        count += usize::from(matches!(split_field(&mut rest, b'\n'), [b'c', b'p', b'u', b'0'..=b'9', ..]));
    }
    count
}

/// Returns the limit on processor time, in processors, rounded up.
fn quota() -> usize {
    static KNOWN: AtomicUsize = AtomicUsize::new(0);
    let mut known = KNOWN.load(Relaxed);
    if known == 0 {
        // A limit that cannot be determined yet is looked up again by the next call.
        let Some(limit) = cgroup::processors() else { return usize::MAX };
        known = usize::try_from(limit).unwrap_or(usize::MAX);
        KNOWN.store(known, Relaxed);
    }
    known
}
