//! `cargo xtask test`: every check there is.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::project::{Arch, Dist};
use crate::setup::{self, Tool};
use crate::shell::{cargo, execute, said, step};
use crate::{abi, build, c_callers, install, project};

#[derive(clap::Args)]
pub struct Arguments {
    /// Fail when a check cannot run on this machine, instead of naming it
    #[arg(long)]
    require_all: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let mut checks = Checks::default();
    source_checks(&mut checks);
    rust_tests(&mut checks);
    match build::run_for(Arch::host()?) {
        Ok(dist) => checks_of_artifacts(&mut checks, &dist),
        Err(error) => checks.record("build", Err(error)),
    }
    checks.finish(arguments.require_all)
}

/// How a test says that it cannot run on this machine.
const CANNOT_RUN: &str = "CANNOT RUN: ";

/// What passed, what failed, and what could not be tried.
#[derive(Default)]
struct Checks {
    passed: usize,
    failed: Vec<String>,
    not_run: BTreeSet<String>,
}

impl Checks {
    /// Runs a check, if the tools that it takes are here. What it says may name a part that cannot run.
    fn check(&mut self, name: &str, tools: &[&Tool], action: impl FnOnce() -> Result<String>) {
        if let Some(missing) = tools.iter().find(|tool| !tool.is_here()) {
            return self.cannot_run(&format!("{name}. What would change it: {}", missing.remedy()));
        }
        let result = step(name, action).map(|said| {
            for line in said.lines() {
                if let Some((_, what)) = line.split_once(CANNOT_RUN) {
                    self.cannot_run(what.trim_end());
                }
            }
        });
        self.record(name, result);
    }

    fn cannot_run(&mut self, what: &str) {
        // Several builds of one test say the same.
        if self.not_run.insert(what.to_owned()) {
            eprintln!("{CANNOT_RUN}{what}");
        }
    }

    fn record(&mut self, name: &str, result: Result<()>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(error) => {
                eprintln!("{name}: {error:#}");
                self.failed.push(name.to_owned());
            }
        }
    }

    fn finish(self, require_all: bool) -> Result<()> {
        println!();
        for name in &self.failed {
            println!("failed: {name}");
        }
        for name in &self.not_run {
            println!("could not run on this machine: {name}");
        }
        println!("{} passed, {} failed, {} skipped", self.passed, self.failed.len(), self.not_run.len());
        if !self.failed.is_empty() {
            bail!("{} of the checks failed", self.failed.len());
        }
        if require_all && !self.not_run.is_empty() {
            bail!("{} checks could not run, and --require-all was given", self.not_run.len());
        }
        Ok(())
    }
}

/// The feature sets that mean something: as a Rust dependency, as C functions in a hosted program, without a libc.
const HOSTED_FEATURES: [&str; 2] = ["", "exports"];
const FREESTANDING_FEATURES: &str = "exports,freestanding,panic-handler";

fn source_checks(checks: &mut Checks) {
    checks.check("formatting", &[&setup::RUSTFMT], || cargo_run(&["fmt", "--all", "--check"]));
    for features in HOSTED_FEATURES {
        let name = format!("lints, features [{features}]");
        checks.check(&name, &[&setup::CLIPPY], || {
            cargo_run(&["clippy", "--quiet", "--all-targets", "--features", features, "--", "--deny", "warnings"])
        });
    }
    checks.check("lints, freestanding", &[&setup::CLIPPY], || {
        let features = ["--features", FREESTANDING_FEATURES];
        cargo_run(&[&["clippy", "--quiet", "--release"], &features[..], &["--", "--deny", "warnings"]].concat())
    });
    checks.check("lints, rtbox", &[&setup::CLIPPY], || {
        cargo_run(&[
            "clippy",
            "--quiet",
            "--release",
            "--package",
            "rtbox",
            "--features",
            "freestanding",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ])
    });
    checks.check("lints, xtask", &[&setup::CLIPPY], || {
        cargo_run(&["clippy", "--quiet", "--package", "xtask", "--all-targets", "--", "--deny", "warnings"])
    });
    checks.check("documentation", &[], || {
        let mut doc = cargo();
        doc.args(["doc", "--quiet", "--no-deps", "--features", "exports"]).env("RUSTDOCFLAGS", "-D warnings");
        execute(&mut doc).map(|output| said(&output))
    });
}

fn rust_tests(checks: &mut Checks) {
    checks.check("Rust tests", &[], || cargo_run(&["test", "--quiet"]));
    checks.check("Rust tests, optimised", &[], || cargo_run(&["test", "--quiet", "--profile", "optimised"]));
    checks.check("Rust tests, with the C functions", &[], || cargo_run(&["test", "--quiet", "--features", "exports"]));
    checks.check("memory functions", &[], || {
        cargo_run(&["test", "--quiet", "--package", "ffi_syscalls_arch", "--features", "mem"])
    });
    checks.check("rtbox", &[], || {
        cargo_run(&["test", "--quiet", "--release", "--package", "rtbox", "--features", "freestanding"])
    });
}

fn checks_of_artifacts(checks: &mut Checks, dist: &Dist) {
    checks.record("abi", abi::check(dist));
    checks.check("the header in C++", &[&setup::CXX], || {
        let source = project::root().join("tests/c/contract.h");
        let mut compiler = crate::shell::command("g++");
        compiler.args(["-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", "c++", "-include"]);
        execute(compiler.arg(dist.header()).arg(source)).map(|output| said(&output))
    });
    checks.check("the .pc file", &[&setup::PKG_CONFIG], || install::check(dist).map(|()| String::new()));
    checks.check("an archive with checks", &[], || build::build_checked_archive(Arch::host()?).map(|()| String::new()));
    for caller in c_callers::all() {
        checks.check(&caller.name(), &[caller.link.tool()], || caller.run(dist));
    }
}

fn cargo_run(arguments: &[&str]) -> Result<String> {
    execute(cargo().args(arguments)).map(|output| said(&output))
}
