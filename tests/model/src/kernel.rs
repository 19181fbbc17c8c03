//! The system calls of the modelled code.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Relaxed;

use loom::thread::{Thread, ThreadId};

use crate::fault::{self, Fault};
use crate::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize};
use crate::twins;

#[derive(Default)]
struct Kernel {
    /// The threads that sleep on a word, by its address, in the order of their arrival.
    sleepers: RefCell<BTreeMap<usize, VecDeque<Thread>>>,
    slept: Cell<usize>,
    mappings: RefCell<Vec<(NonNull<u8>, Layout)>>,
    mapped: Cell<usize>,
    unmapped: Cell<usize>,
    identities: RefCell<Vec<(ThreadId, usize)>>,
}

thread_local! {
    static KERNEL: Kernel = Kernel::default();
}

/// Starts another execution.
pub(crate) fn begin() {
    KERNEL.with(|kernel| {
        kernel.sleepers.borrow_mut().clear();
        kernel.identities.borrow_mut().clear();
        for (start, layout) in kernel.mappings.take() {
            // SAFETY: the mapping has this layout, and the execution that used it is over.
            unsafe { dealloc(start.as_ptr(), layout) };
        }
    });
}

/// Sleeps while the word has this value, until woken. See futex(2): comparing the word and joining the list of sleepers
/// are one step, before or after any wake.
pub fn futex_wait(word: &AtomicU32, value: u32) {
    let value = fault::swapped(value);
    // An exchange, even of equal values, sees the newest value, as the kernel does under its own lock.
    if word.compare_exchange(value, value, Relaxed, Relaxed).is_err() {
        return;
    }
    let address = (&raw const *word).addr();
    KERNEL.with(|kernel| {
        kernel.sleepers.borrow_mut().entry(address).or_default().push_back(loom::thread::current());
        kernel.slept.update(|slept| slept + 1);
    });
    loom::thread::park();
    fault::note_wake();
}

/// Wakes the thread that has slept longest on the word.
pub fn futex_wake_one(word: &AtomicU32) {
    if fault::is(Fault::LostWake) {
        return;
    }
    let address = (&raw const *word).addr();
    let first = KERNEL.with(|kernel| kernel.sleepers.borrow_mut().get_mut(&address).and_then(VecDeque::pop_front));
    if let Some(first) = first {
        first.unpark();
    }
}

/// Returns the number of times that any thread of any execution went to sleep.
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

/// Returns the identity of the calling thread.
///
/// # Panics
/// The thread was given none.
#[must_use]
pub fn identity() -> usize {
    let thread = loom::thread::current().id();
    let identity = KERNEL.with(|kernel| {
        kernel.identities.borrow().iter().find(|(other, _)| *other == thread).map(|(_, identity)| *identity)
    });
    identity.expect("set_identity is called first")
}

/// Maps zeroed memory, and returns its start. Every 16 bytes of it are an `AtomicUsize` and an `AtomicI32`. The memory
/// stays allocated until the execution ends.
#[must_use]
pub fn map_slots(len: usize) -> Option<NonNull<u8>> {
    let layout = Layout::from_size_align(len, 4096).ok()?;
    // SAFETY: the length is not 0.
    let start = NonNull::new(unsafe { alloc_zeroed(layout) })?;
    KERNEL.with(|kernel| {
        kernel.mappings.borrow_mut().push((start, layout));
        kernel.mapped.update(|mapped| mapped + 1);
    });
    for slot in (0..len).step_by(16) {
        // SAFETY: the mapping has this many bytes.
        let slot = unsafe { start.add(slot) };
        // SAFETY: the slot starts with zeroes, which such an atomic can be, and is aligned.
        unsafe { slot.cast::<AtomicUsize>().as_ref() }.touch();
        // SAFETY: the slot has 16 bytes.
        let errno = unsafe { slot.add(8) };
        // SAFETY: they are zeroes, which such an atomic can be, and aligned.
        unsafe { errno.cast::<AtomicI32>().as_ref() }.touch();
    }
    Some(start)
}

/// Unmaps memory: any later use is an error.
pub fn unmap(start: NonNull<u8>, len: usize) {
    twins::forbid(start.addr().get(), len);
    KERNEL.with(|kernel| kernel.unmapped.update(|unmapped| unmapped + 1));
}

/// Returns the numbers of mappings made and unmapped in all executions.
#[must_use]
pub fn mappings() -> (usize, usize) {
    KERNEL.with(|kernel| (kernel.mapped.get(), kernel.unmapped.get()))
}
