//! Processes.

use super::common::{Expected, HERE, PLAIN, Scenario, Words, ask};

/// The scenarios of the functions for processes.
pub const ALL: &[Scenario] = &[
    ask("rt_getpid", &[], Expected::AtLeastOne),
    run("a path", "plain", &["path/c/prog", "check", "plain", "an argument", ""]),
    run("a path, the caller ignores SIGCHLD", "ignores", &["path/c/prog", "check", "ignores", "an argument", ""]),
    run("a path, the caller has SA_NOCLDWAIT", "not-waited", &["path/c/prog", "check", "plain", "an argument", ""]),
    run("a path, the caller handles signals", "handles", &["path/c/prog", "check", "handles", "an argument", ""]),
    run("a path, standard streams closed", "closed", &["path/c/prog", "check", "plain", "an argument", ""]),
    run("a name", "plain", &["prog", "check", "plain", "an argument", ""]),
    run("a script without #!", "plain", &["script"]),
    Scenario {
        expected: Expected::Failure(127, libc::ENOENT),
        ..run("a name, not found", "plain", &["no-such-program"])
    },
    Scenario {
        expected: Expected::Failure(127, libc::ENOENT),
        ..run("a path, not found, the caller ignores SIGCHLD", "ignores", &["path/no-such-program"])
    },
    Scenario {
        expected: Expected::Failure(126, libc::EACCES),
        ..run("a path, not to be executed", "plain", &["path/b/prog"])
    },
    // The first one is traced. The order of the calls of the second one varies.
    Scenario {
        function: "rt_process_run_with",
        expected: Expected::Failure(0, libc::ENOENT),
        is_slow: true,
        ..run("a path, not found", "plain", &["path/no-such-program"])
    },
    Scenario {
        function: "rt_process_run_with",
        expected: Expected::True,
        is_slow: true,
        ..run("captured", "plain", &["path/c/prog", "echo"])
    },
    Scenario {
        function: "rt_process_output",
        expected: Expected::Failure(0, libc::ENOENT),
        is_slow: true,
        ..run("a path, not found", "plain", &["path/no-such-program"])
    },
    Scenario {
        function: "rt_process_spawn",
        is_slow: true,
        ..run("a path", "plain", &["path/c/prog", "check", "plain", "an argument", ""])
    },
    Scenario { function: "rt_process_wait", arguments: &["", "60000"], expected: Expected::Number(|_| Ok(7)), ..PLAIN },
    Scenario { function: "rt_process_is_running", ..PLAIN },
    Scenario { function: "rt_process_kill", arguments: &["", "0"], ..PLAIN },
    Scenario {
        function: "rt_shell",
        arguments: &["exit 7"],
        is_slow: true,
        expected: Expected::Number(|_| Ok(7)),
        ..PLAIN
    },
    Scenario {
        function: "rt_process_exec",
        arguments: &["path/no-such-program"],
        expected: Expected::Failure(127, libc::ENOENT),
        ..PLAIN
    },
];

/// A program that exits with 7 if its arguments and environment are right.
const fn run(state: &'static str, setup: &'static str, arguments: Words) -> Scenario {
    Scenario {
        function: "rt_process_run",
        state,
        setup,
        arguments,
        environment: &[HERE, ("PATH", "path/a:path/b:path/c")],
        expected: Expected::Number(|_| Ok(7)),
        ..PLAIN
    }
}
