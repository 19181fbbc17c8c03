//! Calls of pure virtual functions.

use crate::sys;

const MESSAGE: &str = "ffi_syscalls: a pure virtual function was called\n";

/// Stops the process as abort(3) does. Compilers enter it for each pure virtual function.
#[unsafe(no_mangle)]
extern "C" fn __cxa_pure_virtual() -> ! {
    let _ = sys::write(&sys::STDERR, MESSAGE.as_bytes());
    sys::raise(sys::SIGABRT);
    sys::exit(134)
}
