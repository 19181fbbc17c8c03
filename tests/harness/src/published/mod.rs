//! The tests of published crates, run on the library.
//!
//! A crate in tests/shims has the interface of a published crate and the name of its library, and does the work by
//! calls of ffi_syscalls. The tests of the published crate are taken from the registry, compiled with the shim in place
//! of the crate, and run. Each test is run, or listed in crates.rs with the reason why it is not.

mod crates;
mod extract;
mod package;

use std::path::Path;

use anyhow::{Result, ensure};
use workbench::project::{self, Arch};

use self::crates::{ALL, LeftOut, Published, Tests};
use self::extract::Extracted;
use self::package::Package;
use crate::runner::{Check, FIGURES, Lane};
use workbench::tools;

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
        ensure!(is_found, "{} has no `{name}`, which tests/harness/src/published/crates.rs leaves out", published.name);
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
