//! What `cargo xtask test --full` does beside the rest: the library under tools that watch every step of it.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::c_callers;
use crate::sandbox::Right;
use crate::sandbox::filter::{Answer, Filter, Refused};
use workbench::project::{self, Arch};
use workbench::shell::{self, cargo, command, execute, said};
use workbench::tools::{self, Tool};
use workbench::{build, toolchain};

/// One of these checks.
pub struct Check {
    pub name: &'static str,
    pub tools: fn() -> Vec<Tool>,
    pub run: fn() -> Result<String>,
}

pub const ALL: [Check; 4] = [
    Check { name: "Miri, over a model of the kernel", tools: || vec![tools::miri()], run: miri },
    Check {
        name: "Rust tests on the libc, address sanitizer",
        tools: || vec![tools::cc(), tools::address_sanitizer()],
        run: address_sanitizer,
    },
    Check {
        name: "Rust tests on the libc, thread sanitizer",
        tools: || vec![tools::cc(), tools::miri()],
        run: thread_sanitizer,
    },
    Check {
        name: "a freestanding program under valgrind",
        tools: || vec![tools::cc(), tools::valgrind()],
        run: valgrind,
    },
];

/// Tests that are left out, by what is in their names, and why.
struct LeftOut {
    names: &'static [&'static str],
    reason: &'static str,
}

const TOO_LONG_FOR_MIRI: LeftOut = LeftOut {
    names: &["blocks_do_not_overlap", "reserve_keeps_content_and_length", "segments_inserted_are_found_until_removed"],
    reason: "they take too long interpreted, and the seeds of the target `memory` do the same with less",
};

const MEASURING_MEMORY: LeftOut = LeftOut {
    names: &["memory", "without_end"],
    reason: "they measure the memory that the process takes, of which a sanitizer's own is the most",
};

/// Results of tests, and the names of those that were left out.
#[derive(Default)]
struct Tested {
    said: String,
    left_out: Vec<String>,
}

impl Tested {
    /// Runs tests with a command that ends where their own arguments begin.
    fn add(&mut self, command: impl Fn() -> Command, left_out: &LeftOut) -> Result<()> {
        let listed = execute(command().arg("--list").args(left_out.names))?.stdout;
        let listed = String::from_utf8(listed)?;
        self.left_out.extend(listed.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned));
        let mut run = command();
        run.args(left_out.names.iter().flat_map(|name| ["--skip", name]));
        self.said += &said(&execute(shell::with_default_signals(&mut run))?);
        Ok(())
    }

    /// Says how many tests there were, and which were left out.
    fn report(self, tool: &str, left_out: &LeftOut) -> Result<String> {
        let results =
            self.said.lines().filter_map(|line| line.strip_prefix("test result: ok. ")?.split_once(" passed"));
        let passed: u32 = results.filter_map(|(count, _)| count.parse::<u32>().ok()).sum();
        ensure!(passed > 0, "no test was run: {}", self.said);
        println!("{tool}: {passed} tests");
        for name in left_out.names {
            ensure!(self.left_out.iter().any(|test| test.contains(name)), "no test has `{name}` in its name any more");
        }
        println!("{tool}: left out, since {}: {}", left_out.reason, self.left_out.join(", "));
        Ok(self.said)
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
        // So that a stable compiler takes the flag.
        test.arg("test").env("RUSTC_BOOTSTRAP", "1");
        test
    })
}

/// With std built anew: each access to memory must be seen, those of std's locks and channels included.
fn thread_sanitizer() -> Result<String> {
    // It takes a child with shared memory for one that has its own, and loses its way. Where that is refused the library
    // starts one that has its own.
    Right::Filter.must_be_granted()?;
    println!("thread sanitizer: children have memory of their own, since it loses its way in those that share it");
    let filter = Filter::everywhere(&[Refused::SharedMemory], Answer::Errno("EPERM", libc::EPERM))?;
    sanitized("thread", || {
        let mut test = toolchain::nightly("test");
        // A std that is built for the occasion unwinds, as the tests do.
        test.arg("-Zbuild-std").env("CARGO_PROFILE_DEV_PANIC", "unwind");
        let mut filter = filter.clone();
        // SAFETY: it makes system calls, and takes no memory.
        unsafe { test.pre_exec(move || filter.set()) };
        test
    })
}

/// Runs the tests of the library with the libc backend: system calls by hand are nothing that a sanitizer sees.
fn sanitized(sanitizer: &str, test: impl Fn() -> Command) -> Result<String> {
    let place = project::root().join("target/sanitized").join(sanitizer);
    let target = Arch::host()?.target();
    let mut tested = Tested::default();
    // One after the other, since all of them together take long.
    let entries = std::fs::read_dir(project::root().join("tests"))?.flatten().map(|entry| entry.path());
    let is_program = |path: &std::path::PathBuf| {
        path.extension().is_some_and(|extension| extension == "rs") || path.join("main.rs").exists()
    };
    let programs = entries.filter(is_program);
    let mut names: Vec<String> = programs.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    for name in names {
        let command = || {
            let mut test = test();
            test.args(["--quiet", "--no-fail-fast", "--package", "ffi_syscalls", "--features", "libc,exports"]);
            test.env("CARGO_ENCODED_RUSTFLAGS", format!("-Zsanitizer={sanitizer}"));
            // std removes a deep directory with a call for each level, which takes more of a stack than otherwise.
            test.env("RUST_MIN_STACK", (64 << 20).to_string());
            test.args(["--target", target, "--test", &name, "--target-dir"]).arg(&place).arg("--");
            test
        };
        tested.add(command, &MEASURING_MEMORY)?;
    }
    tested.report(&format!("{sanitizer} sanitizer"), &MEASURING_MEMORY)
}

/// The C program that calls every function, alone with the kernel: every byte that decides anything was set before.
fn valgrind() -> Result<String> {
    let work = tempfile::tempdir()?;
    let program = work.path().join("program");
    c_callers::compile_conformance(&build::run_for(Arch::host()?)?, &program)?;
    let mut run = command("valgrind");
    run.env("FFI_SYSCALLS_EMULATED", "valgrind");
    run.args(["--quiet", "--error-exitcode=99", "--track-fds=no"]).arg(&program).arg(work.path().join("new"));
    let said = said(&execute(shell::with_default_signals(&mut run)).context("under valgrind")?);
    println!("valgrind: tests/c/conformance.c, no error");
    Ok(said)
}
