//! The function that records an error, in the freestanding archive.
//!
//! A program that calls `rt_last_error` keeps errors; other programs are spared the table. The first member of the
//! archive has a weak definition of [`ffi_syscalls_set_error`] that does nothing. A linker takes another member for
//! `rt_last_error`, and with it the definition that keeps errors. `cargo xtask build` decides which of the two
//! functions a member defines.

use super::last_error;

unsafe extern "C" {
    /// Records why the calling thread's last call failed, or does nothing.
    pub(super) safe fn ffi_syscalls_set_error(reason: i32);
}

#[unsafe(no_mangle)]
extern "C" fn ffi_syscalls_keep_error(reason: i32) {
    last_error::set(reason);
}
