//! The weak definition of what another member of the freestanding archive does.

/// Does nothing, with any arguments. `cargo xtask build` gives it the names of the functions that a program without the
/// other member does without.
#[unsafe(no_mangle)]
extern "C" fn ffi_syscalls_do_nothing() {}
