//! Checks of the source: formatting, lints, documentation, and what is built for this machine alone.

use anyhow::{Context, Result, ensure};
use workbench::project::{self, Arch};
use workbench::shell::{capture, cargo, command, execute, printed};
use workbench::toolchain::Toolchain;
use workbench::tools;

use crate::runner::{Check, Lane};
use crate::{fuzz, list, modules, readme};

const FREESTANDING: &str = "--release --features archive,freestanding,panic-handler";

/// Lints of each backend, by the name of the check and the arguments of cargo.
const OF_BACKENDS: [(&str, &str); 3] = [
    ("lints: kernel backend", "--all-targets"),
    ("lints: kernel backend, C functions", "--all-targets --features exports"),
    ("lints: libc backend", "--all-targets --features libc,exports"),
];

const OF_RTBOX: &str = "--release --all-targets --package rtbox --features freestanding";

/// In the profile of the tools, which shares their builds. The fuzzer's libFuzzer needs a C++ compiler.
const OF_TOOLS: &str = "--profile xtask --all-targets --package xtask --package workbench --package harness \
    --package demo --package model --package bench --package fuzz --package panicking --features fuzz/libfuzzer";

pub fn add_quick(lane: &mut Lane) {
    lane.add(formatting());
    OF_BACKENDS.into_iter().for_each(|(name, arguments)| lane.add(lints(name, arguments.to_owned())));
    lane.add(operations());
    lane.add(readme());
}

pub fn add(lane: &mut Lane) {
    lane.add(operations());
    lane.add(formatting());
    let builds = OF_BACKENDS.into_iter().chain([("lints: freestanding", FREESTANDING), ("lints: rtbox", OF_RTBOX)]);
    builds.for_each(|(name, arguments)| lane.add(lints(name, arguments.to_owned())));
    let mut of_tools = lints("lints: tools and tests", OF_TOOLS.to_owned());
    of_tools.needs(tools::CXX);
    lane.add(of_tools);
    lane.add(Check::new("modules: no cycles, no use of a higher layer", [], modules::check));
    lane.add(Check::new("tools: their own tests", [], || {
        run("test --quiet --profile xtask --package xtask --package workbench --package harness")
    }));
    lane.add(Check::new("models: lock-free code in every order, as it is and with faults", [], || {
        run("test --quiet --package model -- --nocapture")
    }));
    lane.add(Check::new("fuzzer: targets and seeds", [], || run("test --quiet --package fuzz")));
    lane.add(Check::new("fuzzer: a short run", [tools::CXX, tools::ADDRESS_SANITIZER], fuzz::check));
    lane.add(Check::new("spelling", [tools::TYPOS], || run_tool(&tools::TYPOS, &[])));
    lane.add(Check::new("documentation", [], || {
        let mut doc = cargo();
        doc.args(["doc", "--quiet", "--no-deps", "--features", "exports"]).env("RUSTDOCFLAGS", "-D warnings");
        execute(&mut doc).map(|output| printed(&output))
    }));
}

/// Adds the checks of an architecture's column in arch/.
pub fn add_for(lane: &mut Lane, arch: Arch) {
    let extension = match arch {
        Arch::X86_64 => None,
        Arch::Aarch64 => Some("+sve"),
        Arch::Riscv64 => Some("+v"),
    };
    if let Some(extension) = extension {
        let name = format!("{}: a build with {extension} is refused", arch.name());
        lane.add(Check::new(name, [tools::target(arch.target())], move || check_refused(arch, extension)));
    }
    if !arch.is_host() {
        let mut check = lints(&format!("{}: lints", arch.name()), format!("{FREESTANDING} --target {}", arch.target()));
        check.needs(tools::std(arch.target()));
        lane.add(check);
    }
}

fn operations() -> Check {
    Check::new("list of operations: nothing is missing", [], list::check)
}

fn formatting() -> Check {
    Check::new("formatting", [tools::RUSTFMT], || run("fmt --all --check"))
}

/// Returns the check of the documents, which links with the artifacts of this machine.
pub fn readme() -> Check {
    Check::new("README: programs and figures", [tools::CC], readme::check)
}

fn lints(name: &str, arguments: String) -> Check {
    Check::new(name, [tools::CLIPPY], move || run(&format!("clippy --quiet {arguments} -- --deny warnings")))
}

fn run(arguments: &str) -> Result<String> {
    execute(cargo().args(arguments.split_whitespace())).map(|output| printed(&output))
}

/// Runs a tool that `setup` installed.
pub fn run_tool(tool: &tools::Tool, arguments: &[&str]) -> Result<String> {
    let path = tool.find().with_context(|| tool.is_missing())?;
    execute(command(path).args(arguments).current_dir(project::root())).map(|output| printed(&output))
}

/// The library does not build with registers that a system call does not preserve.
fn check_refused(arch: Arch, extension: &str) -> Result<()> {
    let mut cargo = Toolchain::of(arch.target())?.cargo("check", &project::root().join("target/refused"));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", format!("-Ctarget-feature={extension}"));
    let output = capture(&mut cargo)?;
    let printed = printed(&output);
    ensure!(!output.status.success() && printed.contains("system calls do not preserve its registers"), "{printed}");
    Ok(())
}
