//! `cargo xtask setup`: what this machine lacks.

use anyhow::{Result, bail};
use workbench::project::{AllArchitectures, Arch, SYSTEMS};
use workbench::shell::{command, is_root};
use workbench::tools::{
    Tool, address_sanitizer, c_compiler, cc, clang, clippy, cxx, distribution_rust, flock, lld, miri, musl, pkg_config,
    qemu, rustfmt, std, strace, target, valgrind, zig,
};

#[derive(clap::Args)]
pub struct Arguments {
    /// Run the commands instead of printing them
    #[arg(long)]
    yes: bool,
    /// Only what `build` and `install` take
    #[arg(long)]
    build: bool,
    /// Also what `test --full` takes: a nightly compiler, valgrind
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    architectures: AllArchitectures,
}

/// What the whole test takes, or `build` alone.
fn tools(build: bool, architectures: &[Arch]) -> Vec<Tool> {
    let mut tools = vec![cc()];
    tools.extend(architectures.iter().map(|&arch| target(arch.target())));
    if build {
        return tools;
    }
    tools.extend([
        musl(),
        cxx(),
        pkg_config(),
        flock(),
        strace(),
        valgrind(),
        clang(),
        lld(),
        zig(),
        rustfmt(),
        clippy(),
        address_sanitizer(),
    ]);
    // Before the distribution's compiler, which would do for all: what is compiled already need not be here.
    tools.extend(SYSTEMS.iter().map(|system| target(system.triple)));
    tools.push(distribution_rust());
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
    let mut tools = tools(arguments.build, &arguments.architectures.or_all());
    if arguments.full {
        tools.extend([miri(), valgrind()]);
    }
    let missing: Vec<_> = tools.iter().filter(|tool| !tool.is_here()).collect();
    if missing.is_empty() {
        let what = if arguments.build { "build" } else { "run every check" };
        println!("Nothing is missing: this machine can {what}.");
    }
    let mut updated = false;
    for tool in missing {
        // One package may have brought several tools.
        if arguments.yes && tool.is_here() {
            continue;
        }
        println!("# {} is missing, for {}", tool.program(), tool.purpose);
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
        // Packages are the administrator's to install.
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
        bail!("{failure}. On a system without Debian's packages, install the program by its own");
    }
    Ok(())
}
