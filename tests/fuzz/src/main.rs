//! The fuzzer: `fuzz TARGET` and the options of libFuzzer; `fuzz` alone lists the targets.
//!
//! The program defines `main` itself, because the target `stack` runs the entry code of a freestanding program, which
//! calls `main`.

#![no_main]

extern crate fuzz as ffi_syscalls_arch;

#[path = "../../../src/start/entry.rs"]
mod entry;
mod stack;

use std::ffi::{CStr, c_char, c_int};
use std::sync::OnceLock;

use fuzz::targets::{ALL, Target};

/// The primitives that the entry of a program calls.
mod sys {
    pub(crate) use crate::stack::set_entry_stack;
}

/// The operations that it calls.
mod process {
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
    /// libFuzzer's own main function, which calls `run`.
    fn LLVMFuzzerRunDriver(
        argc: *mut c_int,
        argv: *mut *mut *mut c_char,
        run: unsafe extern "C" fn(*const u8, usize) -> c_int,
    ) -> c_int;
    fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> c_int;
}

/// The main function of the fuzzer, and of the program that the target `stack` starts.
#[unsafe(no_mangle)]
extern "C" fn main(mut argc: c_int, mut argv: *mut *mut c_char, envp: *const *const c_char) -> c_int {
    if stack::is_started() {
        return stack::main(argc, argv.cast_const().cast(), envp);
    }
    let targets = || ALL.iter().copied().chain([Target { name: "stack", run: stack::run, is_real: true }]);
    let name = (argc > 1).then(|| {
        // SAFETY: `argv` has at least two arguments.
        let name = unsafe { *argv.wrapping_add(1) };
        // SAFETY: an argument is a C string.
        unsafe { CStr::from_ptr(name) }
    });
    let named = |target: &Target| name.is_some_and(|name| name.to_bytes() == target.name.as_bytes());
    let Some(target) = targets().find(named) else {
        targets().for_each(|target| println!("{}", target.name));
        return c_int::from(name.is_some());
    };
    let _ = TARGET.set(target.run);
    // libFuzzer gets the program's name and the arguments after the target.
    // SAFETY: `argv` has at least two arguments.
    unsafe { argv.wrapping_add(1).write(*argv) };
    argc -= 1;
    argv = argv.wrapping_add(1);
    // SAFETY: `argc` and `argv` are those of main, without the target.
    unsafe { LLVMFuzzerRunDriver(&raw mut argc, &raw mut argv, LLVMFuzzerTestOneInput) }
}
