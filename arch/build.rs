//! Tells the compiler of vector registers that are in use, which a stable compiler does not tell the code.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(ffi_syscalls_riscv_vectors)");
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "riscv64") && has_vectors() {
        println!("cargo::rustc-cfg=ffi_syscalls_riscv_vectors");
    }
}

/// Whether the compiler, with the flags that it is given, uses the smallest of RISC-V's vector extensions, which is
/// part of all others.
fn has_vectors() -> bool {
    let variable = |name| env::var(name).unwrap_or_default();
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    let mut rustc = Command::new(variable("RUSTC"));
    // A stable compiler names such extensions only when it is told to behave like one that is not.
    rustc.args(["--print", "cfg", "--target", &variable("TARGET")]).env("RUSTC_BOOTSTRAP", "1");
    let output = rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty())).output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).lines().any(|line| line == "target_feature=\"zve32x\"")
        }
        _ => {
            println!("cargo::error=cannot ask the compiler which extensions it uses");
            false
        }
    }
}
