//! The standard streams.

use super::common::{Expected, LINES, PLAIN, Scenario, Step, Words, ask};

/// The scenarios of the functions for the standard streams.
pub const ALL: &[Scenario] = &[
    print("rt_print", |place| place.is("output", LINES.as_bytes())),
    print("rt_eprint", |place| place.is("errors", LINES.as_bytes())),
    print("rt_println", |place| place.is("output", &[LINES.as_bytes(), b"\n"].concat())),
    print("rt_eprintln", |place| place.is("errors", &[LINES.as_bytes(), b"\n"].concat())),
    input("rt_stdin_read_text", "a file", &["medium"], Expected::Text(|place| &place.medium)),
    input("rt_stdin_read_line", "a file", &["lines"], Expected::Text(|_| LINE)),
    input("rt_stdin_read_line", "a pipe", &["pipe=9"], Expected::Text(|_| b"abcdefghi")),
    input("rt_stdin_read_line", "the end", &["empty"], Expected::Failure(0, 0)),
];

/// The first line of the file `lines`.
const LINE: &[u8] = b"one line";

const fn print(function: &'static str, done: Step) -> Scenario {
    Scenario { function, arguments: &[LINES], done, ..PLAIN }
}

/// A call that reads the standard input, which is the file of the first argument.
const fn input(function: &'static str, state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, setup: "reads", ..ask(function, arguments, expected) }
}
