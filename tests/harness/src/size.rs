//! `cargo xtask size`: the sizes of the artifacts and of small programs, and the bytes that one call of each function
//! adds to a program.
//!
//! A size must not exceed the one recorded in tests/sizes.txt. Some sizes also have a budget.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use comfy_table::{CellAlignment, Table, presets};

use crate::baseline::{Baseline, Numbers, Room};
use crate::c_callers;
use workbench::project::{self, AllArchitectures, Arch, Dist};
use workbench::shell::{command, execute, step};
use workbench::{build, list, tools};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    architectures: AllArchitectures,
    /// Record the current sizes in tests/sizes.txt
    #[arg(long)]
    bless: bool,
}

/// The committed table.
pub const FILE: &str = "tests/sizes.txt";

const BASELINE: Baseline = Baseline {
    file: FILE,
    introduction: "Sizes in bytes: of the artifacts, of small programs without a libc (linked by the command in \
                   README.md), and of what\none call of each function adds to a program that does nothing.",
    command: "cargo xtask size --bless",
    room: Room { percent: 2, extra: 64 },
};

/// The largest size that something may have.
struct Budget {
    name: &'static str,
    bytes: u64,
    /// Set if it applies to every architecture. Others apply to x86_64 alone, whose code is the densest.
    everywhere: bool,
}

/// Returns the budgets. Each function after the first 103 may add 584 bytes, on average.
///
/// The first 103 take what they were measured to take. In the shared object those after the first 28 take about 770 bytes each
/// on average, and more in the archives, which keep symbols and relocations.
fn budgets() -> Result<[Budget; 6]> {
    let added = 584 * list::names()?.len().saturating_sub(103) as u64;
    Ok([
        Budget { name: HOSTED, bytes: 276_480 + added, everywhere: true },
        Budget { name: FREESTANDING, bytes: 287_744 + added, everywhere: true },
        Budget { name: SHARED, bytes: 84_992 + added, everywhere: true },
        Budget { name: HELLO, bytes: 1_824, everywhere: false },
        Budget { name: COPY, bytes: 4_248, everywhere: false },
        Budget { name: ALL_OPERATIONS, bytes: 73_344 + added, everywhere: false },
    ])
}

const HOSTED: &str = "libffi_syscalls.a";
const FREESTANDING: &str = "libffi_syscalls_freestanding.a";
const SHARED: &str = "libffi_syscalls.so";
const HELLO: &str = "hello: print a line";
const COPY: &str = "copy: copy a file";
const ALL_OPERATIONS: &str = "a program with all operations";
const NOTHING: &str = "a program that does nothing";
const ONE_CALL: &str = "tests/c/one_call.c";
const RTBOX: &str = "rtbox";

/// The sizes of an architecture.
struct Column {
    arch: Arch,
    /// Those of artifacts and programs.
    wholes: Numbers,
    /// The bytes that a call of each function adds.
    calls: Numbers,
}

impl Column {
    fn measure(arch: Arch) -> Result<Self> {
        let dist = build::run_for(arch)?;
        let programs = step(&format!("{}: small programs and rtbox", arch.name()), || programs(&dist))?;
        let calls = step(&format!("{}: a program for each function", arch.name()), || calls(&dist))?;
        Ok(Self { arch, wholes: [artifacts(&dist)?, programs].concat(), calls })
    }
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let architectures = arguments.architectures.or_all();
    let tools = |&arch: &Arch| [tools::target(arch.target()), tools::c_compiler(arch)];
    tools::must_have(&architectures.iter().flat_map(tools).collect::<Vec<_>>())?;
    let columns: Vec<_> = architectures.into_iter().map(Column::measure).collect::<Result<_>>()?;
    println!("{}\n", table(&columns, "bytes", &budgets()?, |column| &column.wholes));
    println!("{}\n", table(&columns, "bytes that a call adds", &[], |column| &column.calls));
    for column in &columns {
        let all = [column.wholes.as_slice(), &column.calls].concat();
        check_budgets(column.arch, &all)?;
        if arguments.bless {
            BASELINE.record(column.arch, &all)?;
        } else {
            BASELINE.check(column.arch, &all, true)?;
        }
    }
    Ok(())
}

/// Fails if an artifact of an architecture is over its budget, or larger than recorded.
pub fn check(dist: &Dist) -> Result<()> {
    judge(dist.arch, &artifacts(dist)?)
}

/// Fails if a program of an architecture is over its budget, or larger than recorded.
pub fn check_programs(dist: &Dist) -> Result<()> {
    judge(dist.arch, &[programs(dist)?, calls(dist)?].concat())
}

fn judge(arch: Arch, numbers: &Numbers) -> Result<()> {
    check_budgets(arch, numbers)?;
    BASELINE.check(arch, numbers, false)
}

fn check_budgets(arch: Arch, numbers: &Numbers) -> Result<()> {
    for budget in budgets()?.iter().filter(|budget| budget.everywhere || arch == Arch::X86_64) {
        let Some((name, bytes)) = numbers.iter().find(|(name, _)| name == budget.name) else { continue };
        ensure!(*bytes <= budget.bytes, "{}: {name}: {bytes} bytes, over its budget of {}", arch.name(), budget.bytes);
    }
    Ok(())
}

/// Returns the table of artifacts and programs for the documents.
pub fn document_table() -> Result<String> {
    let columns = Arch::ALL.map(|arch| Ok(Column { arch, wholes: BASELINE.recorded(arch)?, calls: Vec::new() }));
    let mut columns = columns.into_iter().collect::<Result<Vec<_>>>()?;
    columns.iter_mut().for_each(|column| column.wholes.retain(|(name, _)| !is_function(name)));
    Ok(table(&columns, "bytes", &budgets()?, |column| &column.wholes).to_string())
}

/// Returns the recorded size of an artifact or a program, for x86_64.
pub fn recorded(name: &str) -> Result<u64> {
    let numbers = BASELINE.recorded(Arch::X86_64)?;
    let found = numbers.into_iter().find(|(recorded, _)| recorded == name);
    Ok(found.with_context(|| format!("{FILE} has no {name}"))?.1)
}

/// Measures and records the sizes of an architecture.
pub fn bless(arch: Arch) -> Result<()> {
    let column = Column::measure(arch)?;
    BASELINE.record(arch, &[column.wholes, column.calls].concat())
}

/// Returns the functions whose calls have a recorded size for an architecture.
pub fn recorded_functions(arch: Arch) -> Result<BTreeSet<String>> {
    Ok(BASELINE.recorded(arch)?.into_iter().map(|(name, _)| name).filter(|name| is_function(name)).collect())
}

fn is_function(name: &str) -> bool {
    name.starts_with("rt_")
}

/// Returns a table with a column for each architecture, and one for the budgets if there are any.
fn table(columns: &[Column], what: &str, budgets: &[Budget], numbers: fn(&Column) -> &Numbers) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let names = columns.iter().map(|column| column.arch.name());
    table.set_header([what].into_iter().chain(names).chain((!budgets.is_empty()).then_some("budget")));
    for (number, (name, _)) in columns.first().into_iter().flat_map(|first| numbers(first).iter().enumerate()) {
        let sizes = columns.iter().filter_map(|column| numbers(column).get(number)).map(|(_, size)| size.to_string());
        let budget = budgets.iter().find(|budget| budget.name == name);
        let budget = budget.map(|budget| budget.bytes.to_string()).unwrap_or_default();
        let budget = (!budgets.is_empty()).then_some(budget);
        table.add_row([name.clone()].into_iter().chain(sizes).chain(budget));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn size(file: &Path) -> Result<u64> {
    Ok(std::fs::metadata(file).with_context(|| project::relative(file).to_string())?.len())
}

fn artifacts(dist: &Dist) -> Result<Numbers> {
    let files = [(HOSTED, dist.hosted_archive()), (FREESTANDING, dist.freestanding_archive())];
    let files = files.into_iter().chain([(SHARED, dist.shared_object())]);
    files.map(|(name, file)| Ok((name.to_owned(), size(&file)?))).collect()
}

/// A directory for programs that are linked as small as possible.
struct Programs<'a> {
    dist: &'a Dist,
    place: tempfile::TempDir,
}

impl Programs<'_> {
    fn link(&self, source: &str, definitions: &[String]) -> Result<PathBuf> {
        let program = self.place.path().join("program");
        let source = project::root().join(source);
        execute(c_callers::link_small(self.dist, &source, &program)?.args(definitions))?;
        Ok(program)
    }

    /// Returns the size of a program that does nothing.
    fn of_nothing(&self) -> Result<u64> {
        size(&self.link(ONE_CALL, &[])?)
    }

    /// Returns the size of a program that makes one call.
    fn of_call(&self, function: &str) -> Result<u64> {
        size(&self.link(ONE_CALL, &[format!("-DCALL={function}")])?)
    }

    /// Returns the size of a program. On its own architecture, checks that it prints the expected output.
    fn of_working(&self, source: &str, arguments: &[&str], output: &str) -> Result<u64> {
        let program = self.link(source, &[])?;
        if self.dist.arch.is_host() {
            let printed = execute(command(&program).args(arguments).current_dir(self.place.path()))?.stdout;
            ensure!(printed == output.as_bytes(), "{source} printed {:?}", String::from_utf8_lossy(&printed));
        }
        size(&program)
    }
}

/// Returns the sizes of programs without a libc, and of rtbox.
fn programs(dist: &Dist) -> Result<Numbers> {
    let programs = Programs { dist, place: tempfile::tempdir()? };
    let sizes = [
        (NOTHING, programs.of_nothing()?),
        (HELLO, programs.of_working("examples/c/hello.c", &[], "hello\n")?),
        (COPY, programs.of_working("examples/c/copy.c", &["program", "copied"], "")?),
        (ALL_OPERATIONS, programs.of_working("tests/c/all_operations.c", &["directory"], "")?),
        (RTBOX, size(&build::rtbox(dist.arch)?)?),
    ];
    Ok(sizes.map(|(name, size)| (name.to_owned(), size)).into())
}

/// Returns the bytes that a call of each function adds to a program that makes none.
fn calls(dist: &Dist) -> Result<Numbers> {
    let programs = Programs { dist, place: tempfile::tempdir()? };
    let nothing = programs.of_nothing()?;
    let added = |name: String| Ok((name.clone(), programs.of_call(&name)?.saturating_sub(nothing)));
    list::read()?.into_iter().map(|function| added(function.name)).collect()
}
