//! Directories.

use super::common::{Expected, PLAIN, Scenario, Step, Words, ask};

/// The scenarios of the functions for directories.
pub const ALL: &[Scenario] = &[
    create("", &["new", "plain"], |place| place.has("new"), |place| place.has_no("new")),
    create("three levels", &["new/b/c", "recursive"], |place| place.has("new/b/c"), |place| place.has_no("new/b/c")),
    create_under("three levels, the umask takes access from the owner", "unwritable"),
    create_under("three levels, the umask takes everything", "unreadable"),
    create("recursive, there already", &["few", "recursive"], |place| place.has("few"), |place| place.has("few")),
    Scenario { state: "a directory", ..ask("rt_dir_exists", &["few"], Expected::True) },
    Scenario { state: "a file", ..ask("rt_dir_exists", &["small"], Expected::Failure(0, libc::ENOTDIR)) },
    Scenario {
        function: "rt_dir_remove",
        arguments: &["new"],
        before: |place| place.make_directory("new"),
        done: |place| place.has_no("new"),
        failed: |place| place.has("new"),
        ..PLAIN
    },
    Scenario {
        function: "rt_dir_remove_all",
        state: "a tree",
        arguments: &["new"],
        before: |place| place.make_tree("new"),
        done: |place| place.has_no("new"),
        failed: |place| place.has("few"),
        ..PLAIN
    },
    Scenario {
        function: "rt_dir_remove_all",
        state: "a link",
        arguments: &["new"],
        before: |place| place.make_link("new", "few"),
        done: |place| place.has_no("new"),
        failed: |place| place.has("new"),
        ..PLAIN
    },
    Scenario { state: "a tree", ..ask("rt_dir_walk", &["path"], Expected::List(|place| &place.walked)) },
    list("3 names", &["few"], Expected::List(|place| &place.few)),
    list("1500 names", &["many"], Expected::List(|place| &place.many)),
    Scenario {
        before: |place| place.empty_directory("temporary"),
        done: |place| place.has_mode(&format!("temporary/{}", place.names_in("temporary")?.concat()), 0o700),
        failed: |place| place.contains_only("temporary", &[]),
        ..ask("rt_dir_temp", &["temporary", "prefix-"], Expected::NewPath("temporary/prefix-"))
    },
    list("a file", &["small"], Expected::Failure(0, libc::ENOTDIR)),
];

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

const fn list(state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, ..ask("rt_dir_list", arguments, expected) }
}
