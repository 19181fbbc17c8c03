//! `cargo xtask list` reports everything that an operation lacks. `cargo xtask bless` writes the files that are generated
//! from the list of operations.
//!
//! The list consists of the functions that src exports. Files written by hand must cover each of them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Result, bail, ensure};

use crate::documents::{self, Parts};
use crate::faults::scenarios;
use crate::rust_code::{self, Api, Mentions};
use crate::{calls, instructions, size};
use workbench::list::{self, Function};
use workbench::project::{self, Arch};
use workbench::{c_list, header, tools};

/// Prints the report. Fails if something is missing.
pub fn run() -> Result<()> {
    println!("{}", check()?);
    Ok(())
}

/// Returns notes, or an error with all gaps if there are any.
pub fn check() -> Result<String> {
    let functions = list::read()?;
    let mut report = Report::default();
    report.generated(&functions)?;
    report.rust(&functions)?;
    report.scenarios(&functions);
    report.tables(&functions)?;
    report.shown(&functions)?;
    report.finish(functions.len())
}

/// Gaps fail the check; notes do not.
#[derive(Default)]
struct Report {
    gaps: Vec<String>,
    notes: Vec<String>,
}

impl Report {
    fn gap(&mut self, file: &str, what: &str, mend: &str) {
        self.gaps.push(format!("{file}: {what}: {mend}"));
    }

    /// Checks the files that are generated from the list.
    fn generated(&mut self, functions: &[Function]) -> Result<()> {
        let parts = Parts::generate(functions)?;
        for (path, text) in generated(functions, &parts)? {
            if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                self.gap(&project::relative(&path).to_string(), "out of date", BLESS);
            }
        }
        for name in parts.missing()? {
            let mend = format!("put <!-- {name} --><!-- /{name} --> where it belongs, and run {BLESS}");
            self.gap("README.md, docs/*.md", &format!("no part `{name}`"), &mend);
        }
        Ok(())
    }

    /// Checks that each operation has a Rust function and a test that calls it.
    fn rust(&mut self, functions: &[Function]) -> Result<()> {
        let api = Api::read()?;
        let tests = Mentions::of(rust_code::integration_tests()?.into_values())?;
        for function in functions.iter().filter(|function| function.is_operation()) {
            let Function { name, family, .. } = function;
            let usual = rust_code::usual_path(function);
            let path = api.path_of(function);
            if path.is_none() {
                let mend = format!("write {usual}, or add #[doc(alias = \"{name}\")] to its Rust function");
                self.gap(&format!("src/{family}"), &format!("no Rust function for {name}"), &mend);
            }
            let path = path.unwrap_or(&usual);
            if !tests.calls(path) {
                let mend = "write one that compares it with std, a libc or the kernel";
                self.gap(&format!("tests/{family}"), &format!("no test calls {path}"), mend);
            }
        }
        Ok(())
    }

    /// Checks that the fault injector covers each function.
    fn scenarios(&mut self, functions: &[Function]) {
        let covered = scenarios::all().map(|scenario| scenario.function).chain(scenarios::WITHOUT);
        let covered = covered.map(str::to_owned).collect();
        let wanted = functions.iter().map(|function| function.name.clone()).collect();
        let file = "tests/harness/src/faults/scenarios.rs";
        self.compare(file, "scenario", &wanted, &covered, "add one to ALL, or the name to WITHOUT", "remove it");
    }

    /// Checks that the tables of measurements have the rows of all functions.
    fn tables(&mut self, functions: &[Function]) -> Result<()> {
        let all: BTreeSet<_> = functions.iter().map(|function| function.name.clone()).collect();
        for arch in Arch::ALL {
            let what = format!("{} row", arch.name());
            self.compare(size::FILE, &what, &all, &size::recorded_functions(arch)?, BLESS, BLESS);
        }
        self.compare(calls::FILE, "section", &all, &calls::recorded_functions()?, BLESS, BLESS);
        let returning = functions.iter().filter(|function| function.returns.is_some());
        let returning = returning.map(|function| function.name.clone()).collect();
        let mend = format!("{BLESS}; if that is not enough, add a row to tests/c/instructions.c");
        self.compare(instructions::FILE, "row", &returning, &instructions::recorded_functions()?, &mend, BLESS);
        Ok(())
    }

    fn compare(
        &mut self,
        file: &str,
        what: &str,
        wanted: &BTreeSet<String>,
        found: &BTreeSet<String>,
        add: &str,
        remove: &str,
    ) {
        for name in wanted.difference(found) {
            self.gap(file, &format!("no {what} for {name}"), add);
        }
        for name in found.difference(wanted) {
            self.gap(file, &format!("a {what} for {name}, but src does not export it"), remove);
        }
    }

    /// Notes the operations that the demo does not show or the benchmark does not measure. Neither has to cover all.
    fn shown(&mut self, functions: &[Function]) -> Result<()> {
        let api = Api::read()?;
        for (file, what) in [("examples/demo/src/main.rs", "shown"), ("benches/src/main.rs", "measured")] {
            let mentions = Mentions::of([project::root().join(file)])?;
            let (named, missing): (Vec<_>, Vec<_>) =
                functions.iter().partition(|function| mentions.literals.contains(&function.name));
            // One Rust function may have two names in C.
            let named: Vec<_> = named.iter().filter_map(|function| api.path_of(function)).collect();
            let is_done = |function: &Function| api.path_of(function).is_some_and(|path| named.contains(&path));
            let missing = missing.iter().filter(|function| function.is_operation() && !is_done(function));
            self.notes.extend(missing.map(|function| format!("{file}: {} is not {what}", function.name)));
        }
        Ok(())
    }

    fn finish(self, count: usize) -> Result<String> {
        let Self { gaps, notes } = self;
        let notes: String = notes.iter().map(|note| format!("note: {note}\n")).collect();
        ensure!(gaps.is_empty(), "{} gaps:\n  {}\n{notes}", gaps.len(), gaps.join("\n  "));
        Ok(format!("{notes}{count} functions, and nothing is missing"))
    }
}

const BLESS: &str = "`cargo xtask bless`";

/// Returns the files that are generated from the list, with their current texts.
fn generated(functions: &[Function], parts: &Parts) -> Result<Vec<(PathBuf, String)>> {
    let mut files = documents::all(parts)?;
    files.push((header::path(), header::generate(functions)?));
    files.push((c_list::path(), c_list::generate(functions)?));
    Ok(files)
}

#[derive(clap::Args, Default)]
pub struct Bless {
    /// Write only the files that follow from the source; do not measure sizes, system calls and instructions
    #[arg(long)]
    unmeasured: bool,
    /// Accept that a function of the committed header has another signature or was removed
    #[arg(long)]
    change_signatures: bool,
}

/// Writes the header, the list for C programs, the tables of the documents, and the tables of measurements.
pub fn bless(arguments: &Bless) -> Result<()> {
    let functions = list::read()?;
    if !arguments.change_signatures {
        c_list::check_signatures(&functions)?;
    }
    write(&functions)?;
    if !arguments.unmeasured {
        measure()?;
        write(&functions)?;
    }
    run()
}

/// Writes the generated files that have changed.
fn write(functions: &[Function]) -> Result<()> {
    for (path, text) in generated(functions, &Parts::generate(functions)?)? {
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            std::fs::write(&path, text)?;
            println!("{} written", project::relative(&path));
        }
    }
    Ok(())
}

/// Records the sizes of each architecture, system calls and instruction counts.
fn measure() -> Result<()> {
    for arch in Arch::ALL {
        let needed = [tools::target(arch.target()), tools::std(arch.target()), tools::c_compiler(arch)];
        match needed.iter().find(|tool| !tool.is_here()) {
            None => size::bless(arch)?,
            Some(tool) => println!("the sizes of {} are not written: {}", arch.name(), tool.is_missing()),
        }
    }
    if !Arch::X86_64.is_host() {
        bail!("system calls and instructions are recorded on x86_64");
    }
    calls::bless()?;
    instructions::bless()
}
