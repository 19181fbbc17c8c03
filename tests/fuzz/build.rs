//! Sets `cfg(fuzzing_hooks)`, which enables the hooks for fuzzing in the library's source.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=fuzzing_hooks");
}
