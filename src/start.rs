//! Where a freestanding program begins.
//!
//! The kernel leaves on the stack: argc, the arguments and a null pointer, the environment and a null pointer, and the
//! auxiliary vector. Beyond relocating a program that can be loaded anywhere there is nothing to set up: the library
//! needs no thread-local storage and runs nothing before `main`.

use core::ffi::{c_char, c_int};
use core::ptr::NonNull;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::Relaxed;

use ffi_syscalls_arch::ElfHeader;

use crate::sys;

ffi_syscalls_arch::define_start!(start);

unsafe extern "C" {
    /// The program's: what it returns is its exit code.
    fn main(argc: c_int, argv: *const *const c_char, envp: *const *const c_char) -> c_int;
}

/// The stack as the kernel made it.
static ENTRY: AtomicPtr<usize> = AtomicPtr::new(core::ptr::null_mut());

unsafe extern "C" fn start(stack: *const usize, image: *const ElfHeader, dynamic: *const [usize; 2]) -> ! {
    // SAFETY: what `_start` passes, before anything else.
    unsafe { ffi_syscalls_arch::relocate(image, dynamic) };
    ENTRY.store(stack.cast_mut(), Relaxed);
    // SAFETY: what `_start` passes begins with argc.
    let argc = unsafe { *stack };
    let argv = stack.wrapping_add(1);
    let envp = argv.wrapping_add(argc + 1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the kernel limits it to an int")]
    let argc = argc as c_int;
    // SAFETY: the program's main, with arrays that end with null pointers.
    sys::exit(unsafe { main(argc, argv.cast(), envp.cast()) })
}

/// The environment that the kernel gave the program: an array of pointers that ends with a null pointer.
pub(crate) fn environment() -> Option<*const *const c_char> {
    let stack = NonNull::new(ENTRY.load(Relaxed))?;
    // SAFETY: the stack begins with argc, and stays as long as the program runs.
    let argc = unsafe { stack.read() };
    Some(stack.as_ptr().wrapping_add(argc + 2).cast::<*const c_char>().cast_const())
}

/// The entries of the auxiliary vector, behind the environment. See getauxval(3).
pub(crate) fn auxiliary_vector<'a>() -> impl Iterator<Item = &'a [usize; 2]> {
    let mut at = environment().unwrap_or(core::ptr::null()).cast::<usize>();
    // SAFETY: not beyond the null pointer that ends the environment.
    while !at.is_null() && unsafe { *at } != 0 {
        at = at.wrapping_add(1);
    }
    let mut next = NonNull::new(at.cast_mut()).map(|end| end.as_ptr().wrapping_add(1).cast::<[usize; 2]>());
    core::iter::from_fn(move || {
        // SAFETY: the vector lies behind the environment and ends with an entry of type 0.
        let entry = unsafe { &*next? };
        next = next.map(|entry| entry.wrapping_add(1));
        (entry[0] != 0).then_some(entry)
    })
}
