//! Links rtbox without a libc, as one static file.

use std::env;

/// No startup files, no libraries, no executable stack.
const FREESTANDING: [&str; 3] = ["-nostartfiles", "-nostdlib", "-Wl,-z,noexecstack"];

/// An executable at a fixed address.
const FIXED: [&str; 2] = ["-static", "-no-pie"];

/// A position-independent executable that relocates itself. gcc 12 names a dynamic linker even in a static one.
const RELOCATABLE: [&str; 2] = ["-static-pie", "-Wl,--no-dynamic-linker"];

/// A value for the symbol that the unwind tables of core refer to. Panics do not unwind, so it is never called.
const NO_UNWINDING: &str = "-Wl,--defsym=rust_eh_personality=0";

/// Drops unused sections and saves pages. Code and writable data stay in separate segments.
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
    link_with(if env::var_os("CARGO_FEATURE_STATIC_PIE").is_some() { RELOCATABLE } else { FIXED });
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
