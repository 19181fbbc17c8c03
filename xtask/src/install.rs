//! `cargo xtask install`: puts what `build` made in place.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use workbench::install;
use workbench::project::{Arch, Backend, Foundation};

#[derive(clap::Args)]
pub struct Arguments {
    /// Where the files are to be used, such as /usr/local
    #[arg(long)]
    prefix: PathBuf,
    /// A directory to put in front of the prefix, for packages
    #[arg(long)]
    destdir: Option<PathBuf>,
    /// The architecture, if not this machine's; a prefix holds one
    #[arg(long, conflicts_with = "target")]
    arch: Option<Arch>,
    #[command(flatten)]
    foundation: Foundation,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    ensure!(arguments.prefix.is_absolute(), "the prefix must be an absolute path");
    let dist = match (arguments.foundation.system()?, arguments.foundation.backend()) {
        (Some(system), _) => system.dist(),
        (None, Backend::Kernel) => arguments.arch.map_or_else(Arch::host, Ok)?.dist(),
        (None, Backend::Libc) => arguments.arch.map_or_else(Arch::host, Ok)?.libc_dist(),
    };
    let place = match &arguments.destdir {
        Some(destdir) => destdir.join(arguments.prefix.strip_prefix("/")?),
        None => arguments.prefix.clone(),
    };
    for file in install::install_all(&dist, &place)? {
        println!("{}", file.display());
    }
    Ok(())
}
