//! The checks of `cargo xtask test --full`: the library under Miri, sanitizers and valgrind, and its dependencies.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::runner::{Check, Lane};
use crate::sandbox::Right;
use crate::sandbox::filter::{Answer, Filter, Refused};
use crate::{c_callers, rust_code, source};
use workbench::project::{self, Arch};
use workbench::shell::{cargo, command, execute, printed};
use workbench::{build, toolchain, tools};

pub fn add(lane: &mut Lane) {
    lane.add(Check::new("Miri, over a model of the kernel", [tools::MIRI], miri));
    let of_address = [tools::CC, tools::ADDRESS_SANITIZER];
    lane.add(Check::new("Rust tests on the libc, address sanitizer", of_address, address_sanitizer));
    lane.add(Check::new("Rust tests on the libc, thread sanitizer", [tools::CC, tools::MIRI], thread_sanitizer));
    lane.add(Check::new("a freestanding program under valgrind", [tools::CC, tools::VALGRIND], valgrind));
    lane.add(Check::new("dependencies: licenses, bans and sources", [tools::CARGO_DENY, tools::CRATES], || {
        source::run_tool(&tools::CARGO_DENY, &["--offline", "--workspace", "check", "bans", "licenses", "sources"])
    }));
}

/// Tests to leave out, by parts of their names, and the reason.
struct LeftOut {
    names: &'static [&'static str],
    reason: &'static str,
}

const TOO_LONG_FOR_MIRI: LeftOut = LeftOut {
    names: &["blocks_do_not_overlap", "reserve_keeps_content_and_length", "segments_inserted_are_found_until_removed"],
    reason: "they take too long in an interpreter, and the seeds of the target `memory` cover the same code",
};

const MEASURING_MEMORY: LeftOut = LeftOut {
    names: &["memory", "without_end"],
    reason: "they measure the memory of the process, most of which is the sanitizer's",
};

/// Outputs of tests, and the names of those left out.
#[derive(Default)]
struct Tested {
    printed: String,
    left_out: Vec<String>,
}

impl Tested {
    /// Runs tests with a command, to which arguments of the tests are added.
    fn add(&mut self, command: impl Fn() -> Command, left_out: &LeftOut) -> Result<()> {
        let listed = execute(command().arg("--list").args(left_out.names))?.stdout;
        let listed = String::from_utf8(listed)?;
        self.left_out.extend(listed.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned));
        let mut run = command();
        run.args(left_out.names.iter().flat_map(|name| ["--skip", name]));
        self.printed += &printed(&execute(&mut run)?);
        Ok(())
    }

    /// Prints the number of tests, and those left out.
    fn report(self, tool: &str, left_out: &LeftOut) -> Result<String> {
        let results =
            self.printed.lines().filter_map(|line| line.strip_prefix("test result: ok. ")?.split_once(" passed"));
        let passed: u32 = results.filter_map(|(count, _)| count.parse::<u32>().ok()).sum();
        ensure!(passed > 0, "no test was run: {}", self.printed);
        println!("{tool}: {passed} tests");
        for name in left_out.names {
            ensure!(self.left_out.iter().any(|test| test.contains(name)), "no test has `{name}` in its name");
        }
        println!("{tool}: left out, since {}: {}", left_out.reason, self.left_out.join(", "));
        Ok(self.printed)
    }
}

/// The rules that Miri checks everywhere. It reads directories and seeds from this machine.
const RULES: &str = "-Zmiri-symbolic-alignment-check -Zmiri-disable-isolation";

/// The runs of Miri: the tests of the package `fuzz`, and further rules.
///
/// The heap, texts and lists keep strict provenance, under both models of aliasing. A system call carries pointers as
/// integers, so where the library runs over the model of the kernel its addresses must count as exposed.
const MIRI: [(&[&str], &str); 4] = [
    (&["--test", "memory"], "-Zmiri-strict-provenance"),
    (&["--test", "memory"], "-Zmiri-strict-provenance -Zmiri-tree-borrows"),
    (&["--lib"], "-Zmiri-permissive-provenance"),
    (&["--test", "seeds"], "-Zmiri-permissive-provenance"),
];

/// Runs the library's own source over a model of the kernel. Tests that need the real kernel are left out.
fn miri() -> Result<String> {
    let mut tested = Tested::default();
    for (tests, rules) in MIRI {
        let command = || {
            let mut test = toolchain::nightly("miri");
            test.args(["test", "--quiet", "--package", "fuzz"]).args(tests).arg("--target-dir");
            test.arg(project::root().join("target/miri")).arg("--").env("MIRIFLAGS", format!("{RULES} {rules}"));
            test
        };
        tested.add(command, &TOO_LONG_FOR_MIRI)?;
    }
    tested.report("Miri", &TOO_LONG_FOR_MIRI)
}

fn address_sanitizer() -> Result<String> {
    sanitized("address", || {
        let mut test = cargo();
        // The stable compiler accepts the flag only with this variable.
        test.arg("test").env("RUSTC_BOOTSTRAP", "1");
        test
    })
}

/// Builds std too, so that the sanitizer sees every access, those of locks and channels included.
fn thread_sanitizer() -> Result<String> {
    // The sanitizer does not support children that share memory. If CLONE_VM is refused, the library forks.
    Right::Filter.must_be_granted()?;
    println!("thread sanitizer: children do not share memory, which it does not support");
    let filter = Filter::everywhere(&[Refused::SharedMemory], Answer::Errno("EPERM", libc::EPERM))?;
    sanitized("thread", || {
        let mut test = toolchain::nightly("test");
        // This std unwinds, like the tests.
        test.arg("-Zbuild-std").env("CARGO_PROFILE_DEV_PANIC", "unwind");
        let mut filter = filter.clone();
        // SAFETY: the filter makes system calls only, and does not allocate.
        unsafe { test.pre_exec(move || filter.set()) };
        test
    })
}

/// Runs the tests with the libc backend: a sanitizer does not see direct system calls.
fn sanitized(sanitizer: &str, test: impl Fn() -> Command) -> Result<String> {
    let place = project::root().join("target/sanitized").join(sanitizer);
    let target = Arch::host()?.target();
    let mut tested = Tested::default();
    // Each test program has a command of its own: together they exceed the time limit of a command.
    for name in rust_code::integration_tests()?.into_keys() {
        let command = || {
            let mut test = test();
            test.args(["--quiet", "--no-fail-fast", "--package", "ffi_syscalls", "--features", "libc,exports"]);
            test.env("CARGO_ENCODED_RUSTFLAGS", format!("-Zsanitizer={sanitizer}"));
            // std removes a directory recursively, which takes a larger stack with a sanitizer.
            test.env("RUST_MIN_STACK", (64 << 20).to_string());
            test.args(["--target", target, "--test", &name, "--target-dir"]).arg(&place).arg("--");
            test
        };
        tested.add(command, &MEASURING_MEMORY)?;
    }
    tested.report(&format!("{sanitizer} sanitizer"), &MEASURING_MEMORY)
}

/// Runs the C program that calls every function without a libc: valgrind finds uses of uninitialized memory.
fn valgrind() -> Result<String> {
    let work = tempfile::tempdir()?;
    let program = work.path().join("program");
    c_callers::compile_conformance(&build::run_for(Arch::host()?)?, &program)?;
    let mut run = command("valgrind");
    run.env("FFI_SYSCALLS_EMULATED", "valgrind");
    run.args(["--quiet", "--error-exitcode=99", "--track-fds=no"]).arg(&program).arg(work.path().join("new"));
    let printed = printed(&execute(&mut run).context("under valgrind")?);
    println!("valgrind: tests/c/conformance.c, no error");
    Ok(printed)
}
