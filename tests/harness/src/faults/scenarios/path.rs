//! Paths.

use super::common::{Expected, Scenario, Words, ask};

/// The scenarios of the functions for paths.
pub const ALL: &[Scenario] = &[
    ask("rt_path_basename", &["a/b.tar.gz/"], Expected::Text(|_| b"b.tar.gz")),
    ask("rt_path_dirname", &["/a/b/"], Expected::Text(|_| b"/a")),
    ask("rt_path_extension", &["a/b.tar.gz"], Expected::Text(|_| b"gz")),
    ask("rt_path_join", &["a", "b"], Expected::Text(|_| b"a/b")),
    ask("rt_path_absolute", &["./"], Expected::Text(|place| &place.working_directory)),
    canonical("by way of a link", &["here/few/.."], Expected::Text(|place| &place.working_directory)),
    canonical("a file as a directory", &["small/"], Expected::Failure(0, libc::ENOTDIR)),
];

const fn canonical(state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, ..ask("rt_path_canonical", arguments, expected) }
}
