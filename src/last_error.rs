//! The last error of each thread, for callers that have no `Result`.
//!
//! There is no thread-local storage without a libc, so errors are kept in tables of slots, each of which belongs to one
//! thread. Threads are told apart by [`sys::thread_identity`]. A slot is claimed once and never given up; a thread that
//! gets the identity of an ended one gets its slot too, and finds that one's error until it has one of its own. What is
//! read and written is the thread's own, so nothing needs a lock.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicUsize};

use crate::sys;

struct Slot {
    /// The thread's identity; 0 while the slot is free.
    thread: AtomicUsize,
    errno: AtomicI32,
}

/// How many slots of a table a thread may have: these follow the one that its identity points at.
const PROBES: usize = 8;
/// The slots of the first table, which is part of the program.
const FIRST: usize = 64;

static FIRST_SLOTS: [Slot; FIRST + PROBES] =
    [const { Slot { thread: AtomicUsize::new(0), errno: AtomicI32::new(0) } }; FIRST + PROBES];

/// The tables behind the first, each eight times as large as the one before, mapped when they are needed first.
static MORE: [AtomicPtr<Slot>; 6] = [const { AtomicPtr::new(core::ptr::null_mut()) }; 6];

/// The last error of those threads together that there was no memory for a slot for. A genuine value's 0 does not come
/// here: one that is taken for a failure is better than a failure that is taken for a value.
static WITHOUT_SLOT: AtomicI32 = AtomicI32::new(0);

/// Remembers why the calling thread's last call failed; 0 for a failure value that is genuine.
pub(crate) fn set(errno: i32) {
    match slot(sys::thread_identity(), true) {
        Some(slot) => slot.errno.store(errno, Relaxed),
        None if errno == 0 => {}
        None => WITHOUT_SLOT.store(errno, Relaxed),
    }
}

/// Why the calling thread's last failed call failed.
pub(crate) fn get() -> i32 {
    slot(sys::thread_identity(), false).map_or(&WITHOUT_SLOT, |slot| &slot.errno).load(Relaxed)
}

/// The slot of a thread, which is claimed if there is none and it is wanted.
fn slot(thread: usize, wanted: bool) -> Option<&'static Slot> {
    let mut table: &'static [Slot] = &FIRST_SLOTS;
    let mut size = FIRST;
    let mut tables = MORE.iter();
    loop {
        let home = thread.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & (size - 1);
        for slot in table.get(home..home + PROBES)? {
            let owner = slot.thread.load(Relaxed);
            let claimed = owner == 0 && wanted && slot.thread.compare_exchange(0, thread, Relaxed, Relaxed).is_ok();
            if owner == thread || claimed {
                return Some(slot);
            }
        }
        size *= 8;
        table = more(tables.next()?, size, wanted)?;
    }
}

/// A further table, which is mapped if there is none and it is wanted.
#[cold]
fn more(table: &AtomicPtr<Slot>, size: usize, wanted: bool) -> Option<&'static [Slot]> {
    let len = size + PROBES;
    let mut slots = table.load(Acquire);
    if slots.is_null() && wanted {
        let address = sys::map(len * size_of::<Slot>()).ok()?;
        let mapped = core::ptr::with_exposed_provenance_mut(address.get());
        slots = match table.compare_exchange(slots, mapped, Release, Acquire) {
            Ok(_) => mapped,
            Err(other) => {
                // SAFETY: nobody has seen this mapping.
                unsafe { sys::unmap(address.get(), len * size_of::<Slot>()) };
                other
            }
        };
    }
    if slots.is_null() {
        return None;
    }
    // SAFETY: a mapping of this many slots, which zeroes are, that is never given back.
    Some(unsafe { core::slice::from_raw_parts(slots, len) })
}
