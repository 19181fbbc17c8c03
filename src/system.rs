//! Facts about the system: processors and host name.

use core::mem::MaybeUninit;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

use crate::cgroup;
use crate::errno::{Errno, Result};
use crate::fields::split_field;
use crate::heap::MappedBuffer;
use crate::io::read_prefix;
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
