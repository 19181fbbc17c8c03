//! The standard streams.

use super::{LINES, PLAIN, Scenario, Step};

/// The scenarios of the functions for the standard streams.
pub const ALL: &[Scenario] = &[
    print("rt_print", |place| place.is("output", LINES.as_bytes())),
    print("rt_eprint", |place| place.is("errors", LINES.as_bytes())),
];

const fn print(function: &'static str, done: Step) -> Scenario {
    Scenario { function, arguments: &[LINES], done, ..PLAIN }
}
