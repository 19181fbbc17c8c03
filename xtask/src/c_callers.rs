//! C programs that call the library, in every way to link one.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use crate::project::{self, Arch, Dist};
use crate::setup::{self, Tool};
use crate::shell::{self, capture, command, execute, said};
use crate::{backends, build, elf, emulator, toolchain};

/// What compiles a program, and what links it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compiler {
    /// gcc, and the linker that it takes by itself: GNU ld.
    Gcc,
    GccLld,
    Clang,
    ClangLld,
    /// Zig's, with a linker and with a musl of its own.
    Zig,
    /// gcc, with musl in place of glibc.
    MuslGcc,
}

/// What a program is linked with, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With the freestanding archive and nothing else.
    Freestanding,
    /// The same, as small as it gets.
    Small,
    /// With the freestanding archive, to be loaded anywhere.
    Pie,
    /// The same, as small as it gets.
    SmallPie,
    /// The same, linked to lie elsewhere than at 0, with relocations in their packed form.
    MovedPie,
    /// With a freestanding archive that checks itself.
    Checked,
    /// With the hosted archive and a libc, linked dynamically.
    Hosted,
    /// The same, linked statically.
    HostedStatic,
    /// With the shared object and a libc.
    Shared,
    /// With the archive that stands on the libc, and that libc.
    OnLibc,
    /// The same, statically.
    OnLibcStatic,
    /// With a libc alone: the program loads the shared object itself.
    Alone,
    /// With the hosted archive and no libc at all: the program has its own entry and memory functions.
    Bare,
}

/// How a program is compiled and linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link(Compiler, Form);

use Compiler::{Clang, ClangLld, Gcc, GccLld, MuslGcc, Zig};
use Form::{
    Alone, Bare, Checked, Freestanding, Hosted, HostedStatic, MovedPie, OnLibc, OnLibcStatic, Pie, Shared, Small,
    SmallPie,
};

const WITHOUT_LIBC: &[Link] =
    &[Link(Gcc, Freestanding), Link(Gcc, Small), Link(Gcc, Pie), Link(Gcc, SmallPie), Link(Gcc, Checked)];
const BY_OTHER_TOOLS: &[Link] = &[
    Link(GccLld, Small),
    Link(GccLld, SmallPie),
    Link(Clang, Small),
    Link(Clang, SmallPie),
    Link(ClangLld, Freestanding),
    Link(ClangLld, Pie),
    Link(ClangLld, MovedPie),
    Link(Zig, Freestanding),
    Link(Zig, Pie),
];
/// One of each tool, for the long program.
const ONE_BY_EACH_TOOL: &[Link] =
    &[Link(GccLld, SmallPie), Link(Clang, Small), Link(ClangLld, MovedPie), Link(Zig, Freestanding)];
const WITH_LIBC: &[Link] = &[
    Link(Gcc, Hosted),
    Link(Gcc, HostedStatic),
    Link(Gcc, Shared),
    Link(MuslGcc, Hosted),
    Link(MuslGcc, HostedStatic),
    Link(MuslGcc, Shared),
    Link(Zig, HostedStatic),
];
/// One archive for every libc.
const ON_LIBC: &[Link] = &[
    Link(Gcc, OnLibc),
    Link(Gcc, OnLibcStatic),
    Link(MuslGcc, OnLibc),
    Link(MuslGcc, OnLibcStatic),
    Link(Zig, OnLibcStatic),
];

impl Compiler {
    fn name(self) -> &'static str {
        match self {
            Gcc => "gcc",
            GccLld => "gcc, lld",
            Clang => "clang",
            ClangLld => "clang, lld",
            Zig => "zig cc",
            MuslGcc => "musl",
        }
    }

    /// What has to be installed.
    fn tools(self, arch: Arch) -> Vec<Tool> {
        let mut tools = vec![setup::c_compiler(arch)];
        match self {
            Gcc => {}
            GccLld => tools.push(setup::lld()),
            Clang => tools.push(setup::clang()),
            ClangLld => tools.extend([setup::clang(), setup::lld()]),
            Zig => tools = vec![setup::zig()],
            MuslGcc => tools.push(setup::musl()),
        }
        tools
    }

    fn command(self, arch: Arch) -> Result<Command> {
        Ok(match self {
            Gcc => command(toolchain::c_compiler(arch)),
            GccLld => {
                // A cross compiler looks for its linkers among its own files, unless told where else.
                let lld = shell::find("ld.lld").context("no ld.lld")?;
                let directory = lld.parent().unwrap_or(Path::new("/")).display().to_string();
                with(command(toolchain::c_compiler(arch)), &["-fuse-ld=lld", "-B", &directory])
            }
            Clang => with(command("clang"), &["-target", arch.gnu()]),
            ClangLld => with(command("clang"), &["-target", arch.gnu(), "-fuse-ld=lld"]),
            Zig => {
                let zig = setup::find_zig().context("no zig")?;
                let mut cc = with(command(zig), &["cc", "-target"]);
                cc.arg(format!("{}-linux-musl", arch.name()));
                // It compiles with checks unless told otherwise, and those call what is not there.
                with(cc, &["-fno-sanitize=all"])
            }
            MuslGcc => command("musl-gcc"),
        })
    }
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Freestanding => "freestanding",
            Small => "freestanding, small",
            Pie => "freestanding, static-PIE",
            SmallPie => "freestanding, static-PIE, small",
            MovedPie => "freestanding, static-PIE, linked elsewhere",
            Checked => "freestanding, with checks",
            Hosted => "libc",
            HostedStatic => "libc, static",
            Shared => "libc, .so",
            OnLibc => "libc backend",
            OnLibcStatic => "libc backend, static",
            Alone => "libc, dlopen",
            Bare => "hosted archive without a libc",
        }
    }

    fn is_without_libc(self) -> bool {
        matches!(self, Freestanding | Small | Pie | SmallPie | MovedPie | Checked | Bare)
    }

    fn is_pie(self) -> bool {
        matches!(self, Pie | SmallPie | MovedPie)
    }

    /// Whether a dynamic loader starts the program.
    fn is_dynamic(self) -> bool {
        matches!(self, Hosted | Shared | OnLibc | Alone)
    }
}

impl Link {
    /// Whether an architecture has what this takes. musl is for the host, except for zig's, which is static.
    fn exists_for(self, arch: Arch) -> bool {
        self.0 != MuslGcc || arch.is_host()
    }

    /// Whether it is another tool's way to do what gcc and GNU ld do.
    fn is_by_other_tools(self) -> bool {
        BY_OTHER_TOOLS.contains(&self)
    }

    /// The whole command line, as the README and the header's users would write it.
    fn compile(self, dist: &Dist, source: &Path, program: &Path) -> Result<Command> {
        let Self(compiler, form) = self;
        let mut cc = compiler.command(dist.arch)?;
        cc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g0"]);
        cc.arg(source).arg("-o").arg(program).arg("-I").arg(dist.include());
        cc.arg("-I").arg(project::root().join("tests/c"));
        if form.is_without_libc() {
            cc.args(match (form.is_pie(), compiler) {
                (false, _) => &["-static"][..],
                (true, Zig) => &["-static", "-pie"],
                (true, _) => &["-static-pie"],
            });
            cc.args(["-nostdlib", "-ffreestanding", "-fno-stack-protector"]);
            cc.args(beside_the_library(compiler, form, dist.arch));
        } else {
            cc.arg("-pthread");
        }
        if form.is_dynamic() && compiler != MuslGcc {
            cc.args(toolchain::loader_arguments(dist.arch)?);
        }
        match form {
            Small | SmallPie => {
                cc.args(["-O2", "-fno-asynchronous-unwind-tables", "-s"]);
                cc.arg("-Wl,--gc-sections,--build-id=none,-z,noseparate-code,-z,norelro");
                cc.arg(dist.freestanding_archive());
            }
            MovedPie => {
                cc.arg("-Wl,--image-base=0x100000,--pack-dyn-relocs=relr").arg(dist.freestanding_archive());
            }
            Freestanding | Pie => drop(cc.arg(dist.freestanding_archive())),
            Checked => drop(cc.arg(build::checked_archive(dist.arch))),
            Alone => drop(cc.arg("-ldl")),
            Hosted | Bare => drop(cc.arg(dist.hosted_archive())),
            HostedStatic => drop(cc.arg("-static").arg(dist.hosted_archive())),
            OnLibc => drop(cc.arg(dist.arch.libc_dist().hosted_archive())),
            OnLibcStatic => drop(cc.arg("-static").arg(dist.arch.libc_dist().hosted_archive())),
            Shared => drop(cc.arg(dist.shared_object()).arg(format!("-Wl,-rpath,{}", dist.lib().display()))),
        }
        Ok(cc)
    }
}

/// What a program without a libc needs on some architecture for its own sake, as the README says.
fn beside_the_library(compiler: Compiler, form: Form, arch: Arch) -> &'static [&'static str] {
    match arch {
        // Atomic operations inline: the helpers that compilers call by default are in a library.
        Arch::Aarch64 => &["-mno-outline-atomics"],
        // gcc 12 names a dynamic loader also in a program that has none.
        Arch::Riscv64 if form.is_pie() && matches!(compiler, Gcc | GccLld) => &["-Wl,--no-dynamic-linker"],
        Arch::Riscv64 | Arch::X86_64 => &[],
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
        links: &[WITHOUT_LIBC, ONE_BY_EACH_TOOL, WITH_LIBC, ON_LIBC],
        runs: &[(&[New], End::Success)],
    },
    Program {
        source: "tests/c/misuse.c",
        checks_permissions: false,
        links: &[WITHOUT_LIBC, WITH_LIBC, ON_LIBC],
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
        links: &[WITH_LIBC, ON_LIBC],
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
        links: &[WITH_LIBC, ON_LIBC],
        runs: &[(&[New], End::Success)],
    },
    Program {
        source: "tests/c/loader.c",
        checks_permissions: false,
        links: &[&[Link(Gcc, Alone), Link(MuslGcc, Alone)]],
        runs: &[(&[SharedObject], End::Success)],
    },
    Program {
        source: "tests/c/environ_none.c",
        checks_permissions: false,
        links: &[&[Link(Gcc, Bare)]],
        runs: &[(&[], End::Success)],
    },
    Program {
        source: backends::EVERY_FUNCTION,
        checks_permissions: false,
        links: &[WITH_LIBC, ON_LIBC],
        runs: &[(&[New], End::Success)],
    },
    Program {
        source: "examples/c/facts.c",
        checks_permissions: false,
        links: &[WITHOUT_LIBC, BY_OTHER_TOOLS, WITH_LIBC, ON_LIBC],
        runs: &[(&[Word("/")], End::Success)],
    },
];

/// A program linked one way for one architecture, to be compiled and run.
pub struct Caller {
    program: &'static Program,
    link: Link,
    arch: Arch,
    /// For the emulator; empty for its own choice.
    page_size: &'static str,
}

/// Every program in every way it is to be linked.
pub fn all(arch: Arch) -> impl Iterator<Item = Caller> {
    let links = |program: &'static Program| program.links.iter().copied().flatten().map(move |&link| (program, link));
    // The long program, in an emulator, only as gcc makes it: that others link as well is for the short one to show.
    let is_worth_it =
        move |program: &Program, link: Link| arch.is_host() || !program.checks_permissions || !link.is_by_other_tools();
    let existing = PROGRAMS.iter().flat_map(links);
    let existing = existing.filter(move |(program, link)| link.exists_for(arch) && is_worth_it(program, *link));
    existing.map(move |(program, link)| Caller { program, link, arch, page_size: "" })
}

/// The program that calls every function, without a libc and with one, where pages are as large as aarch64 has them.
pub fn with_large_pages() -> impl Iterator<Item = Caller> {
    let links = [Link(Gcc, SmallPie), Link(Gcc, Shared)];
    let program = PROGRAMS.iter().take(1);
    program.flat_map(move |program| links.map(|link| Caller { program, link, arch: Arch::Aarch64, page_size: "65536" }))
}

impl Caller {
    pub fn name(&self) -> String {
        let Link(compiler, form) = self.link;
        let pages = if self.page_size.is_empty() { "" } else { "; 64 KB pages" };
        format!("{}: {} ({}; {}{pages})", self.arch.name(), self.program.source, compiler.name(), form.name())
    }

    pub fn tools(&self) -> Vec<Tool> {
        let runner = (!self.arch.is_host()).then(|| setup::qemu(self.arch));
        self.link.0.tools(self.arch).into_iter().chain(runner).collect()
    }

    /// Compiles the program, looks at what was linked, and runs it; what it said.
    pub fn run(&self, dist: &Dist) -> Result<String> {
        let work = tempfile::tempdir()?;
        std::fs::set_permissions(work.path(), Permissions::from_mode(0o777))?;
        let program = work.path().join("program");
        execute(&mut self.link.compile(dist, &project::root().join(self.program.source), &program)?)?;
        if self.link.1.is_without_libc() {
            check_alone(&program, self.link.1.is_pie())?;
        }
        let mut all_said = String::new();
        for (number, (arguments, end)) in self.program.runs.iter().enumerate() {
            let new = work.path().join(format!("new{number}"));
            let mut run = emulator::command_for(self.arch, &program)?;
            if !self.page_size.is_empty() {
                run.env("QEMU_PAGESIZE", self.page_size);
            }
            all_said += &end.check(&mut run, arguments, &new, dist).with_context(|| format!("run {number}"))?;
            // To root nothing is forbidden. In an emulator, where it takes long, one link shows what is to others.
            let is_worth_it = self.arch.is_host() || self.link == Link(Gcc, Freestanding);
            if self.program.checks_permissions && setup::is_root() && is_worth_it {
                let mut run = emulator::command_as(NOBODY, self.arch, &program)?;
                let said = end.check(&mut run, arguments, &new, dist);
                all_said += &said.with_context(|| format!("run {number}, as user {NOBODY}"))?;
            }
        }
        Ok(all_said)
    }
}

impl End {
    /// Runs a program; what it said, if it ended as it should.
    fn check(self, run: &mut Command, arguments: &[Argument], new: &Path, dist: &Dist) -> Result<String> {
        run.env("RT_GIVEN", "value"); // for the program that looks for what it was given
        shell::with_default_signals(run);
        for argument in arguments {
            match argument {
                Word(word) => run.arg(word),
                New => run.arg(new),
                SharedObject => run.arg(dist.shared_object()),
            };
        }
        let output: Output = capture(run)?;
        let said = said(&output);
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
fn check_alone(program: &Path, is_pie: bool) -> Result<()> {
    let loading = elf::loading(program)?;
    ensure!(loading.is_movable == is_pie, "a program of the other kind: {loading:?}");
    ensure!(loading.needed.is_empty() && !loading.has_interpreter, "it needs {loading:?}");
    let symbols = elf::Symbols::of_program(program)?;
    // Zig's linker says of what it is to define itself, and need not, that it is undefined.
    let allowed = |name: &String| name == "environ" || name == "_DYNAMIC";
    let mut undefined = symbols.undefined.iter().chain(&symbols.weak_undefined);
    ensure!(undefined.all(allowed), "undefined: {symbols:?}");
    Ok(())
}
