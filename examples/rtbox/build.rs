//! How rtbox is linked: without a libc, as one static file.

use std::env;

/// The whole program is what the compiler made of it: no startup files, no libraries, no dynamic linker.
const FREESTANDING: [&str; 3] = ["-nostartfiles", "-nostdlib", "-Wl,-z,noexecstack"];

/// It is loaded where it was linked to be.
const FIXED: [&str; 2] = ["-static", "-no-pie"];

/// It is loaded anywhere, and tells its pointers where. gcc 12 names a dynamic loader also in a program that has none.
const MOVABLE: [&str; 2] = ["-static-pie", "-Wl,--no-dynamic-linker"];

/// What core's unwind tables refer to, should the optimizer leave any of them in. A panic does not unwind.
const NO_UNWINDING: &str = "-Wl,--defsym=rust_eh_personality=0";

/// Few pages, and nothing in them that the program does not use. Code stays apart from what can be written.
const SMALL: [&str; 6] = [
    "-Wl,--gc-sections",
    "-Wl,--build-id=none",
    "-Wl,--no-eh-frame-hdr",
    "-Wl,-z,noseparate-code",
    "-Wl,-z,norelro",
    "-Wl,--strip-all",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=small.ld");
    link_with(FREESTANDING);
    link_with(if env::var_os("CARGO_FEATURE_STATIC_PIE").is_some() { MOVABLE } else { FIXED });
    link_with([NO_UNWINDING]);
    if env::var("OPT_LEVEL").is_ok_and(|level| level != "0") {
        link_with(SMALL);
        let directory = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        link_with([format!("-T{directory}/small.ld")]);
    }
}

fn link_with(arguments: impl IntoIterator<Item: AsRef<str>>) {
    for argument in arguments {
        println!("cargo::rustc-link-arg-bins={}", argument.as_ref());
    }
}
