//! `cargo xtask install`: puts what `build` made in place.

use std::fs::{DirBuilder, File, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use tempfile::NamedTempFile;

use crate::project::{self, Arch, Backend, Dist, Foundation};
use crate::shell::{command, execute};
use crate::{emulator, toolchain};

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
    for file in install_all(&dist, &place)? {
        println!("{}", file.display());
    }
    Ok(())
}

fn install_all(dist: &Dist, place: &Path) -> Result<Vec<PathBuf>> {
    let files = dist.files();
    for file in &files {
        ensure!(file.is_file(), "{} is not there: run `cargo xtask build` for the same first", project::relative(file));
    }
    let mut installed = Vec::new();
    for file in files {
        let to = place.join(file.strip_prefix(&dist.place)?);
        install(&file, &to).with_context(|| format!("cannot install {}", to.display()))?;
        installed.push(to);
    }
    Ok(installed)
}

/// Writes a new file and renames it over an old one, so that a program that has the old one mapped keeps it. Whoever
/// may use the directory may read the file, whatever the umask.
fn install(from: &Path, to: &Path) -> Result<()> {
    let directory = to.parent().context("a file in the root directory")?;
    DirBuilder::new().recursive(true).mode(0o755).create(directory)?;
    let mut new = NamedTempFile::new_in(directory)?;
    std::io::copy(&mut File::open(from)?, &mut new)?;
    let mode = if to.extension().is_some_and(|extension| extension == "so") { 0o755 } else { 0o644 };
    new.as_file().set_permissions(Permissions::from_mode(mode))?;
    new.persist(to)?;
    Ok(())
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
    let mut cc = command(toolchain::c_compiler(dist.arch));
    cc.args(toolchain::loader_arguments(dist.arch)?);
    execute(cc.arg(source).arg("-o").arg(&program).args(flags.split_whitespace()))?;
    let mut run = emulator::command_for(dist.arch, &program)?;
    execute(run.env("LD_LIBRARY_PATH", place.join("lib"))).map(drop)
}
