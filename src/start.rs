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

/// The auxiliary vector. What is in front of it a program may change, and does when it takes variables out of `envp`.
static AUX: AtomicPtr<[usize; 2]> = AtomicPtr::new(core::ptr::null_mut());

unsafe extern "C" fn start(stack: *const usize, image: *const ElfHeader) -> ! {
    // SAFETY: what `_start` passes, before anything else.
    unsafe { ffi_syscalls_arch::relocate(image) };
    ENTRY.store(stack.cast_mut(), Relaxed);
    // SAFETY: what `_start` passes begins with argc.
    let argc = unsafe { *stack };
    let argv = stack.wrapping_add(1);
    let envp = argv.wrapping_add(argc + 1);
    let mut end = envp;
    // SAFETY: not beyond the null pointer that ends the environment.
    while unsafe { *end } != 0 {
        end = end.wrapping_add(1);
    }
    AUX.store(end.wrapping_add(1).cast_mut().cast(), Relaxed);
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the kernel limits it to an int")]
    let argc = argc as c_int;
    // SAFETY: the program's main, with arrays that end with null pointers.
    sys::exit(unsafe { main(argc, argv.cast(), envp.cast()) })
}

/// The environment that the kernel gave the program: an array of pointers that ends with a null pointer. Null where the
/// program did not begin here.
pub(crate) fn environment() -> *const *const c_char {
    let Some(stack) = NonNull::new(ENTRY.load(Relaxed)) else { return core::ptr::null() };
    // SAFETY: the stack begins with argc, and stays as long as the program runs.
    let argc = unsafe { stack.read() };
    stack.as_ptr().wrapping_add(argc + 2).cast::<*const c_char>().cast_const()
}

/// The entries of the auxiliary vector, behind the environment. See getauxval(3).
pub(crate) fn auxiliary_vector<'a>() -> impl Iterator<Item = &'a [usize; 2]> {
    let mut next = NonNull::new(AUX.load(Relaxed));
    core::iter::from_fn(move || {
        // SAFETY: the vector stays as long as the program runs, and ends with an entry of type 0.
        let entry = unsafe { next?.as_ref() };
        next = NonNull::new(next?.as_ptr().wrapping_add(1));
        (entry[0] != 0).then_some(entry)
    })
}
