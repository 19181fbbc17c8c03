//! The programs that run in sandboxes.

use std::fs::Permissions;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;
use workbench::project::{self, Arch, Dist};
use workbench::shell::{self, execute, printed};
use workbench::{elf, toolchain};

use crate::c_callers;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// tests/c/conformance.c with a libc and the hosted archive.
    Hosted,
    /// tests/c/conformance.c without a libc.
    Alone,
    /// A part of tests/c/hostile.c.
    Hostile(&'static str),
    /// The tests of rtbox. They have std, and so need what a sandbox refuses: the filter applies to rtbox alone.
    Rtbox,
}

/// The programs, compiled.
pub struct Programs {
    directory: TempDir,
    /// The tests of rtbox, and rtbox.
    rtbox: Option<[PathBuf; 2]>,
}

impl Programs {
    pub fn compile(dist: &Dist) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755))?;
        let rtbox = if dist.arch.is_host() { Some(build_rtbox(dist.arch)?) } else { None };
        let programs = Self { directory, rtbox };
        for (program, source) in [
            (Program::Hosted, "tests/c/conformance.c"),
            (Program::Alone, "tests/c/conformance.c"),
            (Program::Hostile(""), "tests/c/hostile.c"),
        ] {
            let has_libc = program != Program::Alone;
            let sources = if has_libc { &[source, "tests/c/surround.c"][..] } else { &[source] };
            execute(&mut c_callers::static_program(dist, sources, &programs.path(program)?, has_libc)?)?;
        }
        Ok(programs)
    }

    /// Returns the file to execute.
    pub fn path(&self, program: Program) -> Result<PathBuf> {
        let name = match program {
            Program::Hosted => "hosted",
            Program::Alone => "alone",
            Program::Hostile(_) => "hostile",
            Program::Rtbox => {
                return self.rtbox.as_ref().map(|[tests, _]| tests.clone()).context("rtbox was not built");
            }
        };
        Ok(self.directory.path().join(name))
    }

    /// Returns the addresses of the code that calls the library.
    pub fn code(&self, program: Program) -> Result<Range<u64>> {
        let own = self.path(program)?;
        let caller = self.rtbox.as_ref().filter(|_| program == Program::Rtbox).map_or(&own, |[_, rtbox]| rtbox);
        Ok(elf::loading(caller)?.code)
    }
}

/// Builds rtbox and its tests, with the profile of its other tests. Returns the paths of both.
fn build_rtbox(arch: Arch) -> Result<[PathBuf; 2]> {
    let mut cargo = shell::cargo();
    cargo.args(["test", "--no-run", "--release", "--package", "rtbox", "--features", "freestanding"]);
    toolchain::for_programs(arch, &mut cargo)?;
    let printed = printed(&execute(&mut cargo)?);
    let tests = printed
        .lines()
        .find_map(|line| line.trim().strip_prefix("Executable tests/applets/main.rs (")?.strip_suffix(')'));
    let tests = project::root().join(tests.with_context(|| format!("no tests of rtbox: {printed}"))?);
    let directory = tests.parent().and_then(Path::parent).context("no directory")?;
    let rtbox = directory.join("rtbox");
    Ok([tests, rtbox])
}
