//! Forms of scenarios that several families share.

pub use super::super::scenario::{Expected, PLAIN, Scenario, Step};

pub const HERE: (&str, &str) = ("RT_FAULTS", "here");

pub const LINES: &str = "one line\nand another\n";

pub type Words = &'static [&'static str];

/// A call without effects.
pub const fn ask(function: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { function, arguments, expected, ..PLAIN }
}

/// The same with closed standard input and output, whose numbers the kernel assigns first.
pub const fn closed(scenario: Scenario) -> Scenario {
    Scenario { setup: "closed", ..scenario }
}
