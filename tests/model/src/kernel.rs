//! What the modelled parts ask of the kernel.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::atomic::Ordering::Relaxed;

use loom::thread::{Thread, ThreadId};

use crate::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize};
use crate::twins;

#[derive(Default)]
struct Kernel {
    /// Who sleeps on a word, by its address, in the order of their coming.
    sleepers: RefCell<BTreeMap<usize, VecDeque<Thread>>>,
    slept: Cell<usize>,
    /// Lengths of mappings, by their addresses.
    mappings: RefCell<BTreeMap<usize, Layout>>,
    mapped: Cell<usize>,
    unmapped: Cell<usize>,
    identities: RefCell<Vec<(ThreadId, usize)>>,
}

thread_local! {
    static KERNEL: Kernel = Kernel::default();
}

/// Another execution begins.
pub(crate) fn begin() {
    KERNEL.with(|kernel| {
        kernel.sleepers.borrow_mut().clear();
        kernel.identities.borrow_mut().clear();
        for (address, layout) in std::mem::take(&mut *kernel.mappings.borrow_mut()) {
            // SAFETY: allocated below, with this layout; the execution that used it is over.
            unsafe { dealloc(std::ptr::with_exposed_provenance_mut(address), layout) };
        }
    });
}

/// Sleeps while the word has this value, until woken. See futex(2): whoever is going to sleep has looked at the word as
/// it is, and is on the list, before anybody can be woken.
pub fn futex_wait(word: &AtomicU32, value: u32) {
    // An exchange, even of nothing, sees the newest value, as the kernel does behind its own lock.
    if word.compare_exchange(value, value, Relaxed, Relaxed).is_err() {
        return;
    }
    let address = (&raw const *word).addr();
    KERNEL.with(|kernel| {
        kernel.sleepers.borrow_mut().entry(address).or_default().push_back(loom::thread::current());
        kernel.slept.update(|slept| slept + 1);
    });
    loom::thread::park();
}

/// Wakes the one that has slept longest on the word.
pub fn futex_wake_one(word: &AtomicU32) {
    let address = (&raw const *word).addr();
    let first = KERNEL.with(|kernel| kernel.sleepers.borrow_mut().get_mut(&address).and_then(VecDeque::pop_front));
    if let Some(first) = first {
        first.unpark();
    }
}

/// How often any thread of any execution went to sleep.
#[must_use]
pub fn times_slept() -> usize {
    KERNEL.with(|kernel| kernel.slept.get())
}

/// Gives the calling thread an identity.
pub fn set_identity(identity: usize) {
    let thread = loom::thread::current().id();
    KERNEL.with(|kernel| {
        let mut identities = kernel.identities.borrow_mut();
        identities.retain(|(other, _)| *other != thread);
        identities.push((thread, identity));
    });
}

/// The identity that the calling thread was given.
///
/// # Panics
/// It was given none.
#[must_use]
pub fn identity() -> usize {
    let thread = loom::thread::current().id();
    let identity = KERNEL.with(|kernel| {
        kernel.identities.borrow().iter().find(|(other, _)| *other == thread).map(|(_, identity)| *identity)
    });
    identity.expect("set_identity comes first")
}

/// Zeroes, in which each 16 bytes are to hold an `AtomicUsize` and an `AtomicI32`; where they are. They are kept until
/// the execution is over.
#[must_use]
pub fn map_slots(len: usize) -> Option<NonZeroUsize> {
    let layout = Layout::from_size_align(len, 4096).ok()?;
    // SAFETY: the length is not 0.
    let memory = unsafe { alloc_zeroed(layout) };
    let address = NonZeroUsize::new(memory.expose_provenance())?;
    KERNEL.with(|kernel| {
        kernel.mappings.borrow_mut().insert(address.get(), layout);
        kernel.mapped.update(|mapped| mapped + 1);
    });
    for slot in (0..len).step_by(16) {
        // SAFETY: zeroes, which such an atomic can be, and aligned.
        unsafe { &*memory.wrapping_add(slot).cast::<AtomicUsize>() }.touch();
        // SAFETY: as above.
        unsafe { &*memory.wrapping_add(slot + 8).cast::<AtomicI32>() }.touch();
    }
    Some(address)
}

/// Takes a mapping back: nobody may use it any more.
pub fn unmap(address: usize, len: usize) {
    twins::forbid(address, len);
    KERNEL.with(|kernel| kernel.unmapped.update(|unmapped| unmapped + 1));
}

/// How many mappings were made, and given back, in all executions.
#[must_use]
pub fn mappings() -> (usize, usize) {
    KERNEL.with(|kernel| (kernel.mapped.get(), kernel.unmapped.get()))
}
