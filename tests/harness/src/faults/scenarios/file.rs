//! Files.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use anyhow::{Result, ensure};

use super::super::place::Place;
use super::common::{Expected, LINES, PLAIN, Scenario, Step, Words, ask, closed};

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
    write_new("rt_file_write_bytes"),
    write_new("rt_file_append_bytes"),
    replace("rt_file_atomic_write", "a file", &["atomic/file", LINES], |place| {
        place.is_over("atomic/file", LINES.as_bytes())
    }),
    replace("rt_file_atomic_write", "by way of a link", &["atomic/link", LINES], |place| {
        place.is_over("atomic/file", LINES.as_bytes())
    }),
    Scenario {
        before: |place| place.empty_directory("atomic"),
        failed: |place| {
            if place.exists("atomic/new") { is_new_only(place) } else { place.contains_only("atomic", &[]) }
        },
        ..replace("rt_file_atomic_write_bytes", "a new file", &["atomic/new", LINES], is_new_only)
    },
    // Parts and lines
    read_at("a part", &["small", "1000", "500"], |place| place.small.get(1000..1500).unwrap_or_default()),
    read_at("all of a file", &["medium", "0", "1000000000000"], |place| &place.medium),
    Scenario {
        function: "rt_file_write_at",
        arguments: &["new", "100", LINES],
        before: |place| place.write("new", &place.small),
        expected: Expected::Number(|_| Ok(LINES.len().try_into()?)),
        done: |place| {
            let (start, end) = (place.small.get(..100), place.small.get(100 + LINES.len()..));
            place.is("new", &[start.unwrap_or_default(), LINES.as_bytes(), end.unwrap_or_default()].concat())
        },
        failed: |place| place.has("new"),
        ..PLAIN
    },
    ask("rt_file_read_lines", &["lines"], Expected::List(|place| &place.lines)),
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
    Scenario {
        function: "rt_file_rename",
        arguments: &["moves/from", "moves/to"],
        before: |place| make_moves(place, false),
        done: |place| place.contains_only("moves", &["to"]),
        failed: |place| place.contains_only("moves", &["from"]),
        ..PLAIN
    },
    move_to("a file", |place| make_moves(place, false)),
    Scenario {
        // If the first name cannot be removed after it was set aside, and cannot be put back either, a third one stays.
        failed: |place| place.names_in("moves")?.iter().try_for_each(|name| is_moved(place, name)),
        ..move_to("two names of one file", |place| make_moves(place, true))
    },
    Scenario {
        done: |place| {
            place.contains_only("moves", &["to"])?;
            ensure!(fs::read_link(place.at("moves/to"))? == Path::new("target"), "another link");
            Ok(())
        },
        failed: |place| {
            ensure!(!place.names_in("moves")?.is_empty(), "both are gone");
            Ok(())
        },
        ..move_to("a link", |place| {
            place.empty_directory("moves")?;
            Ok(symlink("target", place.at("moves/from"))?)
        })
    },
    Scenario {
        function: "rt_file_symlink",
        arguments: &["target", "new"],
        before: |place| place.remove("new"),
        done: |place| {
            ensure!(fs::read_link(place.at("new"))? == Path::new("target"), "another link");
            Ok(())
        },
        failed: |place| place.has_no("new"),
        ..PLAIN
    },
    ask("rt_file_read_link", &["link"], Expected::Text(|_| b"small")),
    Scenario {
        before: |place| place.empty_directory("temporary"),
        done: |place| place.has_mode(&format!("temporary/{}", place.names_in("temporary")?.concat()), 0o600),
        failed: |place| place.contains_only("temporary", &[]),
        ..ask("rt_file_temp", &["temporary", "prefix-"], Expected::NewPath("temporary/prefix-"))
    },
    // Attributes
    ask("rt_file_kind", &["small"], Expected::Number(|_| Ok(i64::from(b'f')))),
    ask("rt_file_mode", &["small"], Expected::Number(|_| Ok(0o640))),
    Scenario {
        function: "rt_file_set_mode",
        arguments: &["new", "292"],
        before: |place| place.write_private("new", b""),
        done: |place| place.has_mode("new", 0o444),
        failed: |place| place.has_mode("new", 0o600),
        ..PLAIN
    },
    Scenario {
        function: "rt_file_set_modified_time",
        arguments: &["new", "1000000000", "5"],
        before: |place| place.write("new", b""),
        done: |place| {
            ensure!(fs::metadata(place.at("new"))?.mtime() == 1_000_000_000, "another time");
            Ok(())
        },
        failed: |place| {
            ensure!(fs::metadata(place.at("new"))?.mtime() != 1_000_000_000, "the time is set");
            Ok(())
        },
        ..PLAIN
    },
    ask("rt_file_sync", &["small"], Expected::True),
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

const fn read_at(state: &'static str, arguments: Words, text: fn(&Place) -> &[u8]) -> Scenario {
    Scenario { state, ..ask("rt_file_read_at", arguments, Expected::Text(text)) }
}

/// A file replaced in one step. After a failure it has its old content, or the new one if only the directory may not be on
/// the disk.
const fn replace(function: &'static str, state: &'static str, arguments: Words, done: Step) -> Scenario {
    Scenario {
        function,
        state,
        arguments,
        before: |place| {
            place.empty_directory("atomic")?;
            symlink("file", place.at("atomic/link"))?;
            place.write_private("atomic/file", &place.small)
        },
        done,
        failed: |place| {
            place.contains_only("atomic", &["file", "link"])?;
            place.is_over("atomic/file", LINES.as_bytes()).or_else(|_| place.is_over("atomic/file", &place.small))
        },
        ..PLAIN
    }
}

fn is_new_only(place: &Place) -> Result<()> {
    place.contains_only("atomic", &["new"])?;
    place.is("atomic/new", LINES.as_bytes())
}

/// Makes a directory with a file, which has two names or one.
fn make_moves(place: &Place, has_two: bool) -> Result<()> {
    place.empty_directory("moves")?;
    place.write_private("moves/from", &place.small)?;
    if has_two { Ok(fs::hard_link(place.at("moves/from"), place.at("moves/to"))?) } else { Ok(()) }
}

fn is_moved(place: &Place, name: &str) -> Result<()> {
    place.is_over(&format!("moves/{name}"), &place.small)
}

/// A move, after which the file is at one place, or at both if only the removal of the source failed.
const fn move_to(state: &'static str, before: Step) -> Scenario {
    Scenario {
        function: "rt_file_move",
        state,
        arguments: &["moves/from", "moves/to"],
        before,
        done: |place| {
            place.contains_only("moves", &["to"])?;
            is_moved(place, "to")
        },
        failed: |place| {
            let names = place.names_in("moves")?;
            ensure!(!names.is_empty(), "both are gone");
            ensure!(names.iter().all(|name| name == "from" || name == "to"), "it left {names:?}");
            names.iter().try_for_each(|name| is_moved(place, name))
        },
        ..PLAIN
    }
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
