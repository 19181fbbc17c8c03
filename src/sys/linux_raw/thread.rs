//! Threads: waiting for each other, and telling each other apart.

use core::sync::atomic::AtomicU32;

use ffi_syscalls_arch::{Sysno, syscall3, syscall4};
use linux_raw_sys::general;

#[cfg(feature = "exports")]
use super::call::{IdCall, get_id};
use crate::errno::decode;

/// Sleeps while the word has this value. May return early. See futex(2).
#[inline(never)]
pub(crate) fn futex_wait(word: &AtomicU32, value: u32) {
    let operation = general::FUTEX_WAIT | general::FUTEX_PRIVATE_FLAG;
    let address = word.as_ptr().expose_provenance();
    // SAFETY: the word is borrowed during the call, and there is no time limit. After an error the caller looks again.
    let _ = decode(unsafe { syscall4(Sysno::futex as usize, address, operation as usize, value as usize, 0) });
}

/// Wakes one thread that sleeps on the word. See futex(2).
#[inline(never)]
pub(crate) fn futex_wake_one(word: &AtomicU32) {
    let operation = general::FUTEX_WAKE | general::FUTEX_PRIVATE_FLAG;
    let address = word.as_ptr().expose_provenance();
    // SAFETY: the kernel uses the address as a key and does not access it.
    let _ = decode(unsafe { syscall3(Sysno::futex as usize, address, operation as usize, 1) });
}

/// Returns a number that no other living thread has.
///
/// It is the thread pointer where a libc has set one up, which takes one instruction, and elsewhere gettid(2).
#[cfg(feature = "exports")]
pub(crate) fn thread_identity() -> usize {
    #[cfg(not(feature = "freestanding"))]
    if libc_has_thread_pointers() {
        // SAFETY: the libc has set up thread pointers, as checked above.
        return unsafe { ffi_syscalls_arch::thread_pointer() };
    }
    get_id(IdCall::GETTID) as usize
}

#[cfg(all(feature = "exports", not(feature = "freestanding")))]
fn libc_has_thread_pointers() -> bool {
    use core::sync::atomic::AtomicU8;
    use core::sync::atomic::Ordering::Relaxed;
    const NO: u8 = 1;
    const YES: u8 = 2;
    static DECIDED: AtomicU8 = AtomicU8::new(0);
    if DECIDED.load(Relaxed) == 0 {
        let has = !ffi_syscalls_arch::environ().is_null() && ffi_syscalls_arch::has_thread_pointer();
        DECIDED.store(if has { YES } else { NO }, Relaxed);
    }
    DECIDED.load(Relaxed) == YES
}
