//! The project's own commands, run as `cargo xtask <command>`.
//!
//! This package dispatches, installs and sets up. Builds are in `workbench`, checks in tests/harness.

mod demo;
mod install;
mod run;
mod setup;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use harness::{abi, bench, calls, faults, fuzz, instructions, list, plan, sandbox, size};
use workbench::{build, project};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Builds, installs and tests ffi_syscalls")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the archives, the shared object, the header and the .pc file into target/dist/<arch>-<system>
    Build(build::Arguments),
    /// Build the library and rtbox, and run every operation as a demonstration
    Demo(demo::Arguments),
    /// Run the checks: formatting, lints, Rust tests, C programs, rtbox, the ABI, sizes, sandboxes, faults
    Test(plan::Arguments),
    /// Make every system call of every operation fail in every way, and check the results
    Faults(faults::Arguments),
    /// Report what an operation lacks: generated files, tests, scenarios, rows of tables
    List,
    /// Write the files generated from the list of operations: header, tests/c/operations.h, tables, sizes, calls
    Bless(list::Bless),
    /// Check that the archives and the shared object define the functions of the list, and need nothing else
    Abi(abi::Arguments),
    /// Print the sizes of artifacts, of small programs and of each call; fail if one has grown
    Size(size::Arguments),
    /// Print the system calls of each function; fail if tests/calls.txt differs
    Calls(calls::Arguments),
    /// Print the number of instructions of a call of each function; fail if one has grown
    Instructions(instructions::Arguments),
    /// Time every operation compared with its alternatives, and write the table and the chart in benches/
    Bench(bench::Arguments),
    /// Fuzz the parsers and the allocator of the library
    Fuzz(fuzz::Arguments),
    /// Run a program of another architecture, and the programs that it starts, in qemu
    Run(run::Arguments),
    /// Print the commands that install the missing tools of `test`; with --yes run them
    Setup(setup::Arguments),
    /// Run programs that call every function in sandboxes that lack, refuse or change something
    Sandbox(sandbox::Arguments),
    /// Install the artifacts of `build`
    Install(install::Arguments),
}

fn main() -> ExitCode {
    // A closed pipe ends this tool instead of making its output panic.
    // SAFETY: SIG_DFL calls no function.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    // Other users run and read some of the files, whatever the umask of the caller.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let mut temporary = tempfile::tempfile().context("cannot make a temporary file: TMPDIR names the directory")?;
    temporary.write_all(&[0; 1 << 16]).context("no space for temporary files: TMPDIR names another directory")?;
    // Builds of two commands would conflict. Other commands start `run`, and a list of checks builds nothing.
    let needs_turn = match &command {
        Command::Run(_) => false,
        Command::Test(arguments) => !arguments.list,
        _ => true,
    };
    let _turn = if needs_turn { Some(project::wait_for_turn()?) } else { None };
    match command {
        Command::Build(arguments) => build::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Test(arguments) => plan::run(&arguments),
        Command::Faults(arguments) => faults::run(&arguments),
        Command::List => list::run(),
        Command::Bless(arguments) => list::bless(&arguments),
        Command::Abi(arguments) => abi::run(&arguments),
        Command::Size(arguments) => size::run(&arguments),
        Command::Calls(arguments) => calls::run(&arguments),
        Command::Instructions(arguments) => instructions::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Run(arguments) => run::run(&arguments).map(|never| match never {}),
        Command::Setup(arguments) => setup::run(&arguments),
        Command::Sandbox(arguments) => plan::run_sandboxes(&arguments),
        Command::Install(arguments) => install::run(&arguments),
    }
}
