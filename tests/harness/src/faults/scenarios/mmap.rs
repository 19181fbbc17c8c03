//! Mappings of files.

use super::common::{Expected, PLAIN, Scenario, Step, Words, ask, closed};

/// The scenarios of the functions for mappings.
pub const ALL: &[Scenario] = &[
    map("4 KB", &["small", "0", "0", "0"], Expected::Mapping(|place| &place.small)),
    map("100 bytes at offset 77", &["small", "77", "100", "2"], Expected::Mapping(|place| &place.small[77..177])),
    closed(map("4 KB, standard streams closed", &["small", "0", "0", "0"], Expected::Mapping(|place| &place.small))),
    Scenario {
        before: |place| place.write("new", &place.small),
        done: |place| place.is("new", &place.small),
        failed: |place| place.is("new", &place.small),
        ..map("4 KB, shared and writable", &["new", "0", "0", "1"], Expected::Mapping(|place| &place.small))
    },
    map("an empty file", &["empty", "0", "0", "0"], Expected::Mapping(|_| b"")),
    map("beyond the end", &["small", "1", "4000", "0"], Expected::Failure(0, libc::EINVAL)),
    map("a directory", &["few", "0", "0", "0"], Expected::Failure(0, libc::ENODEV)),
    mapped("rt_file_munmap", &["new", "4000"]),
    mapped("rt_file_msync", &["new", "4000", "true"]),
    mapped("rt_file_madvise", &["new", "4000", "2"]),
];

/// A mapping of a part of a file: its offset, length and access.
const fn map(state: &'static str, arguments: Words, expected: Expected) -> Scenario {
    Scenario { state, ..ask("rt_file_mmap", arguments, expected) }
}

/// A call with a mapping of all 4000 bytes of a file.
const fn mapped(function: &'static str, arguments: Words) -> Scenario {
    let (before, done): (Step, Step) =
        (|place| place.write("new", &place.small), |place| place.is("new", &place.small));
    Scenario { function, arguments, before, done, failed: done, ..PLAIN }
}
