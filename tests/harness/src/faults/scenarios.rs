//! The scenarios of the fault injector: each operation, in each state that leads to other system calls.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use anyhow::ensure;

use super::scenario::{Expected, PLAIN, Scenario, Step};

const HERE: (&str, &str) = ("RT_FAULTS", "here");

const ENOENT: i32 = libc::ENOENT;
const LINES: &str = "one line\nand another\n";

/// All scenarios.
pub const ALL: &[Scenario] = &[
    // Facts about files
    exists("a file", &["small"], Expected::True),
    exists("nothing there", &["nowhere"], Expected::Failure(0, ENOENT)),
    exists("a loop of links", &["link-to-itself"], Expected::Failure(0, libc::ELOOP)),
    ask("rt_file_size", &["small"], Expected::Number(|place| Ok(place.small.len().try_into()?))),
    ask("rt_file_modified_time", &["small"], Expected::Number(|place| Ok(fs::metadata(place.at("small"))?.mtime()))),
    // Reading
    read("an empty file", &["empty"], Expected::Text(|_| b"")),
    read("4 KB", &["small"], Expected::Text(|place| &place.small)),
    read("300 KB", &["medium"], Expected::Text(|place| &place.medium)),
    Scenario { is_slow: true, ..read("17 MB", &["large"], Expected::Text(|place| &place.large)) },
    read("a pipe", &["pipe=40000"], Expected::Text(|place| &place.piped)),
    closed(read("4 KB, standard streams closed", &["small"], Expected::Text(|place| &place.small))),
    read("nothing there", &["nowhere"], Expected::Failure(0, ENOENT)),
    read("a directory", &["few"], Expected::Failure(0, libc::EISDIR)),
    // Writing
    write_new("rt_file_write_text"),
    write_over(
        "rt_file_write_text",
        "a longer file",
        |place| place.is("new", LINES.as_bytes()),
        |place| place.has("new"),
    ),
    write_new("rt_file_append_text"),
    write_over(
        "rt_file_append_text",
        "a file",
        |place| place.is("new", &[&place.small, LINES.as_bytes()].concat()),
        |place| {
            let found = fs::read(place.at("new"))?;
            ensure!(found.starts_with(&place.small), "what was in the file has changed");
            Ok(())
        },
    ),
    // Copying
    copy_new("nothing in it", &["empty", "new"], |place| place.is_copy("new", "empty", b"")),
    copy_new("4 KB", &["small", "new"], |place| place.is_copy("new", "small", &place.small)),
    copy_new("4 KB, by way of a link", &["link", "new"], |place| place.is_copy("new", "small", &place.small)),
    copy_new("300 KB", &["medium", "new"], |place| place.is_copy("new", "medium", &place.medium)),
    copy_new("a pipe", &["pipe=40000", "new"], |place| place.is("new", &place.piped)),
    copy_new("a hole and 4 KB", &["hole", "new"], |place| place.is_copy("new", "hole", &place.hole)),
    Scenario {
        is_slow: true,
        ..copy_new("two holes", &["sparse", "new"], |place| place.is_copy("new", "sparse", &place.sparse))
    },
    Scenario {
        is_slow: true,
        ..copy_over("two holes over a file", &["sparse", "new"], |place| place.is_over("new", &place.sparse))
    },
    closed(copy_new("4 KB, standard streams closed", &["small", "new"], |place| {
        place.is_copy("new", "small", &place.small)
    })),
    Scenario {
        expected: Expected::Failure(0, libc::EISDIR),
        ..copy_new("a directory", &["few", "new"], |place| place.has_no("new"))
    },
    copy_over("4 KB over a longer file", &["small", "new"], |place| place.is_over("new", &place.small)),
    copy_over("300 KB over a file", &["medium", "new"], |place| place.is_over("new", &place.medium)),
    Scenario {
        before: |place| {
            place.remove("new")?;
            place.remove("target")?;
            Ok(symlink("target", place.at("new"))?)
        },
        ..copy_over("to where a dangling link leads", &["small", "new"], |place| {
            place.is_copy("target", "small", &place.small)
        })
    },
    Scenario {
        function: "rt_file_copy",
        state: "onto itself, by way of a link",
        arguments: &["small", "link"],
        expected: Expected::Failure(0, libc::EINVAL),
        ..PLAIN
    },
    // Names
    delete("rt_file_delete"),
    delete("rt_file_remove"),
    create("", &["new", "plain"], |place| place.has("new"), |place| place.has_no("new")),
    create("three levels", &["new/b/c", "recursive"], |place| place.has("new/b/c"), |place| place.has_no("new/b/c")),
    create_under("three levels, the umask takes access from the owner", "unwritable"),
    create_under("three levels, the umask takes everything", "unreadable"),
    create("recursive, there already", &["few", "recursive"], |place| place.has("few"), |place| place.has("few")),
    list("3 names", &["few"], Expected::List(|place| &place.few)),
    list("1500 names", &["many"], Expected::List(|place| &place.many)),
    list("a file", &["small"], Expected::Failure(0, libc::ENOTDIR)),
    // Locks
    lock("a new file", |place| place.remove("new")),
    lock("a file", |place| place.write("new", b"")),
    lock("a directory", |place| {
        place.remove("new")?;
        Ok(fs::create_dir(place.at("new"))?)
    }),
    closed(lock("a new file, standard streams closed", |place| place.remove("new"))),
    Scenario {
        function: "rt_file_unlock",
        arguments: &["new"],
        before: |place| place.write("new", b""),
        done: |place| place.is_free("new"),
        failed: |place| place.is_free("new"),
        ..PLAIN
    },
    // The environment
    ask("rt_env_cwd", &[], Expected::Text(|place| &place.working_directory)),
    Scenario { state: "set", environment: &[HERE], ..ask("rt_env_get", &["RT_FAULTS"], Expected::Text(|_| b"here")) },
    Scenario {
        state: "HOME",
        environment: &[("HOME", "/home/of/mine")],
        ..ask("rt_env_home", &[], Expected::Text(|_| b"/home/of/mine"))
    },
    Scenario {
        state: "/etc/passwd",
        environment: &[HERE],
        ..ask("rt_env_home", &[], Expected::Text(|place| &place.home))
    },
    Scenario { environment: &[HERE], ..ask("rt_env_set", &["RT_FAULTS", "there"], Expected::True) },
    // Processes
    ask("rt_getpid", &[], Expected::AtLeastOne),
    run("a path", "plain", &["path/c/prog", "check", "plain", "an argument", ""]),
    run("a path, the caller ignores SIGCHLD", "ignores", &["path/c/prog", "check", "ignores", "an argument", ""]),
    run("a path, the caller has SA_NOCLDWAIT", "not-waited", &["path/c/prog", "check", "plain", "an argument", ""]),
    run("a path, the caller handles signals", "handles", &["path/c/prog", "check", "handles", "an argument", ""]),
    run("a path, standard streams closed", "closed", &["path/c/prog", "check", "plain", "an argument", ""]),
    run("a name", "plain", &["prog", "check", "plain", "an argument", ""]),
    run("a script without #!", "plain", &["script"]),
    Scenario { expected: Expected::Failure(127, ENOENT), ..run("a name, not found", "plain", &["no-such-program"]) },
    Scenario {
        expected: Expected::Failure(127, ENOENT),
        ..run("a path, not found, the caller ignores SIGCHLD", "ignores", &["path/no-such-program"])
    },
    Scenario {
        expected: Expected::Failure(126, libc::EACCES),
        ..run("a path, not to be executed", "plain", &["path/b/prog"])
    },
    // The system
    ask("rt_system_cpu_count", &[], Expected::AtLeastOne),
    ask("rt_hostname", &[], Expected::Text(|place| &place.host_name)),
    print("rt_print", |place| place.is("output", LINES.as_bytes())),
    print("rt_eprint", |place| place.is("errors", LINES.as_bytes())),
];

/// The functions without a system call that can fail.
pub const WITHOUT: [&str; 5] = ["rt_free", "rt_len", "rt_last_error", "rt_error_text", "rt_exit"];

type Words = &'static [&'static str];

/// A call without effects.
const fn ask(function: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { function, arguments, expected, ..PLAIN }
}

const fn exists(state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, ..ask("rt_file_exists", arguments, expected) }
}

const fn read(state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, ..ask("rt_file_read_text", arguments, expected) }
}

const fn list(state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, ..ask("rt_dir_list", arguments, expected) }
}

const fn print(function: &'static str, done: Step) -> Scenario {
    Scenario { function, arguments: &[LINES], done, ..PLAIN }
}

/// A text written to a new file.
const fn write_new(function: &'static str) -> Scenario {
    let (before, done): (Step, Step) = (|place| place.remove("new"), |place| place.is("new", LINES.as_bytes()));
    Scenario { function, state: "a new file", arguments: &["new", LINES], before, done, ..PLAIN }
}

/// A text written over a file.
const fn write_over(function: &'static str, state: &'static str, done: Step, failed: Step) -> Scenario {
    let before: Step = |place| place.write("new", &place.small);
    Scenario { function, state, arguments: &["new", LINES], before, done, failed, ..PLAIN }
}

const fn create(state: &'static str, arguments: Words, done: Step, failed: Step) -> Scenario {
    Scenario { function: "rt_dir_create", state, arguments, before: |place| place.remove("new"), done, failed, ..PLAIN }
}

/// New directories, of which the parents must give their owner access whatever the umask is.
const fn create_under(state: &'static str, setup: &'static str) -> Scenario {
    let before: Step = |place| place.remove_new_directories();
    let done: Step = |place| ["new", "new/b"].iter().try_for_each(|parent| place.gives_access(parent));
    let failed: Step = |_| Ok(());
    Scenario { setup, before, ..create(state, &["new/b/c", "recursive"], done, failed) }
}

/// A copy to a new file, which must not exist after a failure.
const fn copy_new(state: &'static str, arguments: Words, done: Step) -> Scenario {
    let (before, failed): (Step, Step) = (|place| place.remove("new"), |place| place.has_no("new"));
    Scenario { function: "rt_file_copy", state, arguments, before, done, failed, ..PLAIN }
}

/// A copy over a file, which must still exist after a failure.
const fn copy_over(state: &'static str, arguments: Words, done: Step) -> Scenario {
    let (before, failed): (Step, Step) = (|place| place.write_private("new", &place.medium), |place| place.has("new"));
    Scenario { function: "rt_file_copy", state, arguments, before, done, failed, ..PLAIN }
}

const fn delete(function: &'static str) -> Scenario {
    Scenario {
        function,
        arguments: &["new"],
        before: |place| place.write("new", b""),
        done: |place| place.has_no("new"),
        failed: |place| place.has("new"),
        ..PLAIN
    }
}

/// The same with closed standard input and output, whose numbers the kernel assigns first.
const fn closed(scenario: Scenario) -> Scenario {
    Scenario { setup: "closed", ..scenario }
}

const fn lock(state: &'static str, before: Step) -> Scenario {
    Scenario {
        function: "rt_file_lock",
        state,
        arguments: &["new"],
        before,
        expected: Expected::Descriptor,
        done: |place| place.is_locked("new"),
        failed: |place| if place.exists("new") { place.is_free("new") } else { Ok(()) },
        ..PLAIN
    }
}

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
