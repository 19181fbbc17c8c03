//! `cargo xtask setup`: prints or runs the commands that install missing tools.

use anyhow::{Result, bail};
use workbench::project::{Arch, SYSTEMS, Selection};
use workbench::shell::{command, is_root};
use workbench::tools::{
    ADDRESS_SANITIZER, CARGO_DENY, CC, CLANG, CLIPPY, CRATES, CXX, DISTRIBUTION_RUST, FLOCK, LLD, MIRI, MUSL,
    PKG_CONFIG, RUSTFMT, STRACE, TYPOS, Tool, VALGRIND, ZIG, c_compiler, qemu, std, target,
};

#[derive(clap::Args)]
pub struct Arguments {
    /// Run the commands instead of printing them
    #[arg(long)]
    yes: bool,
    /// Only the tools of `build` and `install`
    #[arg(long)]
    build: bool,
    /// Also the tools of `test --full`: a nightly compiler with Miri, and cargo-deny
    #[arg(long)]
    full: bool,
    /// Only the tools of `test --arch` with the same value: x86_64, aarch64, riscv64 or all
    #[arg(long, value_name = "NAME", conflicts_with = "full")]
    arch: Option<Selection>,
}

/// Returns the tools of `build`, or of `test`, for these architectures.
fn tools(build: bool, is_whole: bool, architectures: &[Arch]) -> Vec<Tool> {
    let mut tools = vec![CC];
    tools.extend(architectures.iter().map(|&arch| target(arch.target())));
    if build {
        return tools;
    }
    tools.extend([PKG_CONFIG, CLANG, LLD, ZIG, CLIPPY]);
    if architectures.iter().any(|arch| arch.is_host()) {
        tools.extend([MUSL, CXX, FLOCK, STRACE, VALGRIND]);
    }
    // Before the distribution's compiler, with which the targets would count as installed.
    if is_whole {
        tools.extend([RUSTFMT, CXX, ADDRESS_SANITIZER, TYPOS]);
        tools.extend(SYSTEMS.iter().map(|system| target(system.triple)));
    }
    if architectures.contains(&Arch::Riscv64) {
        tools.push(DISTRIBUTION_RUST);
    }
    for &arch in architectures {
        if arch.is_host() {
            tools.push(std(arch.musl_target()));
        } else {
            tools.extend([std(arch.target()), c_compiler(arch), qemu(arch)]);
        }
    }
    tools
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let architectures = arguments.arch.as_ref().map_or(&Arch::ALL[..], |selection| &selection.0);
    let mut tools = tools(arguments.build, arguments.arch.is_none(), architectures);
    if arguments.full {
        tools.extend([MIRI, VALGRIND, CARGO_DENY, CRATES]);
    }
    let missing: Vec<_> = tools.iter().filter(|tool| !tool.is_here()).collect();
    if missing.is_empty() {
        let what = if arguments.build { "build" } else { "run every check" };
        println!("No tool is missing: this machine can {what}.");
    }
    let mut updated = false;
    for tool in missing {
        // A package may contain several tools.
        if arguments.yes && tool.is_here() {
            continue;
        }
        println!("# {} is missing: {}", tool.program(), tool.purpose);
        let remedies = tool.remedies();
        if !updated && remedies.iter().any(|remedy| remedy.starts_with("apt-get")) {
            act(&["apt-get update".to_owned()], arguments.yes)?;
            updated = true;
        }
        act(&remedies, arguments.yes)?;
    }
    Ok(())
}

/// Prints commands, or runs them until one succeeds.
fn act(remedies: &[String], run: bool) -> Result<()> {
    let mut failure = String::new();
    for (number, remedy) in remedies.iter().enumerate() {
        // Only root installs packages.
        let needs_root = remedy.starts_with("apt-get") && !is_root();
        let line = if needs_root { format!("sudo {remedy}") } else { remedy.clone() };
        println!("{}{line}", if number > 0 { "# or else: " } else { "" });
        if !run {
            continue;
        }
        match command("sh").args(["-c", &line]).env("DEBIAN_FRONTEND", "noninteractive").status() {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => failure = format!("{line}: {status}"),
            Err(error) => failure = format!("{line}: {error}"),
        }
    }
    if run {
        bail!("{failure}. On a system without apt-get, install the program with the package manager of the system");
    }
    Ok(())
}
