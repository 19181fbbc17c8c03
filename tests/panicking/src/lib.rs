//! The library with one function that can panic. It is linked by the steps of what is shipped, where the harness must
//! find the panic.

#![no_std]

// The C functions, and the panic handler.
extern crate ffi_syscalls as _;

/// Reads an element of an array.
///
/// # Panics
/// If the index is not below 4, which the compiler cannot rule out.
#[unsafe(no_mangle)]
#[expect(clippy::indexing_slicing, reason = "the panic is what the harness looks for")]
pub extern "C" fn rt_can_panic(index: usize) -> u8 {
    core::hint::black_box([0; 4])[index]
}
