//! The project's own commands, run as `cargo xtask <command>`.
//!
//! One file a command, and some that they share: `shell` runs programs, `project` knows the places, `toolchain` the
//! compilers and linkers, `elf` reads what was built.

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
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Builds, shows and tests ffi_syscalls")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the archives, the shared object, the header and the .pc file into target/dist/<arch>-<system>
    Build(build::Arguments),
    /// Build the library and rtbox, and work through the operations on this machine
    Demo(demo::Arguments),
    /// Run every check there is, but those of --full: formatting, lints, Rust tests, C callers, rtbox, the ABI
    Test(plan::Arguments),
    /// Make every system call of every operation fail in every way, and look at what comes of it
    Faults(faults::Arguments),
    /// Report all that an operation lacks: generated files, tests, scenarios, rows of tables
    List,
    /// Write what follows from the list of operations: header, tests/c/operations.h, tables of documents, sizes, calls
    Bless(list::Bless),
    /// Check that the archives and the shared object define the functions of the list, and need nothing else
    Abi(abi::Arguments),
    /// Print the size of what is shipped, of small programs, and of each call; fail where it has grown
    Size(size::Arguments),
    /// Print the system calls that each function makes, and fail where tests/calls.txt says otherwise
    Calls(calls::Arguments),
    /// Print how many instructions a call of each function takes, and fail where they have grown
    Instructions(instructions::Arguments),
    /// Time every operation beside what else can be had for it, and write the table and the chart in benches/
    Bench(bench::Arguments),
    /// Give what the library parses to a fuzzer, for as long as is asked
    Fuzz(fuzz::Arguments),
    /// Run a program of another architecture, and those that it starts, in qemu
    Run(run::Arguments),
    /// Say what this machine lacks for `test`, as commands to run; with --yes run them
    Setup(setup::Arguments),
    /// Run the C program that calls everything where something is missing, refused, full or changing
    Sandbox(sandbox::Arguments),
    /// Put what `build` made in place
    Install(install::Arguments),
}

fn main() -> ExitCode {
    // A reader that goes away ends this tool, and is no panic of its output's.
    // SAFETY: no handler of anybody's.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    // What is made for other users to run or read is for them, whoever started this tool.
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
    let mut temporary = tempfile::tempfile().context("no place for temporary files, which TMPDIR names")?;
    temporary.write_all(&[0; 1 << 16]).context("no room for temporary files, which are where TMPDIR says")?;
    // Another command's builds would be in this one's way; a command that this one starts is part of it.
    let _turn = if matches!(command, Command::Run(_)) { None } else { Some(project::wait_for_turn()?) };
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
