//! `cargo xtask install`: puts what `build` made in place.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::project::Arch;

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
    for file in
        [dist.header(), dist.hosted_archive(), dist.freestanding_archive(), dist.shared_object(), dist.pkg_config()]
    {
        install(&file, &place.join(file.strip_prefix(&dist.0)?))?;
    }
    Ok(())
}

/// Copies beside the destination and renames over it, so that a program that has an old file mapped keeps it.
fn install(from: &Path, to: &Path) -> Result<()> {
    let directory = to.parent().context("a file in the root directory")?;
    std::fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let new = to.with_extension("new");
    std::fs::copy(from, &new).with_context(|| format!("{}: run `cargo xtask build` first", from.display()))?;
    std::fs::rename(&new, to).with_context(|| format!("cannot write {}", to.display()))?;
    println!("{}", to.display());
    Ok(())
}
