//! `cargo xtask bench`: times the operations compared with their alternatives.
//!
//! The package benches/ measures them, so that no other package depends on the alternatives.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use workbench::project::{self, Arch};
use workbench::shell::{cargo, command, execute, printed, step};
use workbench::{build, toolchain, tools};

#[path = "../../../benches/src/options.rs"]
mod options;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    options: options::Options,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let arch = Arch::host()?;
    tools::must_have(&[tools::CC])?;
    build::run_for(arch)?;
    build::run_on_libc(arch)?;
    let objects = step("the alternatives", || Objects::build(arch))?;
    let mut bench = cargo();
    // Optimised for speed, as are the programs that use them.
    bench.args(["build", "--quiet", "--profile", "peers", "--package", "bench", "--target-dir", "target"]);
    step("benches/", || execute(&mut bench).map(drop))?;
    let mut bench = command(project::root().join("target/peers/bench"));
    objects.pass_to(&mut bench).args(arguments.options.to_arguments());
    let status = bench.status()?;
    ensure!(status.success(), "the benchmark: {status}");
    Ok(())
}

/// Checks that all contenders give the same results, and that the benchmark runs. Ignores the times.
pub fn check(arch: Arch) -> Result<String> {
    let objects = Objects::build(arch)?;
    execute(cargo().args(["test", "--quiet", "--package", "bench"]))?;
    let mut bench = cargo();
    bench.args(["run", "--quiet", "--package", "bench", "--"]);
    objects.pass_to(&mut bench).args(["--quick", "--no-write"]);
    execute(&mut bench).map(|output| printed(&output))
}

/// Shared objects with the same functions, for the benchmark to load.
struct Objects {
    raw: PathBuf,
    libc: PathBuf,
    plain: PathBuf,
}

impl Objects {
    /// Links them from the artifacts of an earlier build.
    fn build(arch: Arch) -> Result<Self> {
        let (libc, plain) = (directory().join("libc.so"), directory().join("plain.so"));
        std::fs::create_dir_all(directory())?;
        let compiler = || {
            let mut cc = command(toolchain::c_compiler(arch));
            cc.arg("-shared");
            cc
        };
        let archive = arch.libc_dist().hosted_archive();
        execute(compiler().arg("-Wl,--whole-archive").arg(archive).arg("-Wl,--no-whole-archive").arg("-o").arg(&libc))?;
        // For size, like the library.
        let source = project::root().join("benches/plain.c");
        execute(compiler().args(["-Os", "-fPIC", "-Wall", "-Wextra", "-Werror"]).arg(source).arg("-o").arg(&plain))?;
        Ok(Self { raw: arch.dist().shared_object(), libc, plain })
    }

    fn pass_to<'a>(&self, bench: &'a mut Command) -> &'a mut Command {
        bench.arg("--raw").arg(&self.raw).arg("--libc").arg(&self.libc).arg("--plain").arg(&self.plain);
        bench.arg("--disk").arg(directory())
    }
}

/// The directory of files on disk that the benchmark uses.
fn directory() -> PathBuf {
    Path::new(project::root()).join("target/bench")
}
