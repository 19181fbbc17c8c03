//! `cargo xtask install`: installs the artifacts of `build`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use workbench::install;
use workbench::project::{Arch, Backend, Foundation};

#[derive(clap::Args)]
pub struct Arguments {
    /// Directory in which the files are used, such as /usr/local
    #[arg(long)]
    prefix: PathBuf,
    /// Directory to prepend to the prefix, for packages
    #[arg(long)]
    destdir: Option<PathBuf>,
    /// For this architecture: x86_64, aarch64 or riscv64 [default: this machine's]
    #[arg(long, value_name = "NAME", conflicts_with = "target")]
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
