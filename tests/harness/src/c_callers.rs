//! C programs that call the library, in every way to link one.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use crate::backends;
use workbench::project::{self, Arch, Dist};
use workbench::shell::{self, capture, command, execute, said};
use workbench::tools::{self, Tool};
use workbench::{build, elf, emulator, toolchain};

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
    /// With the hosted archive and a libc, and with a shared object that is linked with that archive too.
    InBothParts,
    /// With a libc, and with a shared object that is linked with the hosted archive and has all functions for both.
    InObject,
    /// As [`InBothParts`], with the archive that stands on the libc.
    OnLibcInBothParts,
    /// With the hosted archive and no libc at all: the program has its own entry and memory functions.
    Bare,
}

/// How a program is compiled and linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link(Compiler, Form);

use Compiler::{Clang, ClangLld, Gcc, GccLld, MuslGcc, Zig};
use Form::{
    Alone, Bare, Checked, Freestanding, Hosted, HostedStatic, InBothParts, InObject, MovedPie, OnLibc,
    OnLibcInBothParts, OnLibcStatic, Pie, Shared, Small, SmallPie,
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
/// Both backends, on glibc and on musl.
const ONE_BY_EACH_LIBC: &[Link] = &[Link(Gcc, Hosted), Link(Gcc, OnLibc), Link(MuslGcc, OnLibcStatic)];
/// The same, where musl is zig's.
const IN_QEMU_WITH_THREADS: &[Link] = &[Link(Gcc, Hosted), Link(Gcc, OnLibc), Link(Zig, OnLibcStatic)];
const AS_AN_ORDINARY_USER: &[Link] =
    &[Link(Gcc, Freestanding), Link(Gcc, Shared), Link(Gcc, OnLibc), Link(MuslGcc, OnLibcStatic)];
/// With an object of the program's own, which is compiled first.
const IN_TWO_PARTS: &[Link] = &[
    Link(Gcc, InBothParts),
    Link(Gcc, InObject),
    Link(Gcc, OnLibcInBothParts),
    Link(MuslGcc, InBothParts),
    Link(MuslGcc, InObject),
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
        let mut tools = vec![tools::c_compiler(arch)];
        match self {
            Gcc => {}
            GccLld => tools.push(tools::lld()),
            Clang => tools.push(tools::clang()),
            ClangLld => tools.extend([tools::clang(), tools::lld()]),
            Zig => tools = vec![tools::zig()],
            MuslGcc => tools.push(tools::musl()),
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
            Zig => toolchain::zig_cc(&format!("{}-linux-musl", arch.name()))?,
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
            InBothParts => "libc, in the program and in its own shared object",
            InObject => "libc, in the program's own shared object",
            OnLibcInBothParts => "libc backend, in the program and in its own shared object",
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
        matches!(self, Hosted | Shared | OnLibc | Alone) || self.has_object()
    }

    /// Whether the program has a shared object of its own.
    fn has_object(self) -> bool {
        matches!(self, InBothParts | InObject | OnLibcInBothParts)
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
            Hosted | Bare | InBothParts => drop(cc.arg(dist.hosted_archive())),
            InObject => {}
            HostedStatic => drop(cc.arg("-static").arg(dist.hosted_archive())),
            OnLibc | OnLibcInBothParts => drop(cc.arg(dist.arch.libc_dist().hosted_archive())),
            OnLibcStatic => drop(cc.arg("-static").arg(dist.arch.libc_dist().hosted_archive())),
            Shared => drop(cc.arg(dist.shared_object()).arg(format!("-Wl,-rpath,{}", dist.lib().display()))),
        }
        if form.has_object() {
            cc.arg(own_object(program)).arg("-Wl,-rpath,$ORIGIN");
        }
        Ok(cc)
    }

    /// The command that makes the shared object of a program that has one.
    fn compile_object(self, dist: &Dist, source: &Path, program: &Path) -> Result<Command> {
        let Self(compiler, form) = self;
        let mut cc = compiler.command(dist.arch)?;
        cc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC", "-DOBJECT"]);
        cc.arg(source).arg("-o").arg(own_object(program)).arg("-I").arg(dist.include());
        cc.arg("-I").arg(project::root().join("tests/c"));
        let on_libc = dist.arch.libc_dist();
        cc.arg(if form == OnLibcInBothParts { on_libc.hosted_archive() } else { dist.hosted_archive() });
        Ok(cc)
    }
}

/// Where a program's own shared object is: beside it.
fn own_object(program: &Path) -> PathBuf {
    program.with_file_name("libown.so")
}

/// The command that links a program without a libc, as small as it gets.
pub fn link_small(dist: &Dist, source: &Path, program: &Path) -> Result<Command> {
    Link(Gcc, Small).compile(dist, source, program)
}

/// The command that links a program without a libc, optimised, and with the names of its functions.
pub fn link_with_symbols(dist: &Dist, source: &Path, program: &Path) -> Result<Command> {
    Ok(with(Link(Gcc, Freestanding).compile(dist, source, program)?, &["-O2", "-Wl,--gc-sections"]))
}

/// The command that links a program of these sources statically, to lie at a fixed place: with the hosted archive and a
/// libc, or with the freestanding one alone.
pub fn static_program(dist: &Dist, sources: &[&str], program: &Path, has_libc: bool) -> Result<Command> {
    let link = Link(Gcc, if has_libc { HostedStatic } else { Freestanding });
    let mut sources = sources.iter().map(|source| project::root().join(source));
    let mut cc = link.compile(dist, &sources.next().context("no source")?, program)?;
    // Behind the archive, which they do not call.
    cc.args(sources);
    Ok(cc)
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

const CONFORMANCE: &str = "tests/c/conformance.c";
const THREADS: &str = "tests/c/threads.c";

const PROGRAMS: &[Program] = &[
    Program {
        source: CONFORMANCE,
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
        source: THREADS,
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
        source: "tests/c/stress.c",
        checks_permissions: false,
        links: &[ONE_BY_EACH_LIBC],
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
        source: "tests/c/two_parts.c",
        checks_permissions: false,
        links: &[IN_TWO_PARTS],
        runs: &[(&[New], End::Success)],
    },
    Program {
        source: "tests/c/only_asks.c",
        checks_permissions: false,
        links: &[IN_TWO_PARTS],
        runs: &[(&[], End::Success)],
    },
    Program {
        source: "tests/c/raised.c",
        checks_permissions: false,
        links: &[WITHOUT_LIBC],
        runs: &[(&[New], End::Success)],
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
    /// How large the emulator's pages are, in KB, if that is not its own choice.
    page_size: Option<u32>,
}

/// Every program in every way it is to be linked.
pub fn all(arch: Arch) -> impl Iterator<Item = Caller> {
    let links = |program: &'static Program| program.links.iter().copied().flatten().map(move |&link| (program, link));
    // The long programs, in an emulator: the one that calls everything only as gcc makes it, since that others link as
    // well is for the short one to show, and the one with threads once for each backend and each libc.
    let is_worth_it = move |program: &Program, link: Link| match program.source {
        _ if arch.is_host() => true,
        CONFORMANCE => !link.is_by_other_tools(),
        THREADS => IN_QEMU_WITH_THREADS.contains(&link),
        _ => true,
    };
    let existing = PROGRAMS.iter().flat_map(links);
    let existing = existing.filter(move |(program, link)| link.exists_for(arch) && is_worth_it(program, *link));
    existing.map(move |(program, link)| Caller { program, link, arch, page_size: None })
}

/// The program that calls every function, without a libc and with one, where pages are as large as aarch64 has them.
pub fn with_large_pages() -> impl Iterator<Item = Caller> {
    let links = [(Link(Gcc, SmallPie), 16), (Link(Gcc, SmallPie), 64), (Link(Gcc, Shared), 64)];
    let with = |program, (link, size)| Caller { program, link, arch: Arch::Aarch64, page_size: Some(size) };
    PROGRAMS.iter().take(1).flat_map(move |program| links.map(|link| with(program, link)))
}

/// Compiles the program that calls every function, without a libc.
pub fn compile_conformance(dist: &Dist, program: &Path) -> Result<()> {
    let source = project::root().join(CONFORMANCE);
    execute(&mut Link(Gcc, Freestanding).compile(dist, &source, program)?).map(drop)
}

impl Caller {
    pub fn name(&self) -> String {
        let Link(compiler, form) = self.link;
        let pages = self.page_size.map(|size| format!("; {size} KB pages")).unwrap_or_default();
        format!("{}: {} ({}; {}{pages})", self.arch.name(), self.program.source, compiler.name(), form.name())
    }

    pub fn tools(&self) -> Vec<Tool> {
        let runner = (!self.arch.is_host()).then(|| tools::qemu(self.arch));
        self.link.0.tools(self.arch).into_iter().chain(runner).collect()
    }

    /// Whether it is linked with the archive that checks itself.
    pub fn takes_checked_archive(&self) -> bool {
        self.link.1 == Checked
    }

    /// Compiles the program, looks at what was linked, and runs it; what it said.
    pub fn run(&self, dist: &Dist) -> Result<String> {
        let work = tempfile::tempdir()?;
        std::fs::set_permissions(work.path(), Permissions::from_mode(0o777))?;
        let program = work.path().join("program");
        let source = project::root().join(self.program.source);
        if self.link.1.has_object() {
            execute(&mut self.link.compile_object(dist, &source, &program)?)?;
        }
        execute(&mut self.link.compile(dist, &source, &program)?)?;
        if self.link.1.is_without_libc() {
            check_alone(&program, self.link.1.is_pie())?;
        }
        let mut all_said = String::new();
        for (number, (arguments, end)) in self.program.runs.iter().enumerate() {
            let new = work.path().join(format!("new{number}"));
            let mut run = emulator::command_for(self.arch, &program)?;
            if let Some(size) = self.page_size {
                run.env("QEMU_PAGESIZE", (size << 10).to_string());
            }
            all_said += &end.check(&mut run, arguments, &new, dist).with_context(|| format!("run {number}"))?;
            // To root nothing is forbidden. What is to others is the kernel's answer, which each backend hands on: in an
            // emulator, where it takes long, one shows it.
            let shown_by = if self.arch.is_host() { AS_AN_ORDINARY_USER } else { &[Link(Gcc, Freestanding)] };
            let is_worth_it = shown_by.contains(&self.link);
            if self.program.checks_permissions && shell::is_root() && is_worth_it {
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
    let mut undefined = symbols.undefined.iter().chain(&symbols.weak_undefined);
    ensure!(undefined.all(|name| name == "environ"), "undefined: {symbols:?}");
    Ok(())
}
