//! `cargo xtask bench`: how fast the operations are, beside what else can be had for them.
//!
//! What measures is a program of its own, benches/, so that what it compares with is nobody else's dependency.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use workbench::project::{self, Arch};
use workbench::shell::{cargo, command, execute, said, step};
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
    tools::must_have(&[tools::cc()])?;
    build::run_for(arch)?;
    build::run_on_libc(arch)?;
    let objects = step("what the library is compared with", || Objects::build(arch))?;
    let mut bench = cargo();
    // What is compared is optimised, what measures it as well.
    bench.args(["build", "--quiet", "--profile", "peers", "--package", "bench", "--target-dir", "target"]);
    step("benches/", || execute(&mut bench).map(drop))?;
    let mut bench = command(project::root().join("target/peers/bench"));
    objects.pass_to(&mut bench).args(arguments.options.to_arguments());
    let status = bench.status()?;
    ensure!(status.success(), "the benchmark: {status}");
    Ok(())
}

/// That all contenders do the same, and that the benchmark works. Times are not looked at.
pub fn check(arch: Arch) -> Result<String> {
    let objects = Objects::build(arch)?;
    execute(cargo().args(["test", "--quiet", "--package", "bench"]))?;
    let mut bench = cargo();
    bench.args(["run", "--quiet", "--package", "bench", "--"]);
    objects.pass_to(&mut bench).args(["--quick", "--no-write"]);
    execute(&mut bench).map(|output| said(&output))
}

/// Shared objects with the same functions, which the benchmark loads.
struct Objects {
    raw: PathBuf,
    libc: PathBuf,
    plain: PathBuf,
}

impl Objects {
    /// From what was built for the architecture already.
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
        // For size, as the library is.
        let source = project::root().join("benches/plain.c");
        execute(compiler().args(["-Os", "-fPIC", "-Wall", "-Wextra", "-Werror"]).arg(source).arg("-o").arg(&plain))?;
        Ok(Self { raw: arch.dist().shared_object(), libc, plain })
    }

    fn pass_to<'a>(&self, bench: &'a mut Command) -> &'a mut Command {
        bench.arg("--raw").arg(&self.raw).arg("--libc").arg(&self.libc).arg("--plain").arg(&self.plain);
        bench.arg("--disk").arg(directory())
    }
}

/// Where files on disk are made and measured.
fn directory() -> PathBuf {
    Path::new(project::root()).join("target/bench")
}
