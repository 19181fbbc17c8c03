//! C programs that call the library, in every way to link one.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use crate::project::{self, Dist};
use crate::setup::{self, Tool};
use crate::shell::{capture, command, execute};
use crate::{build, elf};

/// How a program is compiled and linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// With the freestanding archive and nothing else.
    Freestanding,
    /// The same, as small as it gets.
    FreestandingSmall,
    /// With the hosted archive and the default libc, linked dynamically.
    Glibc,
    /// The same, linked statically.
    GlibcStatic,
    /// With the hosted archive and musl, linked dynamically.
    Musl,
    /// The same, linked statically.
    MuslStatic,
    /// With the shared object and the default libc.
    SharedGlibc,
    /// With the shared object and musl.
    SharedMusl,
    /// With the hosted archive and no libc at all: the program has its own entry and memory functions.
    Bare,
}

use Link::{Bare, Freestanding, FreestandingSmall, Glibc, GlibcStatic, Musl, MuslStatic, SharedGlibc, SharedMusl};

const WITHOUT_LIBC: &[Link] = &[Freestanding, FreestandingSmall];
const WITH_LIBC: &[Link] = &[Glibc, GlibcStatic, Musl, MuslStatic, SharedGlibc, SharedMusl];

impl Link {
    fn name(self) -> &'static str {
        match self {
            Freestanding => "freestanding",
            FreestandingSmall => "freestanding, small",
            Glibc => "glibc",
            GlibcStatic => "glibc, static",
            Musl => "musl",
            MuslStatic => "musl, static",
            SharedGlibc => "glibc, .so",
            SharedMusl => "musl, .so",
            Bare => "hosted archive without a libc",
        }
    }

    pub fn tool(self) -> &'static Tool {
        match self {
            Musl | MuslStatic | SharedMusl => &setup::MUSL,
            _ => &setup::CC,
        }
    }

    fn is_without_libc(self) -> bool {
        matches!(self, Freestanding | FreestandingSmall | Bare)
    }

    /// The whole command line, as the README and the header's users would write it.
    fn compile(self, dist: &Dist, source: &Path, program: &Path) -> Command {
        let mut cc = command(if self.tool().is_same(&setup::MUSL) { "musl-gcc" } else { "cc" });
        cc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g0"]);
        cc.arg(source).arg("-o").arg(program).arg("-I").arg(dist.include());
        cc.arg("-I").arg(project::root().join("tests/c"));
        if self.is_without_libc() {
            cc.args(["-nostdlib", "-static", "-ffreestanding", "-fno-stack-protector"]);
        } else {
            cc.args(["-D_GNU_SOURCE", "-pthread"]);
        }
        match self {
            FreestandingSmall => {
                cc.args(["-O2", "-fno-asynchronous-unwind-tables", "-s"]);
                cc.arg("-Wl,--gc-sections,--build-id=none,-z,noseparate-code,-z,norelro");
                cc.arg(dist.freestanding_archive());
            }
            Freestanding => drop(cc.arg(dist.freestanding_archive())),
            Glibc | Musl | Bare => drop(cc.arg(dist.hosted_archive())),
            GlibcStatic | MuslStatic => drop(cc.arg("-static").arg(dist.hosted_archive())),
            SharedGlibc | SharedMusl => {
                cc.arg("-L").arg(dist.lib()).arg("-lffi_syscalls").arg(format!("-Wl,-rpath,{}", dist.lib().display()));
                // The shared object must win over the archive beside it.
                cc.arg(dist.shared_object());
            }
        }
        cc
    }
}

/// How a run of a program must end.
#[derive(Clone, Copy)]
enum End {
    /// With exit code 0.
    Success,
    /// By SIGABRT, after the library's own message.
    Misuse,
}

/// A program, the ways to link it, and the runs of each.
struct Program {
    source: &'static str,
    links: &'static [&'static [Link]],
    /// A first argument for each run, `None` for a fresh directory.
    runs: &'static [Option<&'static str>],
    end: End,
}

const PROGRAMS: &[Program] = &[];

/// A program linked one way, to be compiled and run.
pub struct Caller {
    program: &'static Program,
    pub link: Link,
}

/// Every program in every way it is to be linked.
pub fn all() -> impl Iterator<Item = Caller> {
    PROGRAMS
        .iter()
        .flat_map(|program| program.links.iter().copied().flatten().map(move |&link| Caller { program, link }))
}

impl Caller {
    pub fn name(&self) -> String {
        format!("C: {} ({})", self.program.source, self.link.name())
    }

    /// Compiles the program, looks at what was linked, and runs it.
    pub fn run(&self, dist: &Dist) -> Result<()> {
        let work = tempfile::tempdir()?;
        let source = project::root().join("tests/c").join(self.program.source);
        let program = work.path().join("program");
        execute(&mut self.link.compile(dist, &source, &program))?;
        if self.link.is_without_libc() {
            check_alone(&program)?;
        }
        for (number, first) in self.program.runs.iter().enumerate() {
            let directory = work.path().join(format!("run{number}"));
            let argument = first.map_or_else(|| directory.clone(), PathBuf::from);
            let output = capture(command(&program).arg(argument).arg(dist.shared_object()).arg(&directory))?;
            self.program.end.check(&output).with_context(|| format!("with {:?}", first.unwrap_or("a directory")))?;
        }
        Ok(())
    }
}

impl End {
    fn check(self, output: &Output) -> Result<()> {
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        let said = String::from_utf8_lossy(&said);
        for line in said.lines().filter(|line| line.contains("CANNOT RUN")) {
            eprintln!("       {line}");
        }
        match self {
            Self::Success => ensure!(output.status.success(), "{}: {said}", output.status),
            Self::Misuse => {
                const SIGABRT: i32 = 6;
                ensure!(output.status.signal() == Some(SIGABRT), "not stopped, {}: {said}", output.status);
                ensure!(output.stderr.starts_with(b"ffi_syscalls: rt_free: "), "no message of the library's: {said}");
            }
        }
        Ok(())
    }
}

/// A program without a libc asks for nothing that is not in it.
fn check_alone(program: &Path) -> Result<()> {
    let loading = elf::loading(program)?;
    ensure!(loading.needed.is_empty() && !loading.has_interpreter, "it needs {loading:?}");
    let symbols = elf::Symbols::of_program(program)?;
    ensure!(symbols.undefined.is_empty(), "undefined: {:?}", symbols.undefined);
    ensure!(symbols.weak_undefined.iter().all(|name| name == "environ"), "{:?}", symbols.weak_undefined);
    Ok(())
}
