//! The privileges of the program.

use core::sync::atomic::AtomicU8;
use core::sync::atomic::Ordering::Relaxed;

use crate::sys;

/// Returns whether the program was started in secure-execution mode. It is decided once, since a program can drop its
/// privileges later.
pub(crate) fn is_secure_exec() -> bool {
    const NO: u8 = 1;
    const YES: u8 = 2;
    static DECIDED: AtomicU8 = AtomicU8::new(0);
    match DECIDED.load(Relaxed) {
        0 => {
            let secure = sys::is_secure_exec();
            DECIDED.store(if secure { YES } else { NO }, Relaxed);
            secure
        }
        decided => decided == YES,
    }
}
