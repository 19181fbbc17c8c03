//! Sets `cfg(loom)`, by which the library's source files detect that the tests include them.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=loom");
}
