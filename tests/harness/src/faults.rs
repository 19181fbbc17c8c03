//! `cargo xtask faults`: makes every system call of every operation fail in every way, in the archive that is shipped.

mod answer;
mod cases;
mod heap;
mod judge;
mod memory;
mod place;
mod registers;
mod scenario;
pub mod scenarios;
mod state;
mod tracer;
mod watchdog;

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail, ensure};
use comfy_table::{CellAlignment, Table, presets};
use rustix::fs::StatVfsMountFlags;

use cases::{Case, Known};
pub use place::Place;
pub use scenario::Scenario;
pub use tracer::{fix_addresses, must_trace};
use watchdog::Watch;
use workbench::cannot_run::CannotRun;
use workbench::project::{self, Dist};
use workbench::shell::{self, command, execute};
use workbench::{build, project::Arch, tools};

#[derive(clap::Args)]
pub struct Arguments {
    /// Try only the calls whose name or state contains this text
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    only: String,
    /// Print the system calls of each call, and every case
    #[arg(long)]
    verbose: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    Arch::X86_64.must_be_host()?;
    tools::must_have(&[tools::CC])?;
    build::run_freestanding(Arch::X86_64)?;
    println!("{}", report(&try_all(&Arch::X86_64.dist(), arguments)?, true)?);
    Ok(())
}

/// Tries all cases, and prints the figures of each operation.
pub fn check(dist: &Dist) -> Result<()> {
    Arch::X86_64.must_be_host()?;
    let found = try_all(dist, &Arguments { only: String::new(), verbose: false })?;
    println!("{}", report(&found, false)?);
    Ok(())
}

/// The results of one scenario.
#[derive(Default)]
struct Found {
    calls: usize,
    cases: usize,
    wrong: Vec<String>,
    /// Broken rules at the first try.
    unstable: Vec<String>,
    /// For --verbose.
    shown: Vec<String>,
}

/// Tries the faults of all selected scenarios, on all processors.
fn try_all(dist: &Dist, arguments: &Arguments) -> Result<Vec<(&'static Scenario, Found)>> {
    let wanted = scenarios::all().enumerate().filter(|(_, scenario)| scenario.name().contains(&arguments.only));
    let mut functions: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    wanted.for_each(|(number, scenario)| functions.entry(scenario.function).or_default().push((number, scenario)));
    ensure!(!functions.is_empty(), "no call has `{}` in its name", arguments.only);
    let mut waiting: VecDeque<_> = functions.into_values().collect();
    // The longest come first, so that all workers end at about the same time.
    waiting.make_contiguous().sort_by_key(|scenarios| std::cmp::Reverse(scenarios.len()));
    let waiting: Waiting = Mutex::new(waiting);
    let found = Mutex::new(BTreeMap::new());
    let count = shell::processors();
    must_trace()?;
    let parent = &place_for(count)?;
    let work = tempfile::tempdir_in(parent)?;
    let program = compile(dist, work.path())?;
    let watches: Vec<Watch> = (0..count).map(|_| Watch::default()).collect();
    let is_done = AtomicBool::new(false);
    let worked: Result<()> = std::thread::scope(|scope| {
        scope.spawn(|| watchdog::guard(&watches, || is_done.load(Ordering::Relaxed)));
        let (waiting, found, program) = (&waiting, &found, &program);
        let work_on = |watch| {
            move || {
                fix_addresses()?;
                let directory = tempfile::tempdir_in(parent)?;
                serve(waiting, found, &Place::new(directory.path(), program)?, watch, arguments)
            }
        };
        let workers: Vec<_> = watches.iter().map(|watch| scope.spawn(work_on(watch))).collect();
        let ended = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| bail!("a worker panicked")));
        let ended: Vec<Result<()>> = ended.collect();
        is_done.store(true, Ordering::Relaxed);
        ended.into_iter().collect()
    });
    worked?;
    let found = found.into_inner().unwrap_or_default();
    let of = |(number, found)| scenarios::all().nth(number).map(|scenario| (scenario, found));
    Ok(found.into_iter().filter_map(of).collect())
}

/// Returns a directory for the files of this many workers, in memory if possible, since it is faster.
fn place_for(workers: usize) -> Result<PathBuf> {
    let mut reasons = Vec::new();
    for directory in ["/dev/shm".into(), std::env::temp_dir(), project::root().join("target")] {
        match suits(&directory, workers as u64 * Place::SIZE) {
            Ok(()) => return Ok(directory),
            Err(error) => reasons.push(format!("{}: {error:#}", project::relative(&directory))),
        }
    }
    let remedy = "set TMPDIR to a directory with space that is not mounted noexec";
    bail!(CannotRun(format!("no directory for its files: {}. To enable it: {remedy}", reasons.join("; "))))
}

/// Checks that a directory has space for this many bytes, and that its files can be executed.
fn suits(directory: &Path, bytes: u64) -> Result<()> {
    tempfile::tempfile_in(directory)?;
    let system = rustix::fs::statvfs(directory)?;
    ensure!(!system.f_flag.contains(StatVfsMountFlags::NOEXEC), "mounted noexec");
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    ensure!(free >= bytes, "{} MB free, {} needed", free >> 20, bytes >> 20);
    Ok(())
}

/// Compiles the program that makes one call.
pub fn compile(dist: &Dist, directory: &Path) -> Result<PathBuf> {
    let program = directory.join("faults");
    let mut cc = command("cc");
    cc.args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-nostdlib", "-static", "-ffreestanding"]);
    cc.arg("-fno-stack-protector").arg(project::root().join("tests/c/faults.c"));
    cc.arg("-I").arg(dist.include()).arg("-I").arg(project::root().join("tests/c"));
    execute(cc.arg(dist.freestanding_archive()).arg("-o").arg(&program))?;
    Ok(program)
}

/// The scenarios of each function, with their numbers.
type Waiting = Mutex<VecDeque<Vec<(usize, &'static Scenario)>>>;
type AllFound = Mutex<BTreeMap<usize, Found>>;

/// The loop of a worker: takes one function after the other.
fn serve(waiting: &Waiting, found: &AllFound, place: &Place, watch: &Watch, arguments: &Arguments) -> Result<()> {
    let next = || waiting.lock().ok()?.pop_front();
    while let Some(scenarios) = next() {
        let mut known = Known::default();
        for (number, scenario) in scenarios {
            let result = explore(scenario, &mut known, place, watch, arguments).with_context(|| scenario.name())?;
            if let Ok(mut found) = found.lock() {
                found.insert(number, result);
            }
        }
    }
    Ok(())
}

/// Runs a scenario without faults, and then with each of its faults.
///
/// `known` holds the positions that other scenarios of the function have tried.
fn explore(
    scenario: &Scenario,
    known: &mut Known,
    place: &Place,
    watch: &Watch,
    arguments: &Arguments,
) -> Result<Found> {
    let learn = || {
        let learned = tracer::run(scenario, place, watch, &[])?;
        judge::check_learned(scenario, &learned).map(|()| learned)
    };
    // On a busy machine a child that ended may stay longer than the tracer waits.
    let learned = learn().or_else(|_| learn()).or_else(|_| learn())?;
    let mut found = Found { calls: learned.calls.len(), ..Found::default() };
    if arguments.verbose {
        let calls = learned.calls.iter();
        found
            .shown
            .extend(calls.map(|call| format!("{}.{} {} = {}", call.process, call.index, call.number, call.result)));
    }
    let new = known.add(scenario, &learned.calls, None);
    let mut waiting: VecDeque<Case> = cases::first_faults(scenario, &learned, &new).into();
    while let Some(case) = waiting.pop_front() {
        found.cases += 1;
        let what = cases::describe(&case);
        let attempt = || {
            let run = tracer::run(scenario, place, watch, &case);
            let wrong = match &run {
                Ok(run) => judge::judge(scenario.function, &learned, &case, run),
                Err(error) => vec![format!("{error:#}")],
            };
            (run, wrong)
        };
        let (mut run, mut wrong) = attempt();
        if !wrong.is_empty() {
            // Concurrent processes can reach a fault in another order: report it, and try again.
            found.unstable.extend(wrong.iter().map(|wrong| format!("{}: {what}: {wrong}", scenario.name())));
            (run, wrong) = attempt();
        }
        if arguments.verbose {
            found.shown.push(format!("{what}: {:?}", run.as_ref().map(|run| &run.first).ok()));
        }
        found.wrong.extend(wrong.into_iter().map(|wrong| format!("{}: {what}: {wrong}", scenario.name())));
        if let Ok(run) = &run {
            waiting.extend(cases::following(scenario, &case, run, known));
        }
    }
    let is_tried = found.cases > 0 || CANNOT_FAIL.contains(&scenario.function);
    ensure!(is_tried, "{}: no system call failed", scenario.name());
    Ok(found)
}

/// Functions whose system calls cannot fail.
const CANNOT_FAIL: [&str; 1] = ["rt_getpid"];

/// Returns the figures and the exceptions. Fails if a rule was broken.
fn report(found: &[(&Scenario, Found)], by_state: bool) -> Result<String> {
    let mut rows: Vec<(String, [usize; 3])> = Vec::new();
    for (scenario, found) in found {
        let name = if by_state { scenario.name() } else { scenario.function.to_owned() };
        let figures = [found.calls, found.cases, found.wrong.len()];
        match rows.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sums)) => sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure),
            None => rows.push((name, figures)),
        }
    }
    let sum = |of: usize| rows.iter().map(|(_, figures)| figures[of]).sum::<usize>();
    rows.push(("all".to_owned(), [sum(0), sum(1), sum(2)]));
    let text = format!("{}\n{}", lines(found), table(&rows));
    ensure!(found.iter().all(|(_, found)| found.wrong.is_empty()), "{text}");
    Ok(text)
}

/// Returns the exceptions, the broken rules, and the lines of --verbose.
fn lines(found: &[(&Scenario, Found)]) -> String {
    let mut lines: Vec<&str> = vec!["Exceptions:"];
    lines.extend(judge::EXCEPTIONS.iter().map(|exception| exception.reason));
    lines.extend(cases::LEFT_OUT);
    for (_, found) in found {
        lines.extend(found.shown.iter().chain(&found.wrong).map(String::as_str));
    }
    if found.iter().any(|(_, found)| !found.unstable.is_empty()) {
        lines.push("Broken at the first try only:");
        lines.extend(found.iter().flat_map(|(_, found)| &found.unstable).map(String::as_str));
    }
    lines.join("\n  ")
}

fn table(rows: &[(String, [usize; 3])]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["call", "system calls", "cases", "wrong"]);
    for (name, figures) in rows {
        table.add_row(std::iter::once(name.clone()).chain(figures.map(|figure| figure.to_string())));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
