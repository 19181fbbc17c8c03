//! No way to panic: what is shipped has nothing in it that could.
//!
//! The archives and the shared object are linked with the functions as roots, and what none of them can reach is left
//! out. So a panic that the compiler could not prove away keeps core's panicking functions, and with them the handler of
//! src/panic.rs, in what is shipped. They are looked for twice: by name, before the names are made shorter, and in the
//! bytes that are shipped, by what a panic would print.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, ensure};

use crate::mutant::{self, Change};
use workbench::build;
use workbench::project::{self, Arch};

/// What names of a panic's functions have in them: those of core, and the handler.
const NAMES: [&str; 2] = ["core9panicking", "rust_begin_unwind"];

/// What is in the bytes that it would print: the handler's first word, and the source file that it names.
const TEXTS: [&str; 2] = ["panic", ".rs"];

/// A function that reads beyond an array, where the compiler cannot see it.
const FAULT: Change = Change {
    name: "an index that nobody checked",
    file: "src/ffi.rs",
    from: "pub extern \"C\" fn rt_system_cpu_count() -> i64 {\n",
    to: "pub extern \"C\" fn rt_system_cpu_count() -> i64 {\n    #[expect(clippy::indexing_slicing, reason = \"it is \
         what is looked for\")]\n    let _ = core::hint::black_box([0_u8; 4])[core::hint::black_box(3)];\n",
};

/// Looks at everything that was built for an architecture, and then at what has a way to panic in it, which must be
/// noticed.
pub fn check(arch: Arch) -> Result<String> {
    let mut count = 0;
    for (path, names) in build::names(arch)? {
        ensure!(names.contains("rt_file_copy"), "{}: its names cannot be read", project::relative(&path));
        let (named, printed) = (panicking(&names), printed(&path)?);
        ensure!(named.is_empty(), "{}: linked with {named:?}", project::relative(&path));
        ensure!(printed.is_empty(), "{}: has the bytes of {printed:?}", project::relative(&path));
        count += names.len();
    }
    check_fault(arch)?;
    Ok(format!("FIGURES: {count} symbols in four artifacts, none of a panic; where there is one, it is found\n"))
}

fn check_fault(arch: Arch) -> Result<()> {
    let work = tempfile::tempdir()?;
    let archive: PathBuf = work.path().join("libffi_syscalls.a");
    // Others make a copy of the sources in the same place.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let names = {
        let _turn = ONE_AT_A_TIME.lock();
        build::freestanding_of(&mutant::make(&FAULT)?, arch, &archive)?
    };
    for name in NAMES {
        ensure!(names.iter().any(|symbol| symbol.contains(name)), "{} is linked without {name}", FAULT.name);
    }
    let printed = printed(&archive)?;
    ensure!(printed == TEXTS, "{} is linked with no more texts than {printed:?}", FAULT.name);
    Ok(())
}

fn panicking(names: &BTreeSet<String>) -> Vec<&String> {
    names.iter().filter(|symbol| NAMES.iter().any(|name| symbol.contains(name))).collect()
}

/// The texts of a panic that are in a file.
fn printed(path: &Path) -> Result<Vec<&'static str>> {
    let bytes = std::fs::read(path).with_context(|| project::relative(path).to_string())?;
    let has = |text: &&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    Ok(TEXTS.into_iter().filter(has).collect())
}
