//! The separation of the two backends, and the libc backend on other systems.

use std::process::Command;

use anyhow::{Result, ensure};

use workbench::project::{self, Arch, Backend, System};
use workbench::shell::{capture, cargo, execute, printed};
use workbench::{build, elf, list, toolchain};

/// A program that calls every function, in C that every system compiles.
pub const EVERY_FUNCTION: &str = "tests/c/every_function.c";

/// Checks that a backend is built from its own source files, and none of the other's.
pub fn check_sources(arch: Arch, backend: Backend) -> Result<()> {
    let sources = build::sources(arch, backend)?;
    let sys = project::root().join("src/sys");
    let has = |backend: &str| sources.iter().any(|path| path.starts_with(sys.join(backend)));
    let (libc, kernel) = (has("libc"), has("linux_raw"));
    let wanted = (backend == Backend::Libc, backend == Backend::Kernel);
    ensure!(
        (libc, kernel) == wanted,
        "{backend:?}: built from src/sys/libc: {libc}, from src/sys/linux_raw: {kernel}: {sources:?}"
    );
    Ok(())
}

/// Builds the library for another system, and links a program that calls every function with the system's libc.
///
/// Also checks that a link fails if the libc lacks a symbol: without that, a success would prove nothing.
pub fn check_link(system: &System, zig_target: &str) -> Result<()> {
    let dist = build::run_for_system(system)?;
    let source = project::root().join(EVERY_FUNCTION);
    let work = tempfile::tempdir()?;
    let link = |defined: &[&str]| -> Result<Command> {
        let mut cc = toolchain::zig_cc(zig_target)?;
        cc.args(["-std=c11", "-Wall", "-Wextra", "-Werror"]);
        cc.args(defined).arg("-I").arg(dist.include()).arg("-I").arg(project::root().join("tests/c"));
        cc.arg(&source).arg(dist.hosted_archive()).arg("-o").arg(work.path().join("program"));
        Ok(cc)
    };
    execute(&mut link(&[])?)?;
    if system.os == "openbsd" {
        let marked = elf::functions_with_landing_pads(&dist.hosted_archive())?;
        let functions = list::names()?;
        ensure!(
            functions.iter().all(|function| marked.contains(function)),
            "functions without a landing pad: {marked:?}"
        );
    }
    const MISSPELT: &str = "getpidd";
    let output = capture(&mut link(&[&format!("-DMISSPELT={MISSPELT}")])?)?;
    let printed = printed(&output);
    ensure!(
        !output.status.success() && printed.contains(MISSPELT),
        "the link of a symbol that no libc has did not fail: {printed}"
    );
    Ok(())
}

/// Checks that features for programs without a libc do not build with the libc backend, with a message.
pub fn check_refusals() -> Result<()> {
    for feature in ["freestanding", "mem"] {
        let features = format!("libc,exports,panic-handler,{feature}");
        let output = capture(cargo().args(["check", "--quiet", "--features", &features]))?;
        let printed = printed(&output);
        ensure!(!output.status.success() && printed.contains("libc"), "{features}: {printed}");
    }
    Ok(())
}
