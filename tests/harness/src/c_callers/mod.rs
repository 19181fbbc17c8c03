//! C programs that call the library, in every way to link one.

mod link;
mod programs;
mod started;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use workbench::project::{self, Arch, Dist};
use workbench::shell::{self, capture, execute, printed};
use workbench::tools::{self, Tool};
use workbench::{build, elf, emulator};

use crate::names;
use crate::runner::{Check, Lane};
use link::Compiler::Gcc;
use link::Form::{Checked, Freestanding, HostedStatic, Shared, Small, SmallPie};
use link::{Link, with};
use programs::Argument::{Directory, New, SharedObject, Word};
use programs::{
    AS_AN_ORDINARY_USER, Argument, CONFORMANCE, End, IN_QEMU_WITH_THREADS, MISUSE, ONE_BY_EACH_ARTIFACT, PROGRAMS,
    Program, THREADS,
};

/// The user id of an ordinary user.
const NOBODY: u32 = 65534;

/// Returns the command that links a program without a libc, as small as possible.
pub fn link_small(dist: &Dist, source: &Path, program: &Path) -> Result<Command> {
    Link(Gcc, Small).compile(dist, source, program)
}

/// Returns the command that links a program without a libc, optimised, and with the names of its functions.
pub fn link_with_symbols(dist: &Dist, source: &Path, program: &Path) -> Result<Command> {
    Ok(with(Link(Gcc, Freestanding).compile(dist, source, program)?, &["-O2", "-Wl,--gc-sections"]))
}

/// Returns the command that links sources statically at a fixed address: with the hosted archive and a libc, or with
/// the freestanding archive alone.
pub fn static_program(dist: &Dist, sources: &[&str], program: &Path, has_libc: bool) -> Result<Command> {
    let link = Link(Gcc, if has_libc { HostedStatic } else { Freestanding });
    let mut sources = sources.iter().map(|source| project::root().join(source));
    let mut cc = link.compile(dist, &sources.next().context("no source")?, program)?;
    // The others do not call the archive, and may come after it.
    cc.args(sources);
    Ok(cc)
}

/// Compiles the program that calls every function, without a libc.
pub fn compile_conformance(dist: &Dist, program: &Path) -> Result<()> {
    let source = project::root().join(CONFORMANCE);
    execute(&mut Link(Gcc, Freestanding).compile(dist, &source, program)?).map(drop)
}

/// Adds a check for each program and each way to link it.
pub fn add(lane: &mut Lane, arch: Arch) {
    let checked_archive = format!("{}: an archive with debug assertions", arch.name());
    lane.add(Check::new(&checked_archive, [], move || build::build_checked_archive(arch)).after(&names::build(arch)));
    let has_large_pages = arch == Arch::Aarch64 && !arch.is_host();
    let large = with_large_pages().filter(|_| has_large_pages);
    lane.add_group(all(arch).chain(large).map(|caller| {
        let after = if caller.link.1 == Checked { checked_archive.clone() } else { names::build(arch) };
        Check::new(caller.name(), caller.tools(), move || caller.run(&arch.dist())).after(&after)
    }));
}

/// A program linked one way for one architecture.
struct Caller {
    program: &'static Program,
    link: Link,
    arch: Arch,
    /// The page size of the emulator in KB, if not its default.
    page_size: Option<u32>,
}

/// Returns every program in every way to link it.
///
/// In an emulator the long programs run in fewer ways: those that call every function and misuse pointers once for each
/// archive and the shared object, and the one with threads once for each backend and libc.
fn all(arch: Arch) -> impl Iterator<Item = Caller> {
    let links = |program: &'static Program| program.links.iter().copied().flatten().map(move |&link| (program, link));
    let is_selected = move |program: &Program, link: Link| match program.source {
        _ if arch.is_host() => true,
        // Debian's cross compilers come without C++.
        source if link::is_cxx(source) => !link.0.is_gcc(),
        CONFORMANCE | MISUSE => ONE_BY_EACH_ARTIFACT.contains(&link),
        THREADS => IN_QEMU_WITH_THREADS.contains(&link),
        _ => true,
    };
    let all = PROGRAMS.iter().chain(started::PROGRAMS).flat_map(links);
    let selected = all.filter(move |(program, link)| link.exists_for(arch) && is_selected(program, *link));
    selected.map(move |(program, link)| Caller { program, link, arch, page_size: None })
}

/// Returns the program that calls every function, without a libc and with one, for the larger page sizes of aarch64.
fn with_large_pages() -> impl Iterator<Item = Caller> {
    let links = [(Link(Gcc, SmallPie), 16), (Link(Gcc, SmallPie), 64), (Link(Gcc, Shared), 64)];
    let with = |program, (link, size)| Caller { program, link, arch: Arch::Aarch64, page_size: Some(size) };
    PROGRAMS.iter().take(1).flat_map(move |program| links.map(|link| with(program, link)))
}

impl Caller {
    fn name(&self) -> String {
        let Link(compiler, form) = self.link;
        let pages = self.page_size.map(|size| format!("; {size} KB pages")).unwrap_or_default();
        format!("{}: {} ({}; {}{pages})", self.arch.name(), self.program.source, compiler.name(), form.name())
    }

    fn tools(&self) -> Vec<Tool> {
        let runner = (!self.arch.is_host()).then(|| tools::qemu(self.arch));
        let cxx = (link::is_cxx(self.program.source) && self.link.0.is_gcc()).then_some(tools::CXX);
        self.link.0.tools(self.arch).into_iter().chain(cxx).chain(runner).collect()
    }

    /// Compiles the program, checks what was linked, and runs it. Returns its output.
    fn run(&self, dist: &Dist) -> Result<String> {
        let work = tempfile::tempdir()?;
        std::fs::set_permissions(work.path(), Permissions::from_mode(0o777))?;
        let program = work.path().join("program");
        self.compile(dist, &program)?;
        let mut output = String::new();
        for (number, (arguments, end)) in self.program.runs.iter().enumerate() {
            let new = work.path().join(format!("new{number}"));
            let mut run = emulator::command_for(self.arch, &program)?;
            if let Some(size) = self.page_size {
                run.env("QEMU_PAGESIZE", (size << 10).to_string());
            }
            output += &end.check(&mut run, arguments, &new, dist).with_context(|| format!("run {number}"))?;
            if self.also_runs_as_nobody() {
                let mut run = emulator::command_as(NOBODY, self.arch, &program)?;
                let printed = end.check(&mut run, arguments, &new, dist);
                output += &printed.with_context(|| format!("run {number}, as user {NOBODY}"))?;
            }
        }
        Ok(output)
    }

    fn compile(&self, dist: &Dist, program: &Path) -> Result<()> {
        let (form, source) = (self.link.1, project::root().join(self.program.source));
        if form.has_object() {
            execute(&mut self.link.compile_object(dist, &source, program)?)?;
        }
        let tls = if self.program.has_tls { self.link.needed_with_tls(self.arch) } else { &[] };
        execute(self.link.compile(dist, &source, program)?.args(tls))?;
        if form.is_without_libc() { check_alone(program, form.is_pie()) } else { Ok(()) }
    }

    /// Root is denied nothing, so what permissions forbid is tested as another user. In an emulator, one link shows it.
    fn also_runs_as_nobody(&self) -> bool {
        let links = if self.arch.is_host() { AS_AN_ORDINARY_USER } else { &[Link(Gcc, SmallPie)] };
        self.program.checks_permissions && shell::is_root() && links.contains(&self.link)
    }
}

impl End {
    /// Runs a program and checks how it ends. Returns its output.
    fn check(self, run: &mut Command, arguments: &[Argument], new: &Path, dist: &Dist) -> Result<String> {
        run.env("RT_GIVEN", "value"); // for the program that reads its environment
        for argument in arguments {
            match argument {
                Word(word) => run.arg(word),
                New => run.arg(new),
                SharedObject => run.arg(dist.shared_object()),
                Directory => run.arg(project::root().join("examples/c")),
            };
        }
        let output = capture(run)?;
        let printed = printed(&output);
        match self {
            Self::Success => ensure!(output.status.success(), "{}: {printed}", output.status),
            Self::Misuse => {
                ensure!(output.status.signal() == Some(libc::SIGABRT), "not aborted, {}: {printed}", output.status);
                ensure!(output.stderr.starts_with(b"ffi_syscalls: rt_free: "), "no message of rt_free: {printed}");
            }
            Self::Prints(code, expected) => {
                ensure!(output.status.code() == Some(code), "not {code}, {}: {printed}", output.status);
                ensure!(output.stdout == expected.concat().as_bytes(), "expected {expected:?}, printed: {printed}");
            }
            Self::Reports(code, expected, message) => {
                let status = output.status;
                let is_as_expected =
                    code.map_or(status.signal() == Some(libc::SIGABRT), |code| status.code() == Some(code));
                ensure!(is_as_expected, "not {code:?}, {status}: {printed}");
                ensure!(output.stdout == expected.concat().as_bytes(), "expected {expected:?}, printed: {printed}");
                ensure!(output.stderr.starts_with(message.as_bytes()), "no message {message:?}: {printed}");
            }
        }
        Ok(printed)
    }
}

/// Checks that a program without a libc needs no other file, and has no undefined symbol but the weak `environ`.
fn check_alone(program: &Path, is_pie: bool) -> Result<()> {
    let loading = elf::loading(program)?;
    ensure!(loading.is_movable == is_pie, "static-PIE was expected to be {is_pie}: {loading:?}");
    ensure!(loading.needed.is_empty() && !loading.has_interpreter, "it needs {loading:?}");
    let symbols = elf::Symbols::of_program(program)?;
    let mut undefined = symbols.undefined.iter().chain(&symbols.weak_undefined);
    ensure!(undefined.all(|name| name == "environ"), "undefined: {symbols:?}");
    Ok(())
}
