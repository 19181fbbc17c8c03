//! The library's lock-free parts under a model checker (tests/model), as they are and with faults that it must find.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::mutant::{self, Change};
use workbench::project;
use workbench::shell::{capture, cargo, execute, said};

/// A fault, and the test that finds it.
struct Fault {
    test: &'static str,
    change: Change,
}

const fn fault(
    test: &'static str,
    file: &'static str,
    name: &'static str,
    from: &'static str,
    to: &'static str,
) -> Fault {
    Fault { test, change: Change { name, file, from, to } }
}

const LOCK: &str = "src/sync.rs";
const LAST_ERROR: &str = "src/last_error.rs";
const TEXTS: &str = "src/errno/texts.rs";

const FAULTS: &[Fault] = &[
    fault(
        "lock",
        LOCK,
        "a lock is taken without acquiring",
        "compare_exchange(FREE, HELD, Acquire, Relaxed)",
        "compare_exchange(FREE, HELD, Relaxed, Relaxed)",
    ),
    fault("lock", LOCK, "a lock is given up without releasing", "swap(FREE, Release)", "swap(FREE, Relaxed)"),
    fault("lock", LOCK, "after a wait, without acquiring", "swap(AWAITED, Acquire)", "swap(AWAITED, Relaxed)"),
    fault("lock", LOCK, "nobody is woken", "sys::futex_wake_one(&self.0);", ""),
    fault(
        "lock",
        LOCK,
        "nobody says that somebody waits",
        "while self.0.swap(AWAITED, Acquire) != FREE {\n            sys::futex_wait(&self.0, AWAITED);",
        "while self.0.swap(HELD, Acquire) != FREE {\n            sys::futex_wait(&self.0, HELD);",
    ),
    fault(
        "lock",
        LOCK,
        "who was woken forgets that others wait",
        "while self.0.swap(AWAITED, Acquire) != FREE {\n            sys::futex_wait(&self.0, AWAITED);",
        "let mut mark = AWAITED;\n        while self.0.swap(mark, Acquire) != FREE {\n            \
         sys::futex_wait(&self.0, mark);\n            mark = HELD;",
    ),
    fault(
        "last_error",
        LAST_ERROR,
        "a slot is claimed in two steps",
        "slot.thread.compare_exchange(0, thread, Relaxed, Relaxed).is_ok()",
        "{ slot.thread.store(thread, Relaxed); true }",
    ),
    fault(
        "last_error",
        LAST_ERROR,
        "a table is published without releasing",
        "compare_exchange(slots, mapped, Release, Acquire)",
        "compare_exchange(slots, mapped, Relaxed, Acquire)",
    ),
    fault(
        "last_error",
        LAST_ERROR,
        "another's table is taken without acquiring",
        "compare_exchange(slots, mapped, Release, Acquire)",
        "compare_exchange(slots, mapped, Release, Relaxed)",
    ),
    fault("last_error", LAST_ERROR, "a table is found without acquiring", "table.load(Acquire)", "table.load(Relaxed)"),
    fault(
        "last_error",
        LAST_ERROR,
        "a table that was given back is used",
        "                other\n",
        "                let _ = other;\n                mapped\n",
    ),
    fault(
        "texts",
        TEXTS,
        "a letter is put without releasing",
        "compare_exchange(0, byte, AcqRel, Acquire)",
        "compare_exchange(0, byte, core::sync::atomic::Ordering::Relaxed, Acquire)",
    ),
    fault(
        "texts",
        TEXTS,
        "another's letter is taken without acquiring",
        "compare_exchange(0, byte, AcqRel, Acquire)",
        "compare_exchange(0, byte, AcqRel, core::sync::atomic::Ordering::Relaxed)",
    ),
    fault(
        "texts",
        TEXTS,
        "letters are put without looking",
        "let _ = to.compare_exchange(0, byte, AcqRel, Acquire);",
        "to.store(byte, core::sync::atomic::Ordering::Relaxed); let _ = (AcqRel, Acquire);",
    ),
];

/// The models of the sources as they are.
pub fn check() -> Result<String> {
    execute(&mut run(&mutant::copy()?, &["--", "--nocapture"])).map(|output| said(&output))
}

/// The same with each of the faults in turn: the model must find it.
pub fn check_faults() -> Result<String> {
    let mut names = Vec::new();
    for Fault { test, change } in FAULTS {
        let root = mutant::make(change)?;
        execute(&mut run(&root, &["--test", test, "--no-run"]))?;
        let output = capture(&mut run(&root, &["--test", test]))?;
        let said = said(&output);
        let is_found = !output.status.success() && said.contains("test result: FAILED");
        ensure!(is_found, "not found by the model: {}: {}\n{said}", change.file, change.name);
        names.push(change.name);
    }
    Ok(format!("FIGURES: {} faults, each of them found: {}\n", names.len(), names.join("; ")))
}

/// The tests of the models in a copy of the sources.
fn run(root: &Path, arguments: &[&str]) -> std::process::Command {
    let mut test = cargo();
    test.current_dir(root).args(["test", "--quiet", "--package", "model", "--target-dir"]);
    test.arg(project::root().join("target/mutant/build")).args(arguments);
    test
}
