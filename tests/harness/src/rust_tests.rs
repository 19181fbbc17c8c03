//! The Rust tests, with each backend and profile.

use std::process::Command;

use anyhow::Result;
use workbench::project::Arch;
use workbench::shell::{capture, cargo, execute, printed};
use workbench::{toolchain, tools};

use crate::runner::{Check, FIGURES, Lane};

/// A run of tests: its name, the arguments of cargo, and variables.
type Run = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Not optimised, so that overflows panic. The emulators and the programs in C run optimised code.
const KERNEL: Run = ("Rust tests", "--features exports,std", &[]);
const LIBC: Run = ("Rust tests, libc backend on glibc", "--package ffi_syscalls --features libc,exports,std", &[]);
const MEMORY_FUNCTIONS: Run = ("memory functions", "--package ffi_syscalls_arch --features mem", &[]);
const RTBOX: Run = ("rtbox", "--release --package rtbox --features freestanding", &[]);
/// Relocates itself, by code that must work without optimisation too.
const MOVABLE_RTBOX: Run =
    ("rtbox, position-independent, not optimised", "--package rtbox --features freestanding,static-pie", &[]);
/// Only the tests of the program as a whole, because nothing but its start differs from that of [`RTBOX`].
const START_OF_MOVABLE_RTBOX: Run = (
    "start of rtbox, position-independent, not optimised",
    "--package rtbox --features freestanding,static-pie program::",
    &[],
);

const HERE: [Run; 5] = [KERNEL, LIBC, MEMORY_FUNCTIONS, RTBOX, MOVABLE_RTBOX];

/// In qemu tests run once, optimised. The examples in the documentation run on this machine only.
const IN_QEMU: [Run; 4] = [
    ("Rust tests, optimised", "--tests --profile optimised --features std", &[]),
    MEMORY_FUNCTIONS,
    RTBOX,
    START_OF_MOVABLE_RTBOX,
];

/// The tests that map memory, with the largest pages of aarch64. Where these are larger than the pages of this machine,
/// qemu maps nothing that ends where a file does: only tests of other parts can run.
const LARGE_PAGES: [Run; 2] = [
    (
        "Rust tests, 64 KB pages",
        "--profile optimised --features std --lib --test text --test dir --test process --test stdio",
        &[("QEMU_PAGESIZE", "65536")],
    ),
    (
        "mappings of files, 64 KB pages",
        "--profile optimised --features std --test mmap map::map_",
        &[("QEMU_PAGESIZE", "65536")],
    ),
];

pub fn add(lane: &mut Lane, arch: Arch) {
    let large = if arch == Arch::Aarch64 && !arch.is_host() { &LARGE_PAGES[..] } else { &[] };
    let runs = if arch.is_host() { &HERE[..] } else { &IN_QEMU };
    let tools = || {
        let runner = (!arch.is_host()).then(|| tools::qemu(arch));
        [tools::c_compiler(arch), tools::std(arch.target())].into_iter().chain(runner).collect::<Vec<_>>()
    };
    for run in runs.iter().chain(large).copied() {
        lane.add(Check::new(format!("{}: {}", arch.name(), run.0), tools(), move || test(arch, run)));
    }
    if arch.is_host() {
        let name = format!("{}: Rust tests, libc backend on musl", arch.name());
        let tools = [tools::c_compiler(arch), tools::std(arch.musl_target())];
        lane.add(Check::new(name, tools, move || finish(cargo_test(LIBC.1).args(["--target", arch.musl_target()]))));
    }
}

fn test(arch: Arch, (_, arguments, environment): Run) -> Result<String> {
    let mut test = cargo_test(arguments);
    test.envs(environment.iter().copied());
    if !arch.is_host() {
        // Another check has the other processor, and qemu forks best from few threads.
        test.env("RUST_TEST_THREADS", "1");
    }
    toolchain::for_programs(arch, &mut test)?;
    finish(&mut test)
}

fn cargo_test(arguments: &str) -> Command {
    let mut test = cargo();
    test.args(["test", "--quiet", "--no-fail-fast"]).args(arguments.split_whitespace());
    test
}

fn finish(test: &mut Command) -> Result<String> {
    execute(test).map(|output| printed(&output))
}

/// Adds the tests of both backends, run by cargo-nextest if it is installed. The examples in the documentation are left
/// to the whole run.
pub fn add_quick(lane: &mut Lane, arch: Arch) {
    for (name, arguments, _) in [KERNEL, LIBC] {
        let tools = [tools::c_compiler(arch), tools::std(arch.target())];
        lane.add(Check::new(format!("{}: {name}", arch.name()), tools, move || test_quickly(arguments)));
    }
}

fn test_quickly(arguments: &str) -> Result<String> {
    let has_nextest = capture(cargo().args(["nextest", "--version"])).is_ok_and(|output| output.status.success());
    let (runner, words) = if has_nextest {
        // The output of tests that pass names what this machine cannot run.
        ("cargo nextest", "nextest run --no-fail-fast --status-level none --success-output final")
    } else {
        ("cargo test", "test --quiet --no-fail-fast --lib --tests")
    };
    let mut test = cargo();
    test.args(words.split_whitespace()).args(arguments.split_whitespace());
    Ok(format!("{FIGURES}run by {runner}\n{}", finish(&mut test)?))
}
