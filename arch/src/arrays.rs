//! The arrays of functions that a program runs before and after `main`.
//!
//! Compilers put a pointer to each constructor and destructor into a section, and the linker joins the sections and
//! defines symbols at their bounds. The references are weak: a linker script may define no bounds, and the array is empty.
//! See "Initialization and Termination Functions" in the generic ABI.

use core::ffi::{c_char, c_int};

use crate::column;

/// A function that runs before `main`, with the same arguments.
pub type Constructor = unsafe extern "C" fn(c_int, *const *const c_char, *const *const c_char);

/// A function that runs when the program ends.
pub type Destructor = unsafe extern "C" fn();

/// An array: its first element and its end.
///
/// The end is at or before the first element if the array is empty. Assembly computes both, so that the compiler does not
/// take them for the bounds of two different objects.
pub struct Array<F> {
    /// The first element.
    pub first: *const F,
    /// The end of the last element.
    pub end: *const F,
}

/// Returns the constructors that run before those of [`init_array`].
#[inline]
#[must_use]
pub fn preinit_array() -> Array<Constructor> {
    column::array!("__preinit_array_start", "__preinit_array_end")
}

/// Returns the constructors, in the order in which they run.
#[inline]
#[must_use]
pub fn init_array() -> Array<Constructor> {
    column::array!("__init_array_start", "__init_array_end")
}

/// Returns the destructors, which run from the last to the first.
#[inline]
#[must_use]
pub fn fini_array() -> Array<Destructor> {
    column::array!("__fini_array_start", "__fini_array_end")
}
