//! Sets a cfg if the RISC-V vector extension is enabled, which a stable compiler does not expose to code.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(ffi_syscalls_riscv_vectors)");
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "riscv64") && has_vectors() {
        println!("cargo::rustc-cfg=ffi_syscalls_riscv_vectors");
    }
}

/// Returns true if the compiler flags enable `zve32x`, the smallest vector extension, which all others include.
fn has_vectors() -> bool {
    let variable = |name| env::var(name).unwrap_or_default();
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    let mut rustc = Command::new(variable("RUSTC"));
    // A stable compiler lists unstable target features only with RUSTC_BOOTSTRAP.
    rustc.args(["--print", "cfg", "--target", &variable("TARGET")]).env("RUSTC_BOOTSTRAP", "1");
    let output = rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty())).output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).lines().any(|line| line == "target_feature=\"zve32x\"")
        }
        _ => {
            println!("cargo::error=cannot query the compiler for its target features");
            false
        }
    }
}
