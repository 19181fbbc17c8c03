//! Files.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use anyhow::ensure;

use super::{Expected, LINES, PLAIN, Scenario, Step, Words, ask, closed};

/// The scenarios of the functions for files.
pub const ALL: &[Scenario] = &[
    // Facts about files
    exists("a file", &["small"], Expected::True),
    exists("nothing there", &["nowhere"], Expected::Failure(0, libc::ENOENT)),
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
    read("nothing there", &["nowhere"], Expected::Failure(0, libc::ENOENT)),
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
    // Locks
    lock("a new file", |place| place.remove("new")),
    lock("a file", |place| place.write("new", b"")),
    lock("a directory", |place| {
        place.remove("new")?;
        Ok(fs::create_dir(place.at("new"))?)
    }),
    closed(lock("a new file, standard streams closed", |place| place.remove("new"))),
    Scenario {
        function: "rt_file_lock_timeout",
        arguments: &["new", "1000"],
        ..lock("a file, within a second", |place| place.write("new", b""))
    },
    Scenario {
        function: "rt_file_lock_timeout",
        arguments: &["new", "-1"],
        ..lock("a file, without a limit", |place| place.write("new", b""))
    },
    Scenario { function: "rt_file_lock_timeout", ..held("within a millisecond", &["new", "1"], libc::ETIMEDOUT) },
    shared("a file, at once", &["new", "0"]),
    shared("a file, without a limit", &["new", "-1"]),
    Scenario { function: "rt_file_lock_shared", ..held("at once", &["new", "0"], libc::EAGAIN) },
    Scenario {
        function: "rt_file_unlock",
        arguments: &["new"],
        before: |place| place.write("new", b""),
        done: |place| place.is_free("new"),
        failed: |place| place.is_free("new"),
        ..PLAIN
    },
];

const fn exists(state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, ..ask("rt_file_exists", arguments, expected) }
}

const fn read(state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, ..ask("rt_file_read_text", arguments, expected) }
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

/// A shared lock on a file.
const fn shared(state: &'static str, arguments: Words) -> Scenario {
    let done: Step = |place| place.is_shared("new");
    Scenario { function: "rt_file_lock_shared", arguments, done, ..lock(state, |place| place.write("new", b"")) }
}

/// A lock on a file that another process keeps locked. The number of attempts depends on the time that they take.
const fn held(state: &'static str, arguments: Words, errno: i32) -> Scenario {
    let (before, failed): (Step, Step) = (|place| place.hold("new"), |place| place.is_locked("new"));
    let expected = Expected::Failure(-1, errno);
    Scenario { state, arguments, before, expected, done: failed, failed, is_slow: true, ..PLAIN }
}
