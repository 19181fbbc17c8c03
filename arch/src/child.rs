//! The entry of a child, the same on every architecture.

use core::ffi::c_void;

/// The function that a child of [`clone_on_stack`](crate::clone_on_stack) runs. It must not return: the stack holds no
/// return address.
pub type ChildEntry = unsafe extern "C" fn(argument: *mut c_void) -> !;
