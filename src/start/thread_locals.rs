//! Thread-local variables, in programs that ask for them by the symbol `ffi_syscalls_tls`.
//!
//! The code is a member of the freestanding archive, so that other programs are spared it. It sets up the first thread,
//! before any constructor. Other threads are the program's, and so are their blocks.

use core::ptr::with_exposed_provenance_mut;

use ffi_syscalls_arch::{ElfHeader, ThreadLocals, place_thread_locals, set_thread_pointer};

use crate::sys;

/// Maps the block of the first thread, fills it and sets the thread pointer. Ends the process if that fails: the program
/// would access other memory.
///
/// # Safety
/// `image` must be as [`ThreadLocals::of_program`] requires, and no code must have used a thread pointer.
#[unsafe(no_mangle)]
unsafe extern "C" fn ffi_syscalls_tls(image: *const ElfHeader) {
    // SAFETY: `image` is that of the program.
    let Some(locals) = (unsafe { ThreadLocals::of_program(image) }) else { fail(NO_HEADERS) };
    let Ok(memory) = sys::map(locals.memory_len()) else { fail(NO_MEMORY) };
    let (pointer, block) = place_thread_locals(&locals, memory.as_ptr().expose_provenance());
    let block = with_exposed_provenance_mut::<u8>(block);
    // SAFETY: the content is part of the program, and the mapping has room for it at this place.
    unsafe { block.copy_from_nonoverlapping(locals.content, locals.content_len) };
    // SAFETY: the mapping has room for the words of the thread pointer, stays, and no code has used another.
    if unsafe { set_thread_pointer(with_exposed_provenance_mut(pointer)) } != 0 {
        fail(REFUSED);
    }
}

const NO_HEADERS: &str = "ffi_syscalls: thread-local variables: the program headers are not in memory\n";
const NO_MEMORY: &str = "ffi_syscalls: thread-local variables: out of memory\n";
const REFUSED: &str = "ffi_syscalls: thread-local variables: arch_prctl is refused\n";

/// Ends the process with the exit code of a dynamic loader that cannot start a program.
fn fail(message: &str) -> ! {
    let _ = sys::write(&sys::STDERR, message.as_bytes());
    sys::exit(127)
}
