//! `cargo xtask setup`: what this machine lacks for the full test.
//!
//! The one list of packages that the project can use beyond the Rust toolchain.

use anyhow::{Result, bail};

use crate::shell::{capture, cargo, command, has};

#[derive(clap::Args)]
pub struct Arguments {
    /// Run the commands instead of printing them
    #[arg(long)]
    yes: bool,
}

/// Something that a machine may have, and what brings it.
pub struct Tool {
    program: &'static str,
    package: &'static str,
    /// What cannot be done without it.
    pub purpose: &'static str,
}

pub const CC: Tool = Tool { program: "cc", package: "gcc libc6-dev", purpose: "linking anything" };
pub const BINUTILS: Tool = Tool { program: "objcopy", package: "binutils", purpose: "making small archives" };
pub const MUSL: Tool = Tool { program: "musl-gcc", package: "musl-tools", purpose: "C programs on musl" };
pub const CXX: Tool = Tool { program: "g++", package: "g++", purpose: "the header in C++" };
pub const PKG_CONFIG: Tool = Tool { program: "pkg-config", package: "pkg-config", purpose: "the .pc file" };
pub const FLOCK: Tool = Tool { program: "flock", package: "util-linux", purpose: "locks against another program" };
pub const RUSTFMT: Tool = Tool { program: "cargo-fmt", package: "", purpose: "formatting" };
pub const CLIPPY: Tool = Tool { program: "cargo-clippy", package: "", purpose: "lints" };

const TOOLS: [Tool; 8] = [CC, BINUTILS, MUSL, CXX, PKG_CONFIG, FLOCK, RUSTFMT, CLIPPY];

impl Tool {
    pub fn is_same(&self, other: &Self) -> bool {
        self.program == other.program
    }

    pub fn is_here(&self) -> bool {
        match self.program.strip_prefix("cargo-") {
            // rustup has a file of this name for every component, installed or not.
            Some(subcommand) => {
                capture(cargo().args([subcommand, "--version"])).is_ok_and(|said| said.status.success())
            }
            None => has(self.program),
        }
    }

    /// The command that would change it that the tool is missing.
    pub fn remedy(&self) -> String {
        match (self.package, self.program) {
            ("", "cargo-fmt") => "rustup component add rustfmt".into(),
            ("", _) => "rustup component add clippy".into(),
            (package, _) => format!("apt-get install --yes --no-install-recommends {package}"),
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let missing: Vec<_> = TOOLS.iter().filter(|tool| !tool.is_here()).collect();
    if missing.is_empty() {
        println!("Nothing is missing: `cargo xtask test` can run every check.");
    }
    let mut updated = false;
    for tool in missing {
        println!("# {} is missing, for {}", tool.program, tool.purpose);
        let remedy = tool.remedy();
        if remedy.starts_with("apt-get") && !updated {
            act("apt-get update", arguments.yes)?;
            updated = true;
        }
        act(&remedy, arguments.yes)?;
    }
    Ok(())
}

fn act(remedy: &str, run: bool) -> Result<()> {
    // Packages are the administrator's to install.
    let needs_root = remedy.starts_with("apt-get") && !is_root();
    let line = if needs_root { format!("sudo {remedy}") } else { remedy.to_owned() };
    println!("{line}");
    if !run {
        return Ok(());
    }
    let mut words = line.split(' ');
    let status =
        command(words.next().unwrap_or_default()).args(words).env("DEBIAN_FRONTEND", "noninteractive").status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("{line}: {status}"),
        Err(error) => bail!("{line}: {error}. On a system without Debian's packages, install the program by its own"),
    }
}

pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
