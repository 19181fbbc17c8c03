//! Turns on the hooks that the library's source has for fuzzing.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=fuzzing_hooks");
}
