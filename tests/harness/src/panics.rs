//! Checks that no artifact contains a panic.
//!
//! The archives and the shared object are linked with the functions as roots, and the linker drops what none of them
//! reaches. A panic that the compiler cannot rule out keeps the panicking functions of core, and with them the handler
//! of src/start/panic.rs. The check looks for both twice: by name, before names are shortened, and in the bytes that
//! are shipped, by the text of a panic.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use workbench::build;
use workbench::project::{self, Arch};

use crate::runner::FIGURES;

/// Parts of the names of the panicking functions of core, and of the handler.
const NAMES: [&str; 2] = ["core9panicking", "rust_begin_unwind"];

/// Texts in the bytes of a panic: the first word of the handler, and the name of a source file.
const TEXTS: [&str; 2] = ["panic", ".rs"];

/// Checks all artifacts of an architecture. Then checks that the search finds the panic of tests/panicking.
pub fn check(arch: Arch) -> Result<String> {
    let mut count = 0;
    for (path, names) in build::names(arch)? {
        ensure!(names.contains("rt_file_copy"), "{}: its names cannot be read", project::relative(&path));
        let (named, printed) = (panicking(&names), printed(&path)?);
        ensure!(named.is_empty(), "{}: linked with {named:?}", project::relative(&path));
        ensure!(printed.is_empty(), "{}: has the bytes of {printed:?}", project::relative(&path));
        count += names.len();
    }
    check_fixture(arch)?;
    Ok(format!("{FIGURES}{count} symbols in four artifacts, none of a panic\n"))
}

fn check_fixture(arch: Arch) -> Result<()> {
    let work = tempfile::tempdir()?;
    let archive = work.path().join("libpanicking.a");
    let names = build::build_panicking(arch, &archive)?;
    for name in NAMES {
        ensure!(names.iter().any(|symbol| symbol.contains(name)), "tests/panicking is linked without {name}");
    }
    let printed = printed(&archive)?;
    ensure!(printed == TEXTS, "tests/panicking is linked with no more texts than {printed:?}");
    Ok(())
}

fn panicking(names: &BTreeSet<String>) -> Vec<&String> {
    names.iter().filter(|symbol| NAMES.iter().any(|name| symbol.contains(name))).collect()
}

/// Returns the texts of a panic that a file contains.
fn printed(path: &Path) -> Result<Vec<&'static str>> {
    let bytes = std::fs::read(path).with_context(|| project::relative(path).to_string())?;
    let has = |text: &&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    Ok(TEXTS.into_iter().filter(has).collect())
}
