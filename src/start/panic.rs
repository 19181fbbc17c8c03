//! The panic handler of a program without Rust's std: it prints where, and ends the process as abort(3) would, without
//! running destructors.

use core::panic::PanicInfo;

use crate::{stdio, sys};

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = stdio::eprint("panic");
    if let Some(location) = info.location() {
        let _ = stdio::eprint(" at ");
        let _ = stdio::eprint(location.file());
        let _ = stdio::eprint(":");
        eprint_number(location.line());
    }
    let _ = stdio::eprint("\n");
    sys::exit(134)
}

fn eprint_number(number: u32) {
    if number > 9 {
        eprint_number(number / 10);
    }
    let _ = stdio::eprint([b'0' + (number % 10) as u8]);
}
