//! Atomics with constant constructors, as in `core`. While a model runs, each atomic has a twin, which is an atomic of
//! loom.
//!
//! The first use of an atomic makes its twin. Loom takes that for the creation of the atomic, which must happen before
//! another thread can use it. So a test uses each atomic that its threads share once in its first thread.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use crate::fault::{self, Access, Fault, Value};

thread_local! {
    /// The twins of the current execution, by the addresses of their atomics. All threads of a model are one thread of
    /// the system.
    static TWINS: RefCell<BTreeMap<usize, Rc<dyn Any>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Starts another execution.
pub(crate) fn forget_all() {
    TWINS.with_borrow_mut(BTreeMap::clear);
}

/// Makes any later use of the atomics in this range of addresses an error.
pub(crate) fn forbid(address: usize, len: usize) {
    TWINS.with_borrow_mut(|twins| twins.range_mut(address..address + len).for_each(|(_, twin)| *twin = Rc::new(())));
}

/// Returns the twin at an address, and makes it first if there is none.
fn twin<T: 'static>(address: usize, make: impl FnOnce() -> T) -> Rc<T> {
    let known = TWINS.with_borrow(|twins| twins.get(&address).cloned());
    let twin = known.unwrap_or_else(|| {
        let new: Rc<dyn Any> = Rc::new(make());
        TWINS.with_borrow_mut(|twins| twins.insert(address, Rc::clone(&new)));
        new
    });
    twin.downcast().unwrap_or_else(|_| panic!("the atomic was unmapped, or is of another type"))
}

macro_rules! atomic {
    ($($name:ident $(<$T:ident>)? of $value:ty),*) => { $(
        /// As in `core`. It keeps its initial value; the twin has the current one.
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

            /// Makes the twin.
            pub fn touch(&self) {
                drop(self.twin());
            }

            /// As in `core`.
            pub fn load(&self, order: Ordering) -> $value {
                self.twin().load(fault::ordering(Access::Load, order))
            }

            /// As in `core`.
            pub fn store(&self, value: $value, order: Ordering) {
                self.twin().store(value, order);
            }

            /// As in `core`.
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                self.twin().swap(Value::swapped(value), fault::ordering(Access::Swap, order))
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
                let success = fault::ordering(Access::Exchange, success);
                let failure = fault::ordering(Access::FailedExchange, failure);
                let twin = self.twin();
                if fault::is(Fault::SplitExchange) {
                    let found = twin.load(failure);
                    if found != current {
                        return Err(found);
                    }
                    twin.store(new, fault::store_part(success));
                    return Ok(found);
                }
                let result = twin.compare_exchange(current, new, success, failure);
                if fault::is(Fault::FailedExchangeReturnsNew) { result.map_err(|_| new) } else { result }
            }
        }
    )* };
}

atomic!(AtomicU32 of u32, AtomicI32 of i32, AtomicUsize of usize, AtomicPtr<T> of *mut T);

/// As in `core`. Every access counts as a write, so loom reports two accesses without an order between them.
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
