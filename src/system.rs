//! Facts about the system: processors and host name.

use core::mem::MaybeUninit;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

use crate::fd::read_beginning;
use crate::scratch::Scratch;
use crate::text::take;
use crate::{Errno, Result, Text, cgroup, sys};

/// The host name, as the process's UTS namespace has it: up to 64 bytes, with or without a domain.
///
/// # Errors
/// `ENOMEM`.
pub fn hostname() -> Result<Text> {
    sys::with_hostname(Text::new)?
}

/// How many processors the calling thread can keep busy: those it may run on (sched_getaffinity(2)), or fewer when a
/// control group limits the process's share of time, rounded up. At least 1.
///
/// The limit is read once, when it can be: a program that mounts /proc and /sys/fs/cgroup itself sees it from then on.
#[must_use]
pub fn cpu_count() -> usize {
    // Masks are as long as the kernel was built for; this is enough for 65,536.
    let mut mask = [MaybeUninit::uninit(); 1024];
    let usable = match count_usable(&mut mask).or_else(count_many_usable) {
        None | Some(0) => count_listed(),
        Some(count) => count,
    };
    usable.min(quota()).max(1)
}

/// The processors in the calling thread's mask; 0 in a sandbox that does not tell it. `None`: the kernel's are longer.
#[inline(never)]
fn count_usable(mask: &mut [MaybeUninit<u64>]) -> Option<usize> {
    let len = match sys::affinity(mask) {
        Err(Errno::EINVAL) => return None,
        len => len.unwrap_or_default(),
    };
    // SAFETY: the kernel has set this many bytes, in whole words.
    let words = unsafe { mask.get(..len / size_of::<u64>())?.assume_init_ref() };
    let mut count = 0;
    for &word in words {
        let mut rest = word;
        while rest != 0 {
            rest &= rest - 1; // without its lowest bit
            count += 1;
        }
    }
    Some(count)
}

#[cold]
fn count_many_usable() -> Option<usize> {
    let mut room = Scratch::new(1 << 20).ok()?;
    // SAFETY: a mapping is aligned, and any bytes are uninitialised words.
    let (_, mask, _) = unsafe { room.bytes().align_to_mut() };
    count_usable(mask)
}

/// The processors that /proc/stat lists; 0 where it cannot be read. See proc_stat(5).
#[cold]
fn count_listed() -> usize {
    // The processors come first, in lines of at most 200 bytes.
    let Ok(mut room) = Scratch::new(1 << 20) else { return 0 };
    let Ok(mut rest) = read_beginning(c"/proc/stat", room.bytes()) else { return 0 };
    let mut count = 0;
    while !rest.is_empty() {
        count += usize::from(matches!(take(&mut rest, b'\n'), [b'c', b'p', b'u', b'0'..=b'9', ..]));
    }
    count
}

/// The limit on processor time, in processors, rounded up.
fn quota() -> usize {
    static KNOWN: AtomicUsize = AtomicUsize::new(0);
    let mut known = KNOWN.load(Relaxed);
    if known == 0 {
        // What cannot be read yet is asked for again.
        let Some(limit) = cgroup::processors() else { return usize::MAX };
        known = usize::try_from(limit).unwrap_or(usize::MAX);
        KNOWN.store(known, Relaxed);
    }
    known
}
