//! `cargo xtask faults`: every system call of every operation, made to fail in every way, on the archive that ships.

mod cases;
mod registers;
pub mod scenarios;
mod state;
mod tracer;
mod watchdog;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail, ensure};
use comfy_table::{CellAlignment, Table, presets};
use rustix::fs::StatVfsMountFlags;

use cases::{Case, Way};
use scenarios::{ALL, Place, Scenario};
pub use tracer::{fix_addresses, must_trace};
use watchdog::Watch;
use workbench::cannot_run::CannotRun;
use workbench::project::{self, Dist};
use workbench::shell::{self, command, execute};
use workbench::{build, project::Arch, tools};

#[derive(clap::Args)]
pub struct Arguments {
    /// Only the calls whose name or state contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    only: String,
    /// Show the system calls of each, and every case
    #[arg(long)]
    verbose: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    Arch::X86_64.must_be_host()?;
    tools::must_have(&[tools::cc()])?;
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

/// What was found of one scenario.
#[derive(Default)]
struct Found {
    calls: usize,
    cases: usize,
    wrong: Vec<String>,
    /// What was wrong once.
    unstable: Vec<String>,
    /// For --verbose.
    shown: Vec<String>,
}

/// Puts all that are wanted through their faults, on all processors.
fn try_all(dist: &Dist, arguments: &Arguments) -> Result<Vec<(&'static Scenario, Found)>> {
    let wanted = ALL.iter().enumerate().filter(|(_, scenario)| scenario.name().contains(&arguments.only));
    let waiting: VecDeque<_> = wanted.collect();
    ensure!(!waiting.is_empty(), "no call has `{}` in its name", arguments.only);
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
        let ended = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| bail!("a worker stopped")));
        let ended: Vec<Result<()>> = ended.collect();
        is_done.store(true, Ordering::Relaxed);
        ended.into_iter().collect()
    });
    worked?;
    let found = found.into_inner().unwrap_or_default();
    let of = |(number, found)| ALL.get(number).map(|scenario| (scenario, found));
    Ok(found.into_iter().filter_map(of).collect())
}

/// A directory for this many workers' files: in memory, where that does, since it is faster.
fn place_for(workers: usize) -> Result<PathBuf> {
    let mut reasons = Vec::new();
    for directory in ["/dev/shm".into(), std::env::temp_dir(), project::root().join("target")] {
        match suits(&directory, workers as u64 * Place::SIZE) {
            Ok(()) => return Ok(directory),
            Err(error) => reasons.push(format!("{}: {error:#}", project::relative(&directory))),
        }
    }
    let remedy = "TMPDIR=DIRECTORY with one that has room and is not mounted noexec";
    bail!(CannotRun(format!("no place for its files: {}. What would change it: {remedy}", reasons.join("; "))))
}

/// Whether files of so many bytes can be made in a directory, and executed.
fn suits(directory: &Path, bytes: u64) -> Result<()> {
    tempfile::tempfile_in(directory)?;
    let system = rustix::fs::statvfs(directory)?;
    ensure!(!system.f_flag.contains(StatVfsMountFlags::NOEXEC), "mounted noexec");
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    ensure!(free >= bytes, "{} MB of room, of {} needed", free >> 20, bytes >> 20);
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

type Waiting = Mutex<VecDeque<(usize, &'static Scenario)>>;
type AllFound = Mutex<BTreeMap<usize, Found>>;

/// What a thread does: it takes one scenario after the other.
fn serve(waiting: &Waiting, found: &AllFound, place: &Place, watch: &Watch, arguments: &Arguments) -> Result<()> {
    let next = || waiting.lock().ok()?.pop_front();
    while let Some((number, scenario)) = next() {
        let result = explore(scenario, place, watch, arguments).with_context(|| scenario.name())?;
        if let Ok(mut found) = found.lock() {
            found.insert(number, result);
        }
    }
    Ok(())
}

/// Runs a scenario undisturbed, and then with each of its faults.
fn explore(scenario: &Scenario, place: &Place, watch: &Watch, arguments: &Arguments) -> Result<Found> {
    let learn = || {
        let learned = tracer::run(scenario, place, watch, &[])?;
        cases::check_learned(scenario, &learned).map(|()| learned)
    };
    // On a busy machine a child that has ended may be there for longer than is waited for.
    let learned = learn().or_else(|_| learn()).or_else(|_| learn())?;
    let mut found = Found { calls: learned.calls.len(), ..Found::default() };
    if arguments.verbose {
        let calls = learned.calls.iter();
        found
            .shown
            .extend(calls.map(|call| format!("{}.{} {} = {}", call.process, call.index, call.number, call.result)));
    }
    let mut seen: BTreeSet<Way> = BTreeSet::from([cases::way(&learned.calls, None)]);
    let mut waiting: VecDeque<Case> = cases::first_faults(scenario, &learned).into();
    while let Some(case) = waiting.pop_front() {
        found.cases += 1;
        let what = cases::describe(&case);
        let attempt = || {
            let run = tracer::run(scenario, place, watch, &case);
            let wrong = match &run {
                Ok(run) => cases::judge(scenario.function, &learned, &case, run),
                Err(error) => vec![format!("{error:#}")],
            };
            (run, wrong)
        };
        let (mut run, mut wrong) = attempt();
        if !wrong.is_empty() {
            // Processes that run at the same time can come to a fault in another order. It is said, and tried again.
            found.unstable.extend(wrong.iter().map(|wrong| format!("{}: {what}: {wrong}", scenario.name())));
            (run, wrong) = attempt();
        }
        if arguments.verbose {
            found.shown.push(format!("{what}: {:?}", run.as_ref().map(|run| &run.first).ok()));
        }
        found.wrong.extend(wrong.into_iter().map(|wrong| format!("{}: {what}: {wrong}", scenario.name())));
        if let Ok(run) = &run {
            waiting.extend(cases::behind(scenario, &case, run, &mut seen));
        }
    }
    let is_tried = found.cases > 0 || CANNOT_FAIL.contains(&scenario.function);
    ensure!(is_tried, "{}: no system call was seen, and none made to fail", scenario.name());
    Ok(found)
}

/// Functions whose system calls cannot fail.
const CANNOT_FAIL: [&str; 1] = ["rt_getpid"];

/// The figures, with what cannot hold; an error if anything was wrong.
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

/// What was to be shown, what is excused, and what is wrong.
fn lines(found: &[(&Scenario, Found)]) -> String {
    let mut lines: Vec<&str> = vec!["What cannot hold, and is not looked at:"];
    lines.extend(cases::EXCEPTIONS.iter().map(|exception| exception.reason));
    lines.push(cases::LEFT_OUT);
    for (_, found) in found {
        lines.extend(found.shown.iter().chain(&found.wrong).map(String::as_str));
    }
    if found.iter().any(|(_, found)| !found.unstable.is_empty()) {
        lines.push("What was wrong when it was tried first:");
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
