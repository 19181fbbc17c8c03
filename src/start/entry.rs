//! The entry of a freestanding program.
//!
//! The kernel leaves on the stack: argc, the arguments and a null pointer, the environment and a null pointer, and the
//! auxiliary vector. Apart from relocating a position-independent program there is nothing to set up: the library needs
//! no thread-local storage, and runs nothing before `main`.

use core::ffi::{c_char, c_int};

use ffi_syscalls_arch::ElfHeader;

use crate::sys;

ffi_syscalls_arch::define_start!(start);

unsafe extern "C" {
    /// The program's main function. Its result is the exit code.
    fn main(argc: c_int, argv: *const *const c_char, envp: *const *const c_char) -> c_int;
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
    unsafe { sys::set_entry_stack(envp.cast(), end.wrapping_add(1).cast()) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the kernel limits it to an int")]
    let argc = argc as c_int;
    // SAFETY: both arrays end with null pointers, as the program's main expects.
    sys::exit(unsafe { main(argc, argv.cast(), envp.cast()) })
}
