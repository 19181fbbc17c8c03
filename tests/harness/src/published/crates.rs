//! The published crates whose tests are run, and those of the tests that do not apply.

/// A published crate.
pub struct Published {
    pub name: &'static str,
    pub version: &'static str,
    pub tests: &'static [Tests],
    /// Imports that the tests make of a module of std, such as `std::fs`, and the module that they get.
    pub replaced: &'static [(&'static str, &'static str)],
    pub left_out: &'static [LeftOut],
    /// The further dependencies of the tests, as in Cargo.toml.
    pub dependencies: &'static [(&'static str, &'static str)],
    /// Set if the stable compiler must accept unstable features.
    pub is_unstable: bool,
}

/// The place of tests in a crate.
pub enum Tests {
    /// A file that cargo compiles as a program of its own.
    File(&'static str),
    /// A module of a file, by its name, with the modules that it declares.
    Module(&'static str, &'static str),
}

/// Items of the tests, by their names: functions, and crates that only these use. A name in quotes is a string literal,
/// and stands for the statements with it that contain no others.
pub struct LeftOut {
    pub names: &'static [&'static str],
    pub reason: &'static str,
}

/// The crates.
pub const ALL: &[Published] = &[
    Published {
        name: "memmap2",
        version: "0.9.9",
        tests: &[Tests::Module("src/lib.rs", "test"), Tests::Module("src/advice.rs", "tests")],
        replaced: &[],
        left_out: &[
            LeftOut {
                names: &["map_anon_len_overflow", "remap_len_overflow"],
                reason: "they are those of architectures with 32 bits, which the library does not have",
            },
            LeftOut {
                names: &["owning_ref"],
                reason: "it is that of an optional feature, for a trait of another crate",
            },
        ],
        dependencies: &[("libc", "\"0.2\""), ("tempfile", "\"3\"")],
        is_unstable: false,
    },
    Published {
        name: "fs2",
        version: "0.4.3",
        tests: &[Tests::Module("src/lib.rs", "test"), Tests::Module("src/unix.rs", "test")],
        // The files of std have methods for locks since Rust 1.89, which would be called in place of those of fs2.
        replaced: &[("std::fs", "fs2::fs")],
        left_out: &[
            LeftOut {
                names: &["duplicate", "duplicate_new_fd", "duplicate_cloexec"],
                reason: "the library duplicates no descriptors; std does that for the tests of locks",
            },
            LeftOut {
                names: &["allocate", "filesystem_space"],
                reason: "the library neither allocates blocks nor reports the space of file systems",
            },
            LeftOut {
                names: &[
                    "bench_file_create",
                    "bench_file_truncate",
                    "bench_file_allocate",
                    "bench_allocated_size",
                    "bench_duplicate",
                    "bench_lock_unlock",
                    "bench_free_space",
                    "bench_available_space",
                    "bench_total_space",
                    "test",
                ],
                reason: "they are benchmarks, and the unstable crate that these need",
            },
        ],
        dependencies: &[("libc", "\"0.2\""), ("tempdir", "\"0.3\"")],
        is_unstable: false,
    },
    Published {
        name: "glob",
        version: "0.3.4",
        tests: &[Tests::File("tests/glob-std.rs"), Tests::Module("src/lib.rs", "test")],
        replaced: &[],
        left_out: &[
            LeftOut {
                names: &["\"dirsym/**/*.md\""],
                reason: "`**` follows no links, since the pass through two links to their parent would not end",
            },
            LeftOut {
                names: &["test_iteration_errors"],
                reason: "it fails if root runs it; tests/glob has one for an ordinary user",
            },
        ],
        dependencies: &[("tempfile", "\"3\"")],
        is_unstable: false,
    },
    Published {
        name: "walkdir",
        version: "2.5.1",
        tests: &[Tests::Module("src/lib.rs", "tests")],
        replaced: &[],
        left_out: &[
            LeftOut {
                names: &["sort_by", "sort_by_key", "sort_by_file_name", "sort_max_open"],
                reason: "the walk yields entries in the kernel's order, and does not sort",
            },
            LeftOut { names: &["same_file_system"], reason: "the walk has no option to stay in a file system" },
        ],
        dependencies: &[],
        is_unstable: false,
    },
];
