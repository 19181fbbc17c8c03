//! The tests of published crates, run on the library.
//!
//! A crate in tests/shims has the interface of a published crate and the name of its library, and does the work by
//! calls of ffi_syscalls. The tests of the published crate are taken from the registry, compiled with the shim in place
//! of the crate, and run. Each test is run or listed below with the reason why it is not.

mod extract;
mod package;

use std::path::Path;

use anyhow::{Result, ensure};
use workbench::project::{self, Arch};

use self::extract::Extracted;
use self::package::Package;
use crate::runner::{Check, FIGURES, Lane};
use workbench::tools;

/// A published crate.
pub struct Published {
    name: &'static str,
    version: &'static str,
    tests: &'static [Tests],
    /// Imports that the tests make of a module of std, such as `std::fs`, and the module that they get.
    replaced: &'static [(&'static str, &'static str)],
    left_out: &'static [LeftOut],
    /// The further dependencies of the tests, as in Cargo.toml.
    dependencies: &'static [(&'static str, &'static str)],
    /// Set if the stable compiler must accept unstable features.
    is_unstable: bool,
}

/// Where a crate has tests.
enum Tests {
    /// A file that cargo compiles as a program of its own.
    #[expect(dead_code, reason = "no crate that is listed has such tests yet")]
    File(&'static str),
    /// A module of a file, by its name, with the modules that it declares.
    Module(&'static str, &'static str),
}

/// Items of the tests, by their names: functions, and crates that only these use.
struct LeftOut {
    names: &'static [&'static str],
    reason: &'static str,
}

const ALL: &[Published] = &[
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
];

/// Adds a check for each crate.
pub fn add(lane: &mut Lane) {
    for published in ALL {
        let name = format!("the tests of {} {}", published.name, published.version);
        lane.add(Check::new(name, [tools::CC], || check(published)));
    }
}

fn check(published: &Published) -> Result<String> {
    let place = project::root().join("target/published").join(published.name);
    let source = package::source(published, &place)?;
    let extracted = published.tests.iter().map(|tests| extract(published, &source.directory, tests));
    let extracted = extracted.collect::<Result<Vec<_>>>()?;
    for name in published.left_out.iter().flat_map(|left_out| left_out.names) {
        let is_found = extracted.iter().any(|tests| tests.left_out.contains(*name));
        ensure!(is_found, "{} has no `{name}`, which tests/harness/src/published leaves out", published.name);
    }
    let wanted: usize = extracted.iter().map(|tests| tests.count).sum();
    let package = Package::write(published, &place, &source.edition, &extracted)?;
    let (passed, printed) = package.test(published)?;
    // Some tests are those of one architecture.
    let is_right = if Arch::X86_64.is_host() { passed == wanted } else { (1..=wanted).contains(&passed) };
    ensure!(is_right, "{passed} tests passed, and not the {wanted} that are there: {printed}");
    let mut report = format!("{FIGURES}{passed} passed\n");
    for LeftOut { names, reason } in published.left_out {
        report += &format!("{FIGURES}left out, since {reason}: {}\n", names.join(", "));
    }
    Ok(report + &printed)
}

fn extract(published: &Published, directory: &Path, tests: &Tests) -> Result<Extracted> {
    let mut extracted = match tests {
        Tests::File(file) => Extracted::file(&directory.join(file))?,
        Tests::Module(file, name) => Extracted::module(&directory.join(file), name)?,
    };
    for left_out in published.left_out {
        extracted.leave_out(left_out.names);
    }
    for (from, to) in published.replaced {
        extracted.replace(from, to)?;
    }
    extracted.count();
    Ok(extracted)
}
