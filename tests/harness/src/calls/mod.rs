//! `cargo xtask calls`: the system calls of each function.
//!
//! strace(1) traces tests/c/calls.c, a freestanding program that calls the functions, and the result is compared with
//! tests/calls.txt, so that a lost or an additional system call shows. The table contains paths and flags, but no
//! addresses, descriptors and lengths of mappings.

mod groups;
mod render;
mod trace;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use similar::TextDiff;
use workbench::project::{self, Arch, Dist};
use workbench::shell::execute;
use workbench::{build, tools};

use crate::faults::{Place, Scenario, scenarios};
use crate::{c_callers, faults};
use groups::GROUPS;
use render::{Normal, write_sections};
use trace::{read_traces, strace, trace};

#[derive(clap::Args)]
pub struct Arguments {
    /// Write the system calls to tests/calls.txt
    #[arg(long)]
    bless: bool,
}

/// The committed table.
pub const FILE: &str = "tests/calls.txt";

const INTRODUCTION: &str = "\
# The system calls of each function on x86_64, in a program without a libc, as strace(1) prints them.
# Written by `cargo xtask calls --bless` from tests/c/calls.c. ADDR, TEXT, FD, PID and SIZE replace values that differ
# between runs. The error of a failed call follows it. The calls of a child end where it executes a program.
";

pub fn run(arguments: &Arguments) -> Result<()> {
    Arch::X86_64.must_be_host()?;
    tools::must_have(&[tools::STRACE, tools::CC])?;
    if arguments.bless {
        return bless();
    }
    let (found, fixed) = observe(&build::run_for(Arch::X86_64)?)?;
    print!("{found}");
    println!("{}", compare(found, fixed)?);
    Ok(())
}

/// Writes the table.
pub fn bless() -> Result<()> {
    let (found, fixed) = observe(&build::run_for(Arch::X86_64)?)?;
    fixed?;
    std::fs::write(project::root().join(FILE), found)?;
    println!("{FILE} written");
    Ok(())
}

/// Returns the functions that have a section in the table.
pub fn recorded_functions() -> Result<BTreeSet<String>> {
    Ok(functions_of(&std::fs::read_to_string(project::root().join(FILE)).context(FILE)?))
}

fn functions_of(table: &str) -> BTreeSet<String> {
    let heads = table.lines().filter_map(|line| line.split([':', ';']).next());
    heads.filter(|head| head.starts_with("rt_")).map(str::to_owned).collect()
}

/// Fails, with the difference, if the library makes other system calls than those of the table.
pub fn check(dist: &Dist) -> Result<String> {
    Arch::X86_64.must_be_host()?;
    let (found, fixed) = observe(dist)?;
    compare(found, fixed)
}

/// Returns the whole table, and the error if addresses could not be fixed.
fn observe(dist: &Dist) -> Result<(String, Result<()>)> {
    faults::must_trace()?;
    // In a thread, since the personality applies to a thread and its children.
    let observe = || {
        let fixed = faults::fix_addresses();
        Ok((table(dist)?, fixed))
    };
    std::thread::scope(|scope| scope.spawn(observe).join()).unwrap_or_else(|_| bail!("the thread panicked"))
}

/// Compares the table with the committed one. Returns the part that was left out, if any.
fn compare(mut found: String, fixed: Result<()>) -> Result<String> {
    let mut expected = std::fs::read_to_string(project::root().join(FILE)).context(FILE)?;
    let mut left_out = String::new();
    if let Err(error) = fixed {
        // The address of a mapping decides whether its ends are unmapped.
        for table in [&mut expected, &mut found] {
            *table = table.split_inclusive('\n').filter(|line| line.trim() != "munmap(ADDR, SIZE)").collect();
        }
        left_out = error.to_string().replacen("CANNOT RUN: ", "CANNOT RUN: the alignment of mappings: ", 1);
    }
    if expected == found {
        return Ok(left_out);
    }
    let difference = TextDiff::from_lines(&expected, &found);
    let difference = difference.unified_diff().context_radius(4).header(FILE, "the library").to_string();
    bail!("other system calls; if they are intended, run `cargo xtask calls --bless`:\n{difference}")
}

/// Returns the whole table.
fn table(dist: &Dist) -> Result<String> {
    let work = tempfile::tempdir()?;
    let program = work.path().join("calls");
    execute(&mut c_callers::link_small(dist, &project::root().join("tests/c/calls.c"), &program)?)?;
    let normal = Normal::new()?;
    let mut table = INTRODUCTION.to_owned();
    for (number, group) in GROUPS.iter().enumerate() {
        let place = work.path().join(number.to_string());
        let traces = trace(group, &program, &place)?;
        write_sections(&mut table, group.injected.map(|(what, _)| what), &normal.processes(&traces)?)?;
    }
    write_scenarios(&mut table, dist, work.path(), &normal)?;
    Ok(table)
}

/// Adds the first scenario of each function that tests/c/calls.c does not call.
fn write_scenarios(table: &mut String, dist: &Dist, work: &Path, normal: &Normal) -> Result<()> {
    let mut known = functions_of(table);
    let is_first = |scenario: &&Scenario| known.insert(scenario.function.to_owned());
    let scenarios: Vec<_> = scenarios::all().filter(is_first).collect();
    if scenarios.is_empty() {
        return Ok(());
    }
    let program = faults::compile(dist, work)?;
    let directory = work.join("scenarios");
    std::fs::create_dir(&directory)?;
    let place = Place::new(&directory, &program)?;
    for scenario in scenarios {
        scenario.prepare(&place)?;
        let traces = work.join(scenario.function);
        std::fs::create_dir(&traces)?;
        let state = if scenario.state.is_empty() { "" } else { ": " };
        let title = [scenario.function, state, scenario.state].concat();
        let mut strace = strace(&traces)?;
        strace.arg(&program).args(["trace", &title, scenario.setup, scenario.function]).args(scenario.arguments);
        strace.current_dir(&place.directory).env_clear().envs(scenario.environment.iter().copied());
        execute(&mut strace)?;
        write_sections(table, None, &normal.processes(&read_traces(&traces)?)?)?;
    }
    Ok(())
}
