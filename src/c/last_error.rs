//! The last error of each thread, for callers that get no `Result`.
//!
//! Without a libc there need not be thread-local storage, so tables of slots hold the errors. A slot belongs to one thread,
//! identified by [`sys::thread_identity`], and is never released; a thread that gets the identity of an ended one gets
//! its slot too, and finds its error there until it has one of its own. A thread reads and writes only its own slot, so
//! no lock is needed.

use core::ptr::null_mut;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicUsize};

use crate::sys;

struct Slot {
    /// The identity of the thread; 0 while the slot is free.
    thread: AtomicUsize,
    errno: AtomicI32,
}

/// How many slots of a table can belong to a thread: the one that its identity selects, and those that follow.
const PROBES: usize = 8;
/// The slots of the first table, which is part of the program.
const FIRST: usize = 64;

static FIRST_SLOTS: [Slot; FIRST + PROBES] =
    [const { Slot { thread: AtomicUsize::new(0), errno: AtomicI32::new(0) } }; FIRST + PROBES];

/// Further tables, each eight times as large as the previous one, mapped when first needed.
static MORE: [AtomicPtr<Slot>; 6] = [const { AtomicPtr::new(null_mut()) }; 6];

/// Shared fallback slot for threads whose own slot could not be allocated.
///
/// The 0 of a genuine value is not stored here: a value taken for a failure is better than a failure taken for a value.
static FALLBACK: AtomicI32 = AtomicI32::new(0);

/// Records why the calling thread's last call failed; 0 if its failure value is genuine.
pub(crate) fn set(errno: i32) {
    match slot(sys::thread_identity(), true) {
        Some(slot) => slot.errno.store(errno, Relaxed),
        None if errno == 0 => {}
        None => FALLBACK.store(errno, Relaxed),
    }
}

/// Returns why the calling thread's last failed call failed.
pub(crate) fn get() -> i32 {
    slot(sys::thread_identity(), false).map_or(&FALLBACK, |slot| &slot.errno).load(Relaxed)
}

/// Finds the slot of a thread, or claims one if `claim` is set.
fn slot(thread: usize, claim: bool) -> Option<&'static Slot> {
    let mut table: &'static [Slot] = &FIRST_SLOTS;
    let mut size = FIRST;
    let mut tables = MORE.iter();
    loop {
        let home = thread.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & (size - 1);
        for slot in table.get(home..home + PROBES)? {
            let owner = slot.thread.load(Relaxed);
            let claimed = owner == 0 && claim && slot.thread.compare_exchange(0, thread, Relaxed, Relaxed).is_ok();
            if owner == thread || claimed {
                return Some(slot);
            }
        }
        size *= 8;
        // SAFETY: each table is reached with one size.
        table = unsafe { further_table(tables.next()?, size, claim) }?;
    }
}

/// Returns a further table, which is mapped if it is missing and `claim` is set.
///
/// # Safety
/// The table is passed with the same size in every call.
#[cold]
unsafe fn further_table(table: &AtomicPtr<Slot>, size: usize, claim: bool) -> Option<&'static [Slot]> {
    let len = size + PROBES;
    let mut slots = table.load(Acquire);
    if slots.is_null() && claim {
        let mapped = sys::map(len * size_of::<Slot>()).ok()?;
        slots = match table.compare_exchange(slots, mapped.as_ptr().cast(), Release, Acquire) {
            Ok(_) => mapped.as_ptr().cast(),
            Err(other) => {
                // SAFETY: this mapping was not published, so no other thread uses it.
                unsafe { sys::unmap(mapped, len * size_of::<Slot>()) };
                other
            }
        };
    }
    if slots.is_null() {
        return None;
    }
    // SAFETY: the mapping holds this many slots, for which zeroes are valid, and is never unmapped.
    Some(unsafe { core::slice::from_raw_parts(slots, len) })
}
