//! `cargo xtask install`: puts what `build` made in place.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::project::{self, Arch, Dist};
use crate::shell::{command, execute};

#[derive(clap::Args)]
pub struct Arguments {
    /// Where the files are to be used, such as /usr/local
    #[arg(long)]
    prefix: PathBuf,
    /// A directory to put in front of the prefix, for packages
    #[arg(long)]
    destdir: Option<PathBuf>,
    /// The architecture, if not this machine's
    #[arg(long)]
    arch: Option<Arch>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    ensure!(arguments.prefix.is_absolute(), "the prefix must be an absolute path");
    let dist = arguments.arch.map_or_else(Arch::host, Ok)?.dist();
    let place = match &arguments.destdir {
        Some(destdir) => destdir.join(arguments.prefix.strip_prefix("/")?),
        None => arguments.prefix.clone(),
    };
    for file in install_all(&dist, &place)? {
        println!("{}", file.display());
    }
    Ok(())
}

fn install_all(dist: &Dist, place: &Path) -> Result<Vec<PathBuf>> {
    let mut installed = Vec::new();
    for file in dist.files() {
        let to = place.join(file.strip_prefix(&dist.0)?);
        install(&file, &to)?;
        installed.push(to);
    }
    Ok(installed)
}

/// Copies beside the destination and renames over it, so that a program that has an old file mapped keeps it.
fn install(from: &Path, to: &Path) -> Result<()> {
    let directory = to.parent().context("a file in the root directory")?;
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let new = to.with_extension("new");
    std::fs::copy(from, &new).with_context(|| format!("{}: run `cargo xtask build` first", from.display()))?;
    std::fs::rename(&new, to).with_context(|| format!("cannot write {}", to.display()))
}

/// Installs somewhere, moves that, and builds and runs a program with what pkg-config says of it.
pub fn check(dist: &Dist) -> Result<()> {
    let work = tempfile::tempdir()?;
    let (first, place) = (work.path().join("first"), work.path().join("moved"));
    install_all(dist, &first)?;
    std::fs::rename(first, &place)?;
    let mut pkg_config = command("pkg-config");
    pkg_config.args(["--cflags", "--libs", "ffi_syscalls"]).env("PKG_CONFIG_PATH", place.join("lib/pkgconfig"));
    let flags = String::from_utf8(execute(&mut pkg_config)?.stdout)?;
    let program = work.path().join("program");
    let source = project::root().join("examples/c/facts.c");
    execute(command("cc").arg(source).arg("-o").arg(&program).args(flags.split_whitespace()))?;
    execute(command(program).env("LD_LIBRARY_PATH", place.join("lib"))).map(drop)
}
