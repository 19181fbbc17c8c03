//! The scenarios of the fault injector: each operation, in each state that leads to other system calls.

mod dir;
mod env;
mod file;
mod glob;
mod path;
mod process;
mod stdio;
mod system;

use super::scenario::{Expected, PLAIN, Scenario, Step};

const HERE: (&str, &str) = ("RT_FAULTS", "here");

const LINES: &str = "one line\nand another\n";

/// Returns all scenarios.
pub fn all() -> impl Iterator<Item = &'static Scenario> + Clone {
    [file::ALL, dir::ALL, path::ALL, glob::ALL, env::ALL, process::ALL, system::ALL, stdio::ALL].into_iter().flatten()
}

/// The functions without a system call that can fail.
pub const WITHOUT: [&str; 6] = ["rt_glob_match", "rt_free", "rt_len", "rt_last_error", "rt_error_text", "rt_exit"];

type Words = &'static [&'static str];

/// A call without effects.
const fn ask(function: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { function, arguments, expected, ..PLAIN }
}

/// The same with closed standard input and output, whose numbers the kernel assigns first.
const fn closed(scenario: Scenario) -> Scenario {
    Scenario { setup: "closed", ..scenario }
}
