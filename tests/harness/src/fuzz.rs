//! `cargo xtask fuzz`: fuzzes the parsers and the allocator. The targets are in tests/fuzz.
//!
//! It uses libFuzzer with coverage and the address sanitizer on the stable compiler: the coverage flags are stable, and
//! the toolchain of rustup contains the sanitizer.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use workbench::project::{self, Arch};
use workbench::shell::{self, cargo, command, execute, printed, step};
use workbench::tools;

#[derive(clap::Args)]
pub struct Arguments {
    /// Run this target alone
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// Run each target for this many seconds
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
}

/// The flags of rustc for the coverage of libFuzzer, and for the address sanitizer.
const FLAGS: [&str; 8] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions=on",
    "-Zsanitizer=address",
];

/// The executions of each target in the short run.
const RUNS: u32 = 4000;
const SEED: u32 = 1;

/// The targets that take milliseconds an execution: they make directories, or allocate megabytes.
const SLOW: [&str; 3] = ["create", "memory", "trees"];
const SLOW_RUNS: u32 = 400;

pub fn run(arguments: &Arguments) -> Result<()> {
    tools::must_have(&[tools::CXX, tools::ADDRESS_SANITIZER])?;
    // Each target has seeds, so an unknown name fails before the build.
    if let Some(target) = &arguments.target {
        ensure!(seeds(target).is_dir(), "no target {target}: there are no seeds for it in tests/fuzz/corpus");
    }
    let fuzzer = step("the fuzzer", build)?;
    let targets = targets(&fuzzer)?;
    if let Some(target) = arguments.target.as_ref().filter(|target| !targets.contains(target)) {
        bail!("no target {target}; there are {}", targets.join(", "));
    }
    let wanted = targets.iter().filter(|target| arguments.target.as_ref().is_none_or(|wanted| wanted == *target));
    for target in wanted {
        // A later run starts with what this one finds.
        let found = project::root().join("target/fuzz/corpus").join(target);
        let mut run = fuzz(&fuzzer, target, &found)?;
        run.arg(format!("-max_total_time={}", arguments.seconds));
        println!("{target}, {} s", arguments.seconds);
        let status = run.status()?;
        if !status.success() {
            bail!("{target}: {status}. The last lines name the input: add it to tests/fuzz/corpus/{target}");
        }
    }
    Ok(())
}

/// Runs each target for a short time. Returns the numbers of executions.
pub fn check() -> Result<String> {
    let fuzzer = build()?;
    let work = tempfile::tempdir()?;
    let done = shell::at_once(shell::processors(), targets(&fuzzer)?, |target| {
        let mut run = fuzz(&fuzzer, &target, &work.path().join(&target))?;
        let runs = if SLOW.contains(&&*target) { SLOW_RUNS } else { RUNS };
        run.args([format!("-runs={runs}"), format!("-seed={SEED}")]);
        let printed = execute(&mut run).map(|output| printed(&output)).with_context(|| target.clone())?;
        let done = printed.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        let done: u32 = done.with_context(|| format!("{target}: no count: {printed}"))?.trim().parse()?;
        ensure!(done >= runs, "{target}: {done} executions of {runs}");
        Ok(format!("{target} {done}"))
    });
    let mut figures = done.into_iter().collect::<Result<Vec<_>>>()?;
    ensure!(!figures.is_empty(), "the fuzzer has no targets");
    figures.sort();
    Ok(format!("FIGURES: executions: {}", figures.join(", ")))
}

fn seeds(target: &str) -> PathBuf {
    project::root().join("tests/fuzz/corpus").join(target)
}

fn build() -> Result<PathBuf> {
    let place = project::root().join("target/fuzz");
    let target = Arch::host()?.target();
    let mut build = cargo();
    build.args(["build", "--quiet", "--package", "fuzz", "--features", "libfuzzer", "--profile", "optimised"]);
    build.args(["--target", target, "--target-dir"]).arg(&place);
    // The stable compiler accepts the sanitizer's flag only with this variable.
    build.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f")).env("RUSTC_BOOTSTRAP", "1");
    execute(build.env("CXX", "g++"))?;
    Ok(place.join(target).join("optimised/fuzz"))
}

fn targets(fuzzer: &Path) -> Result<Vec<String>> {
    let printed = execute(&mut command(fuzzer))?.stdout;
    Ok(String::from_utf8(printed)?.lines().map(str::to_owned).collect())
}

/// Returns the command that runs a target from its seeds, and writes what it finds to another directory.
fn fuzz(fuzzer: &Path, target: &str, found: &Path) -> Result<Command> {
    std::fs::create_dir_all(found)?;
    let artifacts = project::root().join("target/fuzz").join(format!("{target}-"));
    let mut run = command(fuzzer);
    run.arg(target).arg(found).arg(seeds(target)).arg(format!("-artifact_prefix={}", artifacts.display()));
    run.args(["-max_len=2048", "-print_final_stats=1", "-timeout=60", "-rss_limit_mb=4096"]);
    Ok(run)
}
