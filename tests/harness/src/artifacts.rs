//! The checks of an architecture's artifacts.

use anyhow::{Context, Result};
use workbench::project::{self, Arch, Backend};
use workbench::shell::{command, execute, printed};
use workbench::{build, emulator, toolchain, tools};

use crate::runner::{Check, Lane};
use crate::{abi, backends, bench, c_callers, calls, faults, install, instructions, names, panics, sandbox, size};

pub fn add_build(lane: &mut Lane, arch: Arch) {
    lane.add(Check::new(names::build(arch), [tools::target(arch.target())], move || {
        build::run_on_libc(arch)?;
        build::run_for(arch).map(drop)
    }));
}

pub fn add(lane: &mut Lane, arch: Arch) {
    add_build(lane, arch);
    let named = |what: &str| format!("{}: {what}", arch.name());
    let after = |check: Check| check.after(&names::build(arch));
    lane.add(after(Check::new(named("abi"), [], move || abi::check(&arch.dist()))));
    lane.add(after(Check::new(named("abi, libc backend"), [], move || abi::check_on_libc(&arch.libc_dist()))));
    lane.add(after(Check::new(named("each backend is built without the other"), [], move || {
        [Backend::Kernel, Backend::Libc].into_iter().try_for_each(|one| backends::check_sources(arch, one))
    })));
    figures(arch).into_iter().map(after).for_each(|check| lane.add(check));
    if arch.is_host() {
        lane.add(after(Check::new(
            named("benchmarks, with equal results of all contenders"),
            [tools::CC],
            move || bench::check(arch),
        )));
        lane.add(after(Check::new(named("the header in C++"), [tools::CXX], move || check_in_cxx(arch))));
        let tools = [tools::CC, tools::CXX];
        lane.add(after(Check::new(named("the header in each standard of C and C++"), tools, move || {
            STANDARDS.into_iter().try_for_each(|standards| check_standards(arch, standards))
        })));
    }
    let tools = [tools::PKG_CONFIG, tools::c_compiler(arch)];
    lane.add(after(Check::new(named("installation, used through pkg-config"), tools, move || {
        install::check(&arch.dist())
    })));
    if arch == Arch::Riscv64 {
        let tools = [tools::DISTRIBUTION_RUST, tools::c_compiler(arch), tools::qemu(arch)];
        let name = named("built with core, by the distribution's compiler");
        lane.add(after(Check::new(name, tools, move || check_distribution(arch))));
    }
    sandbox::add(lane, arch);
    if arch.is_host() {
        let tools = [tools::c_compiler(arch)];
        lane.add(after(Check::new(named("every system call fails in every way"), tools, move || {
            faults::check(&arch.dist())
        })));
    }
    c_callers::add(lane, arch);
}

/// The checks of figures that must not grow.
fn figures(arch: Arch) -> Vec<Check> {
    let named = |what: &str| format!("{}: {what}", arch.name());
    let mut checks = vec![Check::new(named("sizes"), [], move || size::check(&arch.dist()))];
    let tools = [tools::c_compiler(arch), tools::std(arch.target())];
    checks.push(Check::new(named("sizes of programs and of each call"), tools, move || {
        size::check_programs(&arch.dist())
    }));
    if arch.is_host() {
        let tools = [tools::STRACE, tools::c_compiler(arch)];
        checks.push(Check::new(named("system calls of each function"), tools, move || calls::check(&arch.dist())));
        let tools = [tools::VALGRIND, tools::c_compiler(arch)];
        checks
            .push(Check::new(named("instructions of each function"), tools, move || instructions::check(&arch.dist())));
    }
    checks.push(Check::new(named("no panic is linked"), [], move || panics::check(arch)));
    checks
}

/// Languages, their compilers, and the standards under which the header must compile.
const STANDARDS: [(&str, &str, &[&str]); 2] = [
    ("c", "gcc", &["c89", "c99", "c11", "c17", "gnu89", "gnu17"]),
    ("c++", "g++", &["c++98", "c++11", "c++17", "c++20", "gnu++98", "gnu++17"]),
];

/// Checks that the header compiles alone, without a warning, under each standard of a language.
fn check_standards(arch: Arch, (language, compiler, standards): (&str, &str, &[&str])) -> Result<()> {
    standards.iter().try_for_each(|standard| {
        let mut compiler = command(compiler);
        compiler.arg(format!("-std={standard}"));
        compiler.args(["-fsyntax-only", "-pedantic", "-Wall", "-Wextra", "-Werror", "-x", language, "-include"]);
        execute(compiler.arg(arch.dist().header()).arg("/dev/null")).map(drop).with_context(|| (*standard).to_owned())
    })
}

fn check_in_cxx(arch: Arch) -> Result<String> {
    let mut compiler = command("g++");
    compiler.args(["-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", "c++", "-include"]);
    compiler.arg(arch.dist().header());
    compiler.args(["contract.h", "operations.h"].map(|name| project::root().join("tests/c").join(name)));
    execute(&mut compiler).map(|output| printed(&output))
}

/// Checks that the distribution's compiler builds the archive and core without rustup, and that a program linked with
/// that archive runs.
fn check_distribution(arch: Arch) -> Result<String> {
    let work = tempfile::tempdir()?;
    let archive = build::build_with_distribution(arch, work.path())?;
    let program = work.path().join("program");
    let mut cc = command(toolchain::c_compiler(arch));
    cc.args(["-nostdlib", "-static", "-ffreestanding", "-fno-stack-protector", "-I", "include"]);
    execute(cc.arg(project::root().join("examples/c/facts.c")).arg(archive).arg("-o").arg(&program))?;
    execute(emulator::command_for(arch, &program)?.arg(project::root().join("examples/c")))
        .map(|output| printed(&output))
}
