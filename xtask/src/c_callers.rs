//! C programs that call the library, in every way to link one.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use crate::project::{self, Dist};
use crate::setup::{self, Tool};
use crate::shell::{capture, command, execute, said};
use crate::{build, elf};

/// How a program is compiled and linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// With the freestanding archive and nothing else.
    Freestanding,
    /// The same, as small as it gets.
    FreestandingSmall,
    /// With the freestanding archive, to be loaded anywhere.
    FreestandingPie,
    /// With a freestanding archive that checks itself.
    FreestandingChecked,
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
    /// With the default libc alone: the program loads the shared object itself.
    GlibcAlone,
    /// With musl alone.
    MuslAlone,
    /// With the hosted archive and no libc at all: the program has its own entry and memory functions.
    Bare,
}

use Link::{
    Bare, Freestanding, FreestandingChecked, FreestandingPie, FreestandingSmall, Glibc, GlibcAlone, GlibcStatic, Musl,
    MuslAlone, MuslStatic, SharedGlibc, SharedMusl,
};

const WITHOUT_LIBC: &[Link] = &[Freestanding, FreestandingSmall, FreestandingPie, FreestandingChecked];
const WITH_LIBC: &[Link] = &[Glibc, GlibcStatic, Musl, MuslStatic, SharedGlibc, SharedMusl];

impl Link {
    fn name(self) -> &'static str {
        match self {
            Freestanding => "freestanding",
            FreestandingSmall => "freestanding, small",
            FreestandingPie => "freestanding, static-PIE",
            FreestandingChecked => "freestanding, with checks",
            Glibc => "glibc",
            GlibcStatic => "glibc, static",
            Musl => "musl",
            MuslStatic => "musl, static",
            SharedGlibc => "glibc, .so",
            SharedMusl => "musl, .so",
            GlibcAlone => "glibc, dlopen",
            MuslAlone => "musl, dlopen",
            Bare => "hosted archive without a libc",
        }
    }

    pub fn tool(self) -> &'static Tool {
        match self {
            Musl | MuslStatic | SharedMusl | MuslAlone => &setup::MUSL,
            _ => &setup::CC,
        }
    }

    fn is_without_libc(self) -> bool {
        matches!(self, Freestanding | FreestandingSmall | FreestandingPie | FreestandingChecked | Bare)
    }

    /// The whole command line, as the README and the header's users would write it.
    fn compile(self, dist: &Dist, source: &Path, program: &Path) -> Command {
        let mut cc = command(if self.tool().is_same(&setup::MUSL) { "musl-gcc" } else { "cc" });
        cc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g0"]);
        cc.arg(source).arg("-o").arg(program).arg("-I").arg(dist.include());
        cc.arg("-I").arg(project::root().join("tests/c"));
        if self.is_without_libc() {
            let kind = if self == FreestandingPie { "-static-pie" } else { "-static" };
            cc.args(["-nostdlib", kind, "-ffreestanding", "-fno-stack-protector"]);
        } else {
            cc.arg("-pthread");
        }
        match self {
            FreestandingSmall => {
                cc.args(["-O2", "-fno-asynchronous-unwind-tables", "-s"]);
                cc.arg("-Wl,--gc-sections,--build-id=none,-z,noseparate-code,-z,norelro");
                cc.arg(dist.freestanding_archive());
            }
            Freestanding | FreestandingPie => drop(cc.arg(dist.freestanding_archive())),
            FreestandingChecked => drop(cc.arg(build::checked_archive())),
            GlibcAlone | MuslAlone => drop(cc.arg("-ldl")),
            Glibc | Musl | Bare => drop(cc.arg(dist.hosted_archive())),
            GlibcStatic | MuslStatic => drop(cc.arg("-static").arg(dist.hosted_archive())),
            SharedGlibc | SharedMusl => {
                cc.arg(dist.shared_object()).arg(format!("-Wl,-rpath,{}", dist.lib().display()));
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

/// What a program is started with.
#[derive(Clone, Copy)]
enum Argument {
    Word(&'static str),
    /// A path where nothing is yet.
    New,
    SharedObject,
}

use Argument::{New, SharedObject, Word};

/// An ordinary user.
const NOBODY: u32 = 65534;

/// A program, the ways to link it, and how it is run.
struct Program {
    source: &'static str,
    /// Whether it looks for what an ordinary user may not do.
    checks_permissions: bool,
    links: &'static [&'static [Link]],
    runs: &'static [(&'static [Argument], End)],
}

const PROGRAMS: &[Program] = &[
    Program {
        source: "tests/c/conformance.c",
        checks_permissions: true,
        links: &[WITHOUT_LIBC, WITH_LIBC],
        runs: &[(&[New], End::Success)],
    },
    Program {
        source: "tests/c/misuse.c",
        checks_permissions: false,
        links: &[WITHOUT_LIBC, WITH_LIBC],
        runs: &[
            (&[Word("all"), New], End::Success),
            (&[Word("double_free")], End::Misuse),
            (&[Word("list_entry"), Word("1")], End::Misuse),
            (&[Word("outside_null_page")], End::Misuse),
        ],
    },
    Program {
        source: "tests/c/threads.c",
        checks_permissions: false,
        links: &[WITH_LIBC],
        runs: &[(&[New], End::Success)],
    },
    Program {
        source: "tests/c/threads_freestanding.c",
        checks_permissions: false,
        links: &[WITHOUT_LIBC],
        runs: &[(&[New], End::Success)],
    },
    Program {
        source: "tests/c/hosted.c",
        checks_permissions: false,
        links: &[WITH_LIBC],
        runs: &[(&[New], End::Success)],
    },
    Program {
        source: "tests/c/loader.c",
        checks_permissions: false,
        links: &[&[GlibcAlone, MuslAlone]],
        runs: &[(&[SharedObject], End::Success)],
    },
    Program {
        source: "tests/c/environ_none.c",
        checks_permissions: false,
        links: &[&[Bare]],
        runs: &[(&[], End::Success)],
    },
    Program {
        source: "examples/c/facts.c",
        checks_permissions: false,
        links: &[WITHOUT_LIBC, WITH_LIBC],
        runs: &[(&[Word("/")], End::Success)],
    },
];

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

    /// Compiles the program, looks at what was linked, and runs it; what it said.
    pub fn run(&self, dist: &Dist) -> Result<String> {
        let work = tempfile::tempdir()?;
        std::fs::set_permissions(work.path(), Permissions::from_mode(0o777))?;
        let program = work.path().join("program");
        execute(&mut self.link.compile(dist, &project::root().join(self.program.source), &program))?;
        if self.link.is_without_libc() {
            check_alone(&program)?;
        }
        let mut all_said = String::new();
        for (number, (arguments, end)) in self.program.runs.iter().enumerate() {
            let mut run = command(&program);
            run.env("RT_GIVEN", "value"); // for the program that looks for what it was given
            for argument in *arguments {
                match argument {
                    Word(word) => run.arg(word),
                    New => run.arg(work.path().join(format!("new{number}"))),
                    SharedObject => run.arg(dist.shared_object()),
                };
            }
            all_said += &end.check(&capture(&mut run)?).with_context(|| format!("run {number}"))?;
            if self.program.checks_permissions && setup::is_root() {
                // To root nothing is forbidden.
                let output = capture(run.uid(NOBODY).gid(NOBODY))?;
                all_said += &end.check(&output).with_context(|| format!("run {number}, as user {NOBODY}"))?;
            }
        }
        Ok(all_said)
    }
}

impl End {
    /// What the program said, if it ended as it should.
    fn check(self, output: &Output) -> Result<String> {
        let said = said(output);
        match self {
            Self::Success => ensure!(output.status.success(), "{}: {said}", output.status),
            Self::Misuse => {
                const SIGABRT: i32 = 6;
                ensure!(output.status.signal() == Some(SIGABRT), "not stopped, {}: {said}", output.status);
                ensure!(output.stderr.starts_with(b"ffi_syscalls: rt_free: "), "no message of the library's: {said}");
            }
        }
        Ok(said)
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
