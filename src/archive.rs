//! Last errors in the freestanding archive: they are kept in a program that asks for them, and others are spared the
//! table.
//!
//! The archive's first member forgets them. A linker takes the second one for the sake of `rt_last_error`, and that
//! defines [`ffi_syscalls_set_error`] anew, over the first one's definition, which is weak. Which of the two functions
//! it is in a member, `cargo xtask build` says.

unsafe extern "C" {
    /// Remembers, or not, why the calling thread's last call failed.
    pub(crate) safe fn ffi_syscalls_set_error(reason: i32);
}

#[unsafe(no_mangle)]
extern "C" fn ffi_syscalls_forget_error(_: i32) {}

#[unsafe(no_mangle)]
extern "C" fn ffi_syscalls_keep_error(reason: i32) {
    crate::last_error::set(reason);
}
