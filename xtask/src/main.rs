//! The project's own commands, run as `cargo xtask <command>`.
//!
//! One file a command, and some that they share: `shell` runs programs, `project` knows the places, `toolchain` the
//! compilers and linkers, `elf` reads what was built.

mod abi;
mod backends;
mod build;
mod c_callers;
mod columns;
mod demo;
mod elf;
mod emulator;
mod header;
mod install;
mod project;
mod setup;
mod shell;
mod size;
mod test;
mod toolchain;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

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
    /// Build the library and rtbox, and work through all 21 operations on this machine
    Demo(demo::Arguments),
    /// Run every check there is: formatting, lints, Rust tests, C callers, rtbox, the ABI
    Test(test::Arguments),
    /// Generate the C header, or check that header, exports and documentation agree
    Abi(abi::Arguments),
    /// Print the size of everything that is shipped, and fail where it is over its budget
    Size(size::Arguments),
    /// Run a program of another architecture, and those that it starts, in qemu
    Run(emulator::Arguments),
    /// Say what this machine lacks for the full test, as commands to run
    Setup(setup::Arguments),
    /// Put what `build` made in place
    Install(install::Arguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Build(arguments) => build::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Abi(arguments) => abi::run(&arguments),
        Command::Size(arguments) => size::run(&arguments),
        Command::Run(arguments) => emulator::run(&arguments).map(|never| match never {}),
        Command::Setup(arguments) => setup::run(&arguments),
        Command::Install(arguments) => install::run(&arguments),
    }
}
