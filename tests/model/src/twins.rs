//! Atomics that can be made while compiling, as those of `core` can, and have a twin of loom's where a model runs.
//!
//! A twin is made when its atomic is used first, and loom takes that for the moment in which the atomic came to be: it
//! must be before others know of it. So a test uses once, in its first thread, what its threads will share.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::Ordering;

thread_local! {
    /// The twins of the current execution, by their atomics' addresses. All threads of a model are one of the system's.
    static TWINS: RefCell<BTreeMap<usize, Rc<dyn Any>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Forgets all twins: another execution begins.
pub(crate) fn forget_all() {
    TWINS.with_borrow_mut(BTreeMap::clear);
}

/// Forgets those at the addresses from this one on.
pub(crate) fn forget(address: usize, len: usize) {
    TWINS.with_borrow_mut(|twins| twins.retain(|at, _| !(address..address + len).contains(at)));
}

/// From now on, it is an error to use what is at the addresses from this one on.
pub(crate) fn forbid(address: usize, len: usize) {
    TWINS.with_borrow_mut(|twins| twins.range_mut(address..address + len).for_each(|(_, twin)| *twin = Rc::new(())));
}

/// The twin at an address, which is made if there is none.
fn twin<T: 'static>(address: usize, make: impl FnOnce() -> T) -> Rc<T> {
    let known = TWINS.with_borrow(|twins| twins.get(&address).cloned());
    let twin = known.unwrap_or_else(|| {
        let new: Rc<dyn Any> = Rc::new(make());
        TWINS.with_borrow_mut(|twins| twins.insert(address, Rc::clone(&new)));
        new
    });
    twin.downcast().unwrap_or_else(|_| panic!("an atomic of another type is here, or none any more"))
}

pub(crate) fn read_plain(address: usize) -> u8 {
    let twin = twin(address, || -> loom::sync::atomic::AtomicU8 { panic!("no atomic is here") });
    // SAFETY: the model checks it.
    unsafe { twin.unsync_load() }
}

macro_rules! atomic {
    ($($name:ident $(<$T:ident>)? of $value:ty),*) => { $(
        /// As in `core`. What is in it is the twin's; here is only what it began with.
        #[derive(Debug)]
        #[repr(transparent)]
        pub struct $name $(<$T>)? (core::sync::atomic::$name $(<$T>)?);

        impl $(<$T: 'static>)? $name $(<$T>)? {
            /// As in `core`.
            pub const fn new(value: $value) -> Self {
                Self(core::sync::atomic::$name::new(value))
            }

            fn twin(&self) -> Rc<loom::sync::atomic::$name $(<$T>)?> {
                let value = self.0.load(Ordering::Relaxed);
                twin((&raw const *self).addr(), || loom::sync::atomic::$name::new(value))
            }

            /// Makes the twin now.
            pub fn touch(&self) {
                drop(self.twin());
            }

            /// As in `core`.
            pub fn load(&self, order: Ordering) -> $value {
                self.twin().load(order)
            }

            /// As in `core`.
            pub fn store(&self, value: $value, order: Ordering) {
                self.twin().store(value, order);
            }

            /// As in `core`.
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                self.twin().swap(value, order)
            }

            /// As in `core`.
            ///
            /// # Errors
            /// As in `core`.
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.twin().compare_exchange(current, new, success, failure)
            }
        }
    )* };
}

atomic!(AtomicU8 of u8, AtomicU32 of u32, AtomicI32 of i32, AtomicUsize of usize, AtomicPtr<T> of *mut T);

/// As in `core`. Every access counts as one that writes, so that two without an order between them fail.
#[derive(Debug)]
pub struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// As in `core`.
    pub const fn new(value: T) -> Self {
        Self(core::cell::UnsafeCell::new(value))
    }

    /// As in `core`.
    pub fn get(&self) -> *mut T {
        let twin = twin(self.0.get().addr(), || loom::cell::UnsafeCell::new(()));
        twin.with_mut(|_| ());
        self.0.get()
    }
}
