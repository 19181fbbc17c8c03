//! Facts about the system: processors and host name.

use core::mem::MaybeUninit;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

use crate::alloc::Block;
use crate::text::fields;
use crate::{Errno, Result, Text, cgroup, file, sys};

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
    let usable = usable_processors().or_else(|_| listed_processors()).unwrap_or(1);
    usable.min(quota()).max(1)
}

/// The processors in the calling thread's mask.
fn usable_processors() -> Result<usize> {
    // Masks are as long as the kernel was built for; this is enough for 65,536.
    let mut mask = [MaybeUninit::<u64>::uninit(); 1024];
    match sys::affinity(&mut mask) {
        Err(Errno::EINVAL) => usable_of_many(size_of_val(&mask) * 2),
        len => Ok(count_bits(&mask, len?)),
    }
}

#[cold]
fn usable_of_many(size: usize) -> Result<usize> {
    let mut block = Block::new(size)?;
    // SAFETY: a block is aligned, and any bytes are uninitialised words.
    let (_, mask, _) = unsafe { block.spare().align_to_mut::<MaybeUninit<u64>>() };
    match sys::affinity(mask) {
        Err(Errno::EINVAL) if size < 1 << 20 => usable_of_many(size * 2),
        len => Ok(count_bits(mask, len?)),
    }
}

fn count_bits(mask: &[MaybeUninit<u64>], len: usize) -> usize {
    // SAFETY: the kernel has set this many bytes, in whole words.
    let mask = unsafe { mask.get(..len / size_of::<u64>()).unwrap_or_default().assume_init_ref() };
    mask.iter().map(|word| word.count_ones() as usize).sum()
}

/// The processors that /proc/stat lists, for sandboxes that do not tell the mask. See proc_stat(5).
fn listed_processors() -> Result<usize> {
    let stat = file::read_text(c"/proc/stat")?;
    let is_processor =
        |line: &&[u8]| line.strip_prefix(b"cpu").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit));
    Ok(fields(&stat, b'\n').filter(is_processor).count())
}

/// The limit on processor time, in processors, rounded up.
fn quota() -> usize {
    static KNOWN: AtomicUsize = AtomicUsize::new(0);
    match KNOWN.load(Relaxed) {
        0 => {
            // What cannot be read yet is asked for again.
            let Ok(limit) = cgroup::processors() else { return usize::MAX };
            let quota = usize::try_from(limit).unwrap_or(usize::MAX);
            KNOWN.store(quota, Relaxed);
            quota
        }
        known => known,
    }
}
