//! What the two backends are made of, and what the one that stands on a libc is on systems other than this machine's.

use std::process::Command;

use anyhow::{Result, ensure};

use workbench::project::{self, Arch, Backend, System};
use workbench::shell::{capture, cargo, execute, said};
use workbench::{build, elf, list, toolchain};

/// A program that calls every function, in C that every system compiles.
pub const EVERY_FUNCTION: &str = "tests/c/every_function.c";

/// Each backend is built of its own source files, and of none of the other's.
pub fn check_sources(arch: Arch, backend: Backend) -> Result<()> {
    let sources = build::sources(arch, backend)?;
    let sys = project::root().join("src/sys");
    let has = |backend: &str| sources.iter().any(|path| path.starts_with(sys.join(backend)));
    let (libc, kernel) = (has("libc"), has("linux_raw"));
    let wanted = (backend == Backend::Libc, backend == Backend::Kernel);
    ensure!((libc, kernel) == wanted, "{backend:?}: the libc's files: {libc}, the kernel's: {kernel}: {sources:?}");
    Ok(())
}

/// Builds the library for another system, and links a program that calls all of it with that system's libc. A symbol
/// that the libc does not have is refused, and so would be one of the library's.
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
        ensure!(functions.iter().all(|function| marked.contains(function)), "not marked as functions: {marked:?}");
    }
    const MISSPELT: &str = "getpidd";
    let output = capture(&mut link(&[&format!("-DMISSPELT={MISSPELT}")])?)?;
    let said = said(&output);
    ensure!(!output.status.success() && said.contains(MISSPELT), "a symbol that no libc has was linked: {said}");
    Ok(())
}

/// Where there is only a libc, what is for programs without one does not build, and says why.
pub fn check_refusals() -> Result<()> {
    for feature in ["freestanding", "mem"] {
        let features = format!("libc,exports,panic-handler,{feature}");
        let output = capture(cargo().args(["check", "--quiet", "--features", &features]))?;
        let said = said(&output);
        ensure!(!output.status.success() && said.contains("libc"), "{features}: {said}");
    }
    Ok(())
}
