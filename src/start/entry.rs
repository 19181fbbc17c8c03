//! The entry of a freestanding program.
//!
//! The kernel leaves on the stack: argc, the arguments and a null pointer, the environment and a null pointer, and the
//! auxiliary vector. The entry relocates a position-independent program, runs the constructors and then `main`, and ends
//! the process, which runs the destructors.

use core::ffi::{c_char, c_int};

use ffi_syscalls_arch::{Array, Constructor, ElfHeader, init_array, preinit_array};

use crate::{process, sys};

ffi_syscalls_arch::define_start!(start);

type Strings = *const *const c_char;

unsafe extern "C" {
    /// The program's main function. Its result is the exit code.
    fn main(argc: c_int, argv: Strings, envp: Strings) -> c_int;

    /// Sets up the thread-local variables of the calling thread. Does nothing in a program that has not asked for them.
    #[cfg(feature = "archive")]
    fn ffi_syscalls_set_up_thread(image: *const ElfHeader);
}

unsafe extern "C" fn start(stack: *const usize, image: *const ElfHeader) -> ! {
    // SAFETY: `_start` passes the program's own image, before any other code has run.
    unsafe { ffi_syscalls_arch::relocate(image) };
    // SAFETY: the stack starts with argc.
    let argc = unsafe { *stack };
    let argv = stack.wrapping_add(1);
    let envp = argv.wrapping_add(argc + 1);
    let mut end = envp;
    // SAFETY: the environment extends to its null pointer, where the loop stops.
    while unsafe { *end } != 0 {
        end = end.wrapping_add(1);
    }
    // SAFETY: the kernel has built both arrays in this way, and the entry stack stays until the process ends.
    unsafe { sys::set_entry_stack(argv.cast(), envp.cast(), end.wrapping_add(1).cast()) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the kernel limits it to an int")]
    let argc = argc as c_int;
    // SAFETY: `_start` passes the program's own image, and no code has used a thread pointer.
    #[cfg(feature = "archive")]
    unsafe {
        ffi_syscalls_set_up_thread(image);
    }
    // SAFETY: the program is relocated, and both arrays of strings end with null pointers.
    unsafe { construct(preinit_array(), argc, argv.cast(), envp.cast()) };
    // SAFETY: the same.
    unsafe { construct(init_array(), argc, argv.cast(), envp.cast()) };
    // SAFETY: both arrays end with null pointers, as the program's main expects.
    process::exit(unsafe { main(argc, argv.cast(), envp.cast()) })
}

/// Runs constructors with the arguments of `main`.
///
/// # Safety
/// The program must be relocated, and `argv` and `envp` must end with null pointers.
#[inline(always)]
unsafe fn construct(array: Array<Constructor>, argc: c_int, argv: Strings, envp: Strings) {
    let Array { mut first, end } = array;
    while first < end {
        // SAFETY: the pointer is to an element of the array.
        let constructor = unsafe { *first };
        // SAFETY: the compiler has entered the function for this call, and both arrays end with null pointers.
        unsafe { constructor(argc, argv, envp) };
        first = first.wrapping_add(1);
    }
}
