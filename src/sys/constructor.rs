//! The arguments of a program with a libc.
//!
//! glibc passes the arguments of `main` to each constructor, also to those of a shared object that is part of the program
//! from its start. Other libcs pass nothing, and the registers hold anything.

use core::ffi::{c_char, c_int};
use core::ptr::NonNull;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::Relaxed;

use ffi_syscalls_arch::environ;

type Strings = *const *const c_char;

static ARGUMENTS: AtomicPtr<*const c_char> = AtomicPtr::new(core::ptr::null_mut());

/// An element of the array of constructors. See "Initialization and Termination Functions" in the generic ABI.
#[used]
#[cfg_attr(not(miri), unsafe(link_section = ".init_array"))]
static CONSTRUCTOR: unsafe extern "C" fn(c_int, Strings, Strings) = record;

/// Records the arguments, if these are the arguments.
///
/// The kernel puts the environment right after the arguments, and the libc knows where it is. Values that satisfy this
/// are those of the entry stack, whoever passed them. None of them is dereferenced here.
unsafe extern "C" fn record(count: c_int, arguments: Strings, variables: Strings) {
    let Ok(count) = usize::try_from(count) else { return };
    let Some(environ) = NonNull::new(environ().cast_mut()) else { return };
    // SAFETY: the address is that of the libc's variable.
    let environment = unsafe { environ.read_volatile() };
    if arguments.wrapping_add(count + 1) == variables && environment == variables {
        ARGUMENTS.store(arguments.cast_mut(), Relaxed);
    }
}

/// Returns the arguments that the program was started with, ended by a null pointer, or `None` if the libc passed none.
pub(crate) fn arguments() -> Option<Strings> {
    let arguments = ARGUMENTS.load(Relaxed);
    (!arguments.is_null()).then_some(arguments.cast_const())
}
