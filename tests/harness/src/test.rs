//! `cargo xtask test`: every check there is.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::Arc;

use anyhow::{Result, bail, ensure};

use crate::c_callers::Caller;
use crate::{
    abi, backends, bench, c_callers, calls, columns, faults, full, fuzz, instructions, panics, readme, sandbox, size,
};
use workbench::cannot_run::CannotRun;
use workbench::project::{Arch, Architectures, Backend, Dist, SYSTEMS, System};
use workbench::shell::{self, capture, cargo, command, execute, said, step};
use workbench::toolchain::Toolchain;
use workbench::tools::{self, Tool};
use workbench::{build, emulator, project, toolchain};

#[derive(clap::Args)]
pub struct Arguments {
    /// Fail when a check cannot run on this machine, instead of naming it
    #[arg(long)]
    require_all: bool,
    /// Also what takes long: Miri, the suite under sanitizers, valgrind
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    architectures: Architectures,
    /// Only the checks whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    only: String,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let mut checks = Checks { only: arguments.only.clone(), ..Checks::default() };
    source_checks(&mut checks);
    let (here, emulated): (Vec<Arch>, _) =
        arguments.architectures.or_all().into_iter().partition(|arch| arch.is_host());
    here.into_iter().for_each(|arch| checks_of_architecture(&mut checks, arch));
    checks.side_by_side(&emulated, checks_of_architecture);
    if !arguments.architectures.are_given() {
        checks_of_other_systems(&mut checks);
    }
    if arguments.full {
        for check in full::ALL {
            checks.check(check.name, &(check.tools)(), check.run);
        }
    }
    checks.finish(arguments.require_all)
}

/// Everything that is done for each architecture, on this machine or in qemu.
fn checks_of_architecture(checks: &mut Checks, arch: Arch) {
    rust_tests(checks, arch);
    let dist = checks.prepare(&format!("{}: build", arch.name()), &[tools::target(arch.target())], || {
        build::run_on_libc(arch)?;
        build::run_for(arch)
    });
    if let Some(dist) = dist {
        checks_of_artifacts(checks, &dist);
    }
}

/// What can be known of systems that are not this machine's: that the library is built for them, and that a program that
/// calls all of it can be linked with what their libraries have.
fn checks_of_other_systems(checks: &mut Checks) {
    checks.check_together(SYSTEMS.iter().filter(|system| system.zig.is_none()).map(|system| {
        let build = move || build::run_for_system(system).map(|_| String::new());
        (format!("{}: build", system.triple), vec![tools::target(system.triple)], Box::new(build) as Action)
    }));
    let linked = SYSTEMS.iter().filter_map(|system| Some((system, system.zig?)));
    checks.check_together(linked.map(|(system, zig): (&'static System, _)| {
        let tools = vec![tools::target(system.triple), tools::zig()];
        let link = move || backends::check_link(system, zig).map(|()| String::new());
        (format!("{}: build, and link a program that calls everything", system.triple), tools, Box::new(link) as Action)
    }));
    checks.check("freestanding programs are refused where there is only a libc", &[], || {
        backends::check_refusals().map(|()| String::new())
    });
}

/// How a test says that it, or a part of it, cannot run on this machine.
const CANNOT_RUN: &str = "CANNOT RUN: ";

/// How a test says that no emulator can show what it looks for. It runs where there is none: on this machine's own
/// architecture.
const NOT_IN_AN_EMULATOR: &str = "NOT IN AN EMULATOR: ";

/// What a check counted, for whoever ran it.
const FIGURES: &str = "FIGURES: ";

/// What a check does; what it says.
type Action = Box<dyn FnOnce() -> Result<String> + Send>;

/// What passed, what failed, and what could not be tried.
#[derive(Default)]
struct Checks {
    /// What a check's name must contain, or it is left out.
    only: String,
    /// How many of these there are side by side.
    shares: usize,
    /// Whether there is one.
    is_any_wanted: bool,
    passed: usize,
    /// With what each said.
    failed: Vec<(String, String)>,
    not_run: BTreeSet<String>,
    not_in_an_emulator: BTreeSet<String>,
    over_budget: BTreeSet<String>,
}

/// How many of the lines of a failed check stand at the end once more, and what those have in them that say what is
/// wrong; all lines do if none has.
const LINES_SAID_AGAIN: usize = 30;
const TELLING: [&str; 6] = ["FAILED", "failed", "panicked", "error", "had not ended", "/task/"];

impl Checks {
    /// Runs a check, if the tools that it takes are here. What it says may name a part that cannot run.
    fn check(&mut self, name: &str, tools: &[Tool], action: impl FnOnce() -> Result<String>) {
        if self.is_wanted(name, tools) {
            let result = step(name, action);
            self.record(name, result);
        }
    }

    /// Does this for several architectures at once: in an emulator tests have one thread, and so other processors would
    /// have nothing to do.
    fn side_by_side(&mut self, architectures: &[Arch], run: impl Fn(&mut Self, Arch) + Sync) {
        let (only, run) = (&self.only, &run);
        let all: Vec<Self> = std::thread::scope(|scope| {
            let work = |arch| {
                let mut own = Self { only: only.clone(), shares: architectures.len(), ..Self::default() };
                run(&mut own, arch);
                own
            };
            let threads: Vec<_> = architectures.iter().map(|&arch| scope.spawn(move || work(arch))).collect();
            threads.into_iter().map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        for own in all {
            self.is_any_wanted |= own.is_any_wanted;
            self.passed += own.passed;
            self.failed.extend(own.failed);
            self.not_run.extend(own.not_run);
            self.not_in_an_emulator.extend(own.not_in_an_emulator);
            self.over_budget.extend(own.over_budget);
        }
    }

    /// Makes what other checks need, whether it is asked for or not.
    fn prepare<T>(&mut self, name: &str, tools: &[Tool], action: impl FnOnce() -> Result<T>) -> Option<T> {
        self.is_any_wanted |= name.contains(&self.only);
        if !self.has(name, tools) {
            return None;
        }
        let mut made = None;
        let result = step(name, || action().map(|value| made = Some(value)));
        self.record(name, result.map(|()| String::new()));
        made
    }

    /// Runs checks that have nothing to do with each other, as many at once as there are processors.
    fn check_together(&mut self, checks: impl Iterator<Item = (String, Vec<Tool>, Action)>) {
        let wanted: Vec<_> = checks.filter(|(name, tools, _)| self.is_wanted(name, tools)).collect();
        let count = (shell::processors() / self.shares.max(1)).max(1);
        let done = shell::at_once(count, wanted, |(name, _, action)| {
            let result = step(&name, action);
            (name, result)
        });
        for (name, result) in done {
            self.record(&name, result);
        }
    }

    fn is_wanted(&mut self, name: &str, tools: &[Tool]) -> bool {
        let is_wanted = name.contains(&self.only);
        self.is_any_wanted |= is_wanted;
        is_wanted && self.has(name, tools)
    }

    /// Whether the tools are here; if one is not, that is said.
    fn has(&mut self, name: &str, tools: &[Tool]) -> bool {
        let missing = tools.iter().find(|tool| !tool.is_here());
        if let Some(missing) = missing {
            self.cannot_run(&format!("{name}: {}", missing.is_missing()));
        }
        missing.is_none()
    }

    fn cannot_run(&mut self, what: &str) {
        // Several builds of one test say the same.
        if self.not_run.insert(what.to_owned()) {
            eprintln!("{CANNOT_RUN}{what}");
        }
    }

    fn record(&mut self, name: &str, result: Result<String>) {
        match result {
            Ok(said) => {
                self.passed += 1;
                for (_, what) in said.lines().filter_map(|line| line.split_once(CANNOT_RUN)) {
                    self.cannot_run(what.trim_end());
                }
                for (_, what) in said.lines().filter_map(|line| line.split_once(FIGURES)) {
                    println!("       {name}: {what}");
                }
                for (_, what) in said.lines().filter_map(|line| line.split_once(NOT_IN_AN_EMULATOR)) {
                    self.not_in_an_emulator.insert(what.trim_end().to_owned());
                }
                self.over_budget
                    .extend(said.lines().filter_map(|line| line.strip_prefix(size::OVER_BUDGET)).map(str::to_owned));
            }
            Err(error) => {
                if let Some(CannotRun(why)) = error.downcast_ref() {
                    return self.cannot_run(&format!("{name}: {why}"));
                }
                let why = format!("{error:#}");
                eprintln!("{name}: {why}");
                self.failed.push((name.to_owned(), why));
            }
        }
    }

    fn finish(self, require_all: bool) -> Result<()> {
        println!();
        // Said again where nothing comes behind it.
        for (name, why) in &self.failed {
            println!("failed: {name}");
            let is_telling =
                |line: &&str| TELLING.iter().any(|word| line.contains(word)) && !line.starts_with("test result: ok");
            let mut lines: Vec<_> = why.lines().filter(is_telling).collect();
            if lines.is_empty() {
                lines = why.lines().collect();
            }
            let last = lines.get(lines.len().saturating_sub(LINES_SAID_AGAIN)..).unwrap_or_default();
            last.iter().for_each(|line| println!("    {line}"));
        }
        for name in &self.not_in_an_emulator {
            println!("tested without an emulator only: {name}");
        }
        for what in &self.over_budget {
            println!("over its budget, and never within: {what}");
        }
        for name in &self.not_run {
            println!("could not run on this machine: {name}");
        }
        println!("{} passed, {} failed, {} skipped", self.passed, self.failed.len(), self.not_run.len());
        if !self.is_any_wanted && self.failed.is_empty() && self.not_run.is_empty() {
            bail!("no check has `{}` in its name", self.only);
        }
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
const FREESTANDING_FEATURES: &str = "archive,freestanding,panic-handler";

fn source_checks(checks: &mut Checks) {
    checks.check("the columns of arch/, item by item", &[], || columns::check().map(|()| String::new()));
    for (arch, extension) in [(Arch::Riscv64, "+v"), (Arch::Aarch64, "+sve")] {
        let name = format!("{}: {extension} is refused", arch.name());
        checks.check(&name, &[tools::target(arch.target())], || is_refused(arch, extension));
    }
    checks.check("formatting", &[tools::rustfmt()], || cargo_run(&["fmt", "--all", "--check"]));
    for features in HOSTED_FEATURES {
        let name = format!("lints, features [{features}]");
        checks.check(&name, &[tools::clippy()], || {
            cargo_run(&["clippy", "--quiet", "--all-targets", "--features", features, "--", "--deny", "warnings"])
        });
    }
    checks.check("lints, libc backend", &[tools::clippy()], || {
        let features = ["--features", "libc,exports"];
        cargo_run(&[&["clippy", "--quiet", "--all-targets"], &features[..], &["--", "--deny", "warnings"]].concat())
    });
    checks.check("lints, freestanding", &[tools::clippy()], || {
        let features = ["--features", FREESTANDING_FEATURES];
        cargo_run(&[&["clippy", "--quiet", "--release"], &features[..], &["--", "--deny", "warnings"]].concat())
    });
    for arch in Arch::ALL.into_iter().filter(|arch| !arch.is_host()) {
        let name = format!("lints, {}", arch.name());
        checks.check(&name, &[tools::clippy(), tools::std(arch.target())], || {
            let features = ["--features", FREESTANDING_FEATURES, "--target", arch.target()];
            cargo_run(&[&["clippy", "--quiet", "--release"], &features[..], &["--", "--deny", "warnings"]].concat())
        });
    }
    checks.check("lints, rtbox", &[tools::clippy()], || {
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
    checks.check("lock-free parts, in every order, and with faults that must be found", &[], || {
        cargo_run(&["test", "--quiet", "--package", "model", "--", "--nocapture"])
    });
    checks.check("lints, xtask, demo, models, bench and fuzz", &[tools::clippy()], || {
        let packages = ["xtask", "workbench", "harness", "demo", "model", "bench", "fuzz"]
            .map(|package| ["--package", package])
            .concat();
        cargo_run(&[&["clippy", "--quiet", "--all-targets"], &packages[..], &["--", "--deny", "warnings"]].concat())
    });
    checks.check("what the fuzzer is built of, with its seeds", &[], || {
        cargo_run(&["test", "--quiet", "--package", "fuzz"])
    });
    checks.check("fuzzing, a little", &[tools::cxx(), tools::address_sanitizer()], fuzz::check);
    checks.check("README: its programs and figures", &[tools::cc()], || readme::check().map(|()| String::new()));
    checks.check("documentation", &[], || {
        let mut doc = cargo();
        doc.args(["doc", "--quiet", "--no-deps", "--features", "exports"]).env("RUSTDOCFLAGS", "-D warnings");
        execute(&mut doc).map(|output| said(&output))
    });
}

/// What a run of the Rust tests is given, beside the architecture.
struct Rust<'a> {
    name: &'a str,
    arguments: &'a [&'a str],
    environment: &'a [(&'a str, &'a str)],
}

const MEMORY_FUNCTIONS: Rust<'_> = Rust {
    name: "memory functions",
    arguments: &["--package", "ffi_syscalls_arch", "--features", "mem"],
    environment: &[],
};

const RTBOX: Rust<'_> = Rust {
    name: "rtbox",
    arguments: &["--release", "--package", "rtbox", "--features", "freestanding"],
    environment: &[],
};

/// Whose pointers are right only once it has told them where they are, and which does that in code as it was written.
const MOVABLE_RTBOX: Rust<'_> = Rust {
    name: "rtbox, to be loaded anywhere, without optimisation",
    arguments: &["--package", "rtbox", "--features", "freestanding,static-pie"],
    environment: &[],
};

const HERE: [Rust<'_>; 7] = [
    Rust { name: "Rust tests", arguments: &[], environment: &[] },
    Rust { name: "Rust tests, optimised", arguments: &["--profile", "optimised"], environment: &[] },
    Rust { name: "Rust tests, with the C functions", arguments: &["--features", "exports"], environment: &[] },
    Rust {
        name: "Rust tests, libc backend on glibc",
        arguments: &["--package", "ffi_syscalls", "--features", "libc,exports"],
        environment: &[],
    },
    MEMORY_FUNCTIONS,
    RTBOX,
    MOVABLE_RTBOX,
];

/// In qemu everything takes longer: the optimised code, once. The examples in the documentation are for the host.
const IN_QEMU: [Rust<'_>; 4] = [
    Rust { name: "Rust tests, optimised", arguments: &["--tests", "--profile", "optimised"], environment: &[] },
    MEMORY_FUNCTIONS,
    RTBOX,
    MOVABLE_RTBOX,
];

/// What has to do with memory, where pages are as large as aarch64 has them.
const WITH_LARGE_PAGES: Rust<'_> = Rust {
    name: "Rust tests, 64 KB pages",
    arguments: &["--profile", "optimised", "--lib", "--test", "text", "--test", "dir", "--test", "process"],
    environment: &[("QEMU_PAGESIZE", "65536")],
};

fn rust_tests(checks: &mut Checks, arch: Arch) {
    let runs = if arch.is_host() { &HERE[..] } else { &IN_QEMU };
    let large = (arch == Arch::Aarch64 && !arch.is_host()).then_some(&WITH_LARGE_PAGES);
    let mut tools = vec![tools::c_compiler(arch), tools::std(arch.target())];
    if !arch.is_host() {
        tools.push(tools::qemu(arch));
    }
    for run in runs.iter().chain(large) {
        checks.check(&format!("{}: {}", arch.name(), run.name), &tools, || {
            let mut test = cargo();
            test.args(["test", "--quiet", "--no-fail-fast"]).args(run.arguments);
            test.envs(run.environment.iter().copied());
            if !arch.is_host() {
                // The other architecture has the other processor, and qemu forks best from few threads.
                test.env("RUST_TEST_THREADS", "1");
            }
            toolchain::for_programs(arch, &mut test)?;
            execute(&mut test).map(|output| said(&output))
        });
    }
    if arch.is_host() {
        rust_tests_on_musl(checks, arch);
    }
}

/// The library on musl, which is always linked statically by this target.
fn rust_tests_on_musl(checks: &mut Checks, arch: Arch) {
    let tools = [tools::c_compiler(arch), tools::std(arch.musl_target())];
    checks.check(&format!("{}: Rust tests, libc backend on musl", arch.name()), &tools, || {
        let mut test = cargo();
        test.args(["test", "--quiet", "--no-fail-fast", "--target", arch.musl_target()]);
        execute(test.args(["--package", "ffi_syscalls", "--features", "libc,exports"])).map(|output| said(&output))
    });
}

fn checks_of_artifacts(checks: &mut Checks, dist: &Dist) {
    let arch = dist.arch;
    let named = |what: &str| format!("{}: {what}", arch.name());
    let done = |()| String::new();
    checks.check(&named("abi"), &[], || abi::check(dist).map(done));
    checks.check(&named("abi on the libc"), &[], || abi::check_on_libc(&arch.libc_dist()).map(done));
    checks.check(&named("each backend is built without the other"), &[], || {
        [Backend::Kernel, Backend::Libc].into_iter().try_for_each(|one| backends::check_sources(arch, one)).map(done)
    });
    checks_of_figures(checks, dist);
    if arch.is_host() {
        checks.check("benchmarks: all contenders do the same", &[tools::cc()], || bench::check(arch));
        checks.check("the header in C++", &[tools::cxx()], || {
            let source = project::root().join("tests/c/contract.h");
            let mut compiler = shell::command("g++");
            compiler.args(["-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", "c++", "-include"]);
            execute(compiler.arg(dist.header()).arg(source)).map(|output| said(&output))
        });
    }
    let tools = [tools::pkg_config(), tools::c_compiler(arch)];
    checks.check(&named("the .pc file"), &tools, || crate::install::check(dist).map(done));
    if arch == Arch::Riscv64 {
        let tools = [tools::distribution_rust(), tools::c_compiler(arch), tools::qemu(arch)];
        checks.check(&named("built with core, by the distribution's compiler"), &tools, || from_source(arch));
    }
    checks_of_surroundings(checks, dist);
    checks_of_faults(checks, dist);
    checks_of_callers(checks, dist);
}

/// C programs, in every way to link one.
fn checks_of_callers(checks: &mut Checks, dist: &Dist) {
    let arch = dist.arch;
    let has_large_pages = arch == Arch::Aarch64 && !arch.is_host();
    let large = c_callers::with_large_pages().filter(|_| has_large_pages);
    let callers: Vec<_> = c_callers::all(arch).chain(large).collect();
    let name = format!("{}: an archive with checks", arch.name());
    let takes_it = |caller: &Caller| caller.takes_checked_archive() && caller.name().contains(&checks.only);
    let is_wanted = name.contains(&checks.only) || callers.iter().any(takes_it);
    let is_made = is_wanted && checks.prepare(&name, &[], || build::build_checked_archive(arch)).is_some();
    // Not with the one of an earlier build.
    let callers = callers.into_iter().filter(|caller| is_made || !caller.takes_checked_archive());
    checks.check_together(callers.map(|caller| {
        let (name, tools) = (caller.name(), caller.tools());
        (name, tools, Box::new(move || caller.run(&arch.dist())) as Action)
    }));
}

/// What is counted, and may not grow.
fn checks_of_figures(checks: &mut Checks, dist: &Dist) {
    let arch = dist.arch;
    let named = |what: &str| format!("{}: {what}", arch.name());
    let done = |()| String::new();
    checks.check(&named("sizes"), &[], || size::check(dist));
    let tools = [tools::c_compiler(arch), tools::std(arch.target())];
    checks.check(&named("sizes of programs, and of each call"), &tools, || size::check_programs(dist));
    if arch.is_host() {
        let tools = [tools::strace(), tools::c_compiler(arch)];
        checks.check(&named("system calls of each function"), &tools, || calls::check(dist));
        let tools = [tools::valgrind(), tools::c_compiler(arch)];
        checks.check(&named("instructions of each function"), &tools, || instructions::check(dist).map(done));
    }
    checks.check(&named("no way to panic"), &[], || panics::check(arch));
}

/// What becomes of each system call that fails.
fn checks_of_faults(checks: &mut Checks, dist: &Dist) {
    let arch = dist.arch;
    if arch.is_host() {
        let tools = [tools::c_compiler(arch)];
        checks.check(&format!("{}: every system call fails in every way", arch.name()), &tools, || {
            faults::check(dist).map(|()| String::new())
        });
    }
}

/// What holds where something is not as usual.
fn checks_of_surroundings(checks: &mut Checks, dist: &Dist) {
    let arch = dist.arch;
    let all = match sandbox::all(arch) {
        Ok(all) => all,
        Err(error) => return checks.record("surroundings", Err(error)),
    };
    if !all.iter().any(|one| one.name().contains(&checks.only)) {
        return;
    }
    let name = format!("{}: programs for surroundings", arch.name());
    let programs = checks.prepare(&name, &[tools::c_compiler(arch)], || sandbox::Programs::compile(dist));
    let Some(programs) = programs.map(Arc::new) else { return };
    let before = checks.passed;
    checks.check_together(all.into_iter().map(|one| {
        let programs = programs.clone();
        (one.name(), one.tools(), Box::new(move || one.check(&programs)) as Action)
    }));
    println!("{}: {} surroundings passed", arch.name(), checks.passed - before);
}

/// Those checks alone.
pub fn run_sandboxes(arguments: &sandbox::Arguments) -> Result<()> {
    let mut checks = Checks { only: arguments.only.clone(), ..Checks::default() };
    for arch in arguments.architectures.or_host()? {
        checks_of_surroundings(&mut checks, &build::run_for(arch)?);
    }
    checks.finish(false)
}

/// The library does not build with registers that a system call does not preserve, and says so.
fn is_refused(arch: Arch, extension: &str) -> Result<String> {
    let mut cargo = Toolchain::of(arch.target())?.cargo("check", &project::root().join("target/refused"));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", format!("-Ctarget-feature={extension}"));
    let output = capture(&mut cargo)?;
    let said = said(&output);
    ensure!(!output.status.success() && said.contains("system calls do not preserve its registers"), "{said}");
    Ok(String::new())
}

/// What is done where rustup cannot fetch a target: the distribution's compiler builds the archive and core with it, and
/// a program linked with that runs.
fn from_source(arch: Arch) -> Result<String> {
    let work = tempfile::tempdir()?;
    let archive = build::build_with_distribution(arch, work.path())?;
    let program = work.path().join("program");
    let mut cc = command(toolchain::c_compiler(arch));
    cc.args(["-nostdlib", "-static", "-ffreestanding", "-fno-stack-protector", "-I", "include"]);
    execute(cc.arg(project::root().join("examples/c/facts.c")).arg(archive).arg("-o").arg(&program))?;
    execute(emulator::command_for(arch, &program)?.arg("/")).map(|output| said(&output))
}

fn cargo_run(arguments: &[&str]) -> Result<String> {
    execute(cargo().args(arguments)).map(|output| said(&output))
}
