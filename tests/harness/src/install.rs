//! The check of `cargo xtask install`.

use anyhow::Result;
use workbench::project::{self, Dist};
use workbench::shell::{command, execute};
use workbench::{emulator, install, toolchain};

/// Installs, moves the installed files, and runs a program built with the flags of pkg-config.
pub fn check(dist: &Dist) -> Result<()> {
    let work = tempfile::tempdir()?;
    let (first, place) = (work.path().join("first"), work.path().join("moved"));
    install::install_all(dist, &first)?;
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
