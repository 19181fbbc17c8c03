//! `cargo xtask demo`: runs the operations and shows their results.
//!
//! The program examples/demo calls them, so that it can run on another architecture too.

use std::path::Path;

use anyhow::{Result, ensure};
use workbench::project::{self, Arch, Architectures};
use workbench::shell::{cargo, execute, printed, step};
use workbench::{build, elf, emulator, toolchain, tools};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    architectures: Architectures,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.architectures.or_host()?.into_iter().try_for_each(show)
}

fn show(arch: Arch) -> Result<()> {
    tools::must_have(&[tools::target(arch.target()), tools::std(arch.target()), tools::c_compiler(arch)])?;
    if !arch.is_host() {
        tools::must_have(&[tools::qemu(arch)])?;
    }
    let dist = build::run_for(arch)?;
    let rtbox = step("rtbox, the operations as one freestanding program", || build::rtbox(arch))?;
    let mut demo = cargo();
    demo.args(["run", "--quiet", "--package", "demo"]);
    toolchain::for_programs(arch, &mut demo)?;
    let table = step("demo, the operations called in the shared object", || {
        execute(demo.arg("--").arg(dist.shared_object())).map(|output| printed(&output))
    })?;
    let emulated = if arch.is_host() { "" } else { ", in qemu" };
    println!(
        "\nThe operations on {}{emulated}, called in {}:\n",
        arch.name(),
        project::relative(&dist.shared_object())
    );
    println!("{table}");
    let size = std::fs::metadata(&rtbox)?.len();
    println!("The same without any libc, in a program of {size} bytes that needs no other file:\n");
    show_rtbox(arch, &rtbox)
}

fn show_rtbox(arch: Arch, rtbox: &Path) -> Result<()> {
    let loading = elf::loading(rtbox)?;
    ensure!(loading.needed.is_empty() && !loading.has_interpreter, "rtbox needs {loading:?}");
    for arguments in [&["hostname"][..], &["nproc"], &["size", "/bin/sh"], &["run", "sh", "-c", "echo hello from $0"]] {
        let output = execute(emulator::command_for(arch, rtbox)?.args(arguments))?;
        print!("  $ rtbox {}\n  {}", arguments.join(" "), String::from_utf8_lossy(&output.stdout));
    }
    Ok(())
}
