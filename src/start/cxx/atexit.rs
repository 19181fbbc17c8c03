//! Functions that the program registers for its end: destructors of C++ objects, and those of `atexit`.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::AtomicU8;

use ffi_syscalls_arch::Destructor;

use crate::errno::Result;
use crate::heap::Mutex;
use crate::sys;

type Function = unsafe extern "C" fn(*mut c_void);

/// A registered function.
struct Registered {
    function: Function,
    argument: *mut c_void,
    /// The one that was registered before it, or null.
    previous: *mut Self,
}

/// The registered functions, in mapped memory.
struct Registry {
    last: *mut Registered,
    /// The unused rest of the last mapping.
    free: *mut Registered,
    end: *mut Registered,
}

/// The number of functions in a mapping.
const COUNT: usize = 4096 / size_of::<Registered>();

// SAFETY: no thread has pointers of its own to the registered functions.
unsafe impl Send for Registry {}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry { last: null_mut(), free: null_mut(), end: null_mut() });

impl Registry {
    fn push(&mut self, function: Function, argument: *mut c_void) -> Result<()> {
        if self.free == self.end {
            self.free = sys::map(COUNT * size_of::<Registered>())?.as_ptr().cast();
            self.end = self.free.wrapping_add(COUNT);
        }
        // SAFETY: the place is in a mapping of this size, and unused.
        unsafe { self.free.write(Registered { function, argument, previous: self.last }) };
        self.last = self.free;
        self.free = self.free.wrapping_add(1);
        Ok(())
    }

    fn pop(&mut self) -> Option<(Function, *mut c_void)> {
        // SAFETY: the pointer is null or to a registered function, which stays mapped.
        let registered = unsafe { self.last.as_ref() }?;
        if self.free == self.last.wrapping_add(1) {
            self.free = self.last;
        }
        self.last = registered.previous;
        Some((registered.function, registered.argument))
    }
}

/// Registers a function with its argument. Returns 0, or -1 if there is no memory.
///
/// A program has no shared objects that could be unloaded, so the last parameter, their handle, means nothing.
#[unsafe(no_mangle)]
extern "C" fn __cxa_atexit(function: Function, argument: *mut c_void, _: *mut c_void) -> c_int {
    if REGISTRY.lock().push(function, argument).is_ok() { 0 } else { -1 }
}

/// Registers a function. Returns 0, or -1 if there is no memory. See atexit(3).
#[unsafe(no_mangle)]
extern "C" fn atexit(function: unsafe extern "C" fn()) -> c_int {
    // SAFETY: the C ABI passes arguments in registers, so a function that takes none ignores the one that it gets.
    let function = unsafe { core::mem::transmute::<unsafe extern "C" fn(), Function>(function) };
    __cxa_atexit(function, null_mut(), null_mut())
}

/// The handle of the program, which compilers pass to [`__cxa_atexit`]. Only its address matters. It is no constant, since
/// the compiler would use it in place of equal ones.
#[unsafe(no_mangle)]
static __dso_handle: AtomicU8 = AtomicU8::new(0);

/// Runs the registered functions, from the last to the first. A function may register others, which run next, or end the
/// process, which runs the rest.
unsafe extern "C" fn run_all() {
    loop {
        let Some((function, argument)) = REGISTRY.lock().pop() else { return };
        // SAFETY: the program has registered the function for one call with this argument.
        unsafe { function(argument) };
    }
}

/// The destructor that runs before all others. `cargo xtask build` enters it at the end of their array.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".ffi_syscalls.fini_array")]
static ffi_syscalls_first_destructor: Destructor = run_all;

/// The destructor that runs after all others, for functions that they registered. A linker enters sections with a
/// priority, from 0, before those without.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".ffi_syscalls.fini_array.00000")]
static ffi_syscalls_last_destructor: Destructor = run_all;
