//! Tells the library's own source files, which the tests include, that they are being modelled.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=loom");
}
