//! The fuzzer: `fuzz TARGET` and what libFuzzer takes; `fuzz` alone names the targets.
//!
//! The program has a `main` of its own, since the code that begins a freestanding program calls one, and that code is
//! one of the targets.

#![no_main]

extern crate fuzz as ffi_syscalls_arch;

mod stack;
#[path = "../../../src/start.rs"]
mod start;

use std::ffi::{CStr, c_char, c_int};
use std::sync::OnceLock;

use fuzz::targets::{ALL, Target};

/// What the beginning of a program takes of the library.
mod sys {
    pub(crate) fn exit(code: i32) -> ! {
        fuzz::kernel::exit(code.cast_unsigned() as usize)
    }
}

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(run) = TARGET.get() {
        run(data);
    }
});

unsafe extern "C" {
    /// libFuzzer's own main, which is given the function to call.
    fn LLVMFuzzerRunDriver(
        argc: *mut c_int,
        argv: *mut *mut *mut c_char,
        run: unsafe extern "C" fn(*const u8, usize) -> c_int,
    ) -> c_int;
    fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> c_int;
}

/// The program's beginning, or what the target has called for it.
#[unsafe(no_mangle)]
extern "C" fn main(mut argc: c_int, mut argv: *mut *mut c_char, envp: *const *const c_char) -> c_int {
    if stack::is_begun() {
        return stack::main(argc, argv.cast_const().cast(), envp);
    }
    let targets = || ALL.iter().copied().chain([Target { name: "stack", run: stack::run, is_real: true }]);
    let name = (argc > 1).then(|| {
        // SAFETY: the second of at least two arguments.
        let name = unsafe { *argv.wrapping_add(1) };
        // SAFETY: an argument.
        unsafe { CStr::from_ptr(name) }
    });
    let named = |target: &Target| name.is_some_and(|name| name.to_bytes() == target.name.as_bytes());
    let Some(target) = targets().find(named) else {
        targets().for_each(|target| println!("{}", target.name));
        return c_int::from(name.is_some());
    };
    let _ = TARGET.set(target.run);
    // The rest is libFuzzer's, with the program's name in front.
    // SAFETY: the first two of at least two arguments.
    unsafe { argv.wrapping_add(1).write(*argv) };
    argc -= 1;
    argv = argv.wrapping_add(1);
    // SAFETY: what main is called with, less one.
    unsafe { LLVMFuzzerRunDriver(&raw mut argc, &raw mut argv, LLVMFuzzerTestOneInput) }
}
