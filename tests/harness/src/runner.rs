//! Runs checks: those selected by name, each with the tools and the builds that it needs.
//!
//! A check passes, fails, or cannot run because the machine lacks or refuses something. The third is why this is not
//! libtest: its tests can only pass or fail, and cannot depend on one another.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, bail};
use workbench::cannot_run::CannotRun;
use workbench::shell::{self, step};
use workbench::tools::Tool;

/// Marks, in the output of a test, something that this machine cannot run.
const CANNOT_RUN: &str = "CANNOT RUN: ";

/// Marks, in the output of a test, something that no emulator can show. The run on this machine's own architecture
/// shows it.
const NOT_IN_AN_EMULATOR: &str = "NOT IN AN EMULATOR: ";

/// Marks figures in the output of a check, for the user to see.
pub const FIGURES: &str = "FIGURES: ";

/// The lines of a failed check that the summary repeats: the last of those that contain a word of `TELLING`, or of all
/// lines if none does.
const LINES_REPEATED: usize = 30;
const TELLING: [&str; 6] = ["FAILED", "failed", "panicked", "error", "had not ended", "/task/"];

type Action = Box<dyn FnOnce() -> Result<String> + Send>;

/// The value of a check that passes: nothing, or output that may contain marked lines.
pub trait Output {
    fn into_text(self) -> String;
}

impl Output for () {
    fn into_text(self) -> String {
        String::new()
    }
}

impl Output for String {
    fn into_text(self) -> String {
        self
    }
}

/// A check, not yet run.
pub struct Check {
    name: String,
    tools: Vec<Tool>,
    after: Option<String>,
    run: Action,
}

impl Check {
    pub fn new<T: Output>(
        name: impl Into<String>,
        tools: impl Into<Vec<Tool>>,
        run: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Self {
        let run = Box::new(|| run().map(T::into_text));
        Self { name: name.into(), tools: tools.into(), after: None, run }
    }

    /// Adds a tool that the check needs.
    pub fn needs(&mut self, tool: Tool) {
        self.tools.push(tool);
    }

    /// Runs the check only after another of its lane has passed, which is selected along with it.
    pub fn after(self, name: &str) -> Self {
        Self { after: Some(name.to_owned()), ..self }
    }
}

/// Limits how many checks run at the same time, in all lanes together.
struct Permits {
    free: Mutex<usize>,
    released: Condvar,
}

/// The permission to run a check. It ends when dropped.
struct Permit<'a>(&'a Permits);

impl Permits {
    fn new(count: usize) -> Self {
        Self { free: Mutex::new(count), released: Condvar::new() }
    }

    /// Waits until fewer checks run.
    fn acquire(&self) -> Permit<'_> {
        let none_is_free = |free: &mut usize| *free == 0;
        let mut free = self.released.wait_while(self.free(), none_is_free).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Permit(self)
    }

    fn free(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free() += 1;
        self.0.released.notify_one();
    }
}

/// Checks that run in this order; those of a group may run at the same time.
#[derive(Default)]
pub struct Lane(Vec<Vec<Check>>);

impl Lane {
    pub fn add(&mut self, check: Check) {
        self.0.push(vec![check]);
    }

    /// Adds checks that may run at the same time.
    pub fn add_group(&mut self, checks: impl IntoIterator<Item = Check>) {
        self.0.push(checks.into_iter().collect());
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(|check| check.name.as_str())
    }

    /// Removes the checks whose name lacks one of these texts, except those that others come after.
    fn select(&mut self, texts: &[&str]) {
        let mut needed = BTreeSet::new();
        for group in self.0.iter_mut().rev() {
            group.retain(|check| contains(&check.name, texts) || needed.contains(&check.name));
            needed.extend(group.iter().filter_map(|check| check.after.clone()));
        }
    }

    fn run(self, permits: &Permits) -> Report {
        let mut report = Report::default();
        for group in self.0 {
            let ready: Vec<_> = group.into_iter().filter(|check| report.is_ready(check)).collect();
            let run = |check: Check| {
                let _permit = permits.acquire();
                (step(&check.name, check.run), check.name)
            };
            let done = shell::at_once(shell::processors(), ready, run);
            done.into_iter().for_each(|(result, name)| report.record(name, result));
        }
        report
    }
}

/// All checks of a run. The lanes run at the same time, and together as many checks as there are processors.
pub struct Plan {
    pub lanes: Vec<Lane>,
    /// Set if a check that cannot run is a failure.
    pub require_all: bool,
}

impl Plan {
    /// Prints the names of the checks that contain these texts.
    pub fn list(&self, texts: &[&str]) {
        let names = self.lanes.iter().flat_map(Lane::names);
        names.filter(|name| contains(name, texts)).for_each(|name| println!("{name}"));
    }

    /// Runs the checks whose name contains these texts, and what they need. Fails if one fails, or if there is none.
    pub fn run(mut self, texts: &[&str]) -> Result<()> {
        self.lanes.iter_mut().for_each(|lane| lane.select(texts));
        if self.lanes.iter().all(|lane| lane.names().next().is_none()) {
            let text = texts.join("` and `");
            bail!("no check has `{text}` in its name; `cargo xtask test --list` prints the names");
        }
        let permits = Permits::new(shell::processors());
        let mut report = Report::default();
        let reports = shell::at_once(self.lanes.len(), self.lanes, |lane| lane.run(&permits));
        reports.into_iter().for_each(|one| report.merge(one));
        report.finish(self.require_all)
    }
}

fn contains(name: &str, texts: &[&str]) -> bool {
    texts.iter().all(|text| name.contains(text))
}

/// The results of the checks that have run.
#[derive(Default)]
struct Report {
    passed: BTreeSet<String>,
    /// Name and output.
    failed: Vec<(String, String)>,
    not_run: BTreeSet<String>,
    not_in_an_emulator: BTreeSet<String>,
}

impl Report {
    /// Returns whether the check can run, and reports the first tool that it lacks.
    fn is_ready(&mut self, check: &Check) -> bool {
        if check.after.as_ref().is_some_and(|name| !self.passed.contains(name)) {
            return false;
        }
        let missing = check.tools.iter().find(|tool| !tool.is_here());
        if let Some(missing) = missing {
            self.cannot_run(format!("{}: {}", check.name, missing.is_missing()));
        }
        missing.is_none()
    }

    fn cannot_run(&mut self, what: String) {
        // Several builds of one test report the same.
        if !self.not_run.contains(&what) {
            eprintln!("{CANNOT_RUN}{what}");
            self.not_run.insert(what);
        }
    }

    fn record(&mut self, name: String, result: Result<String>) {
        match result {
            Ok(output) => self.record_output(name, &output),
            Err(error) => match error.downcast_ref() {
                Some(CannotRun(why)) => self.cannot_run(format!("{name}: {why}")),
                None => {
                    let why = format!("{error:#}");
                    eprintln!("{name}: {why}");
                    self.failed.push((name, why));
                }
            },
        }
    }

    fn record_output(&mut self, name: String, output: &str) {
        let marked = |mark| output.lines().filter_map(move |line| Some(line.split_once(mark)?.1.trim_end().to_owned()));
        marked(CANNOT_RUN).for_each(|what| self.cannot_run(what));
        marked(FIGURES).for_each(|what| println!("       {name}: {what}"));
        self.not_in_an_emulator.extend(marked(NOT_IN_AN_EMULATOR));
        self.passed.insert(name);
    }

    fn merge(&mut self, other: Self) {
        self.passed.extend(other.passed);
        self.failed.extend(other.failed);
        self.not_run.extend(other.not_run);
        self.not_in_an_emulator.extend(other.not_in_an_emulator);
    }

    /// Prints the summary. Fails if a check failed, or could not run although all are required.
    fn finish(self, require_all: bool) -> Result<()> {
        println!();
        // Repeated here, where no other output follows.
        for (name, why) in &self.failed {
            println!("failed: {name}");
            telling(why).iter().for_each(|line| println!("    {line}"));
        }
        let lists = [
            ("tested without an emulator only", &self.not_in_an_emulator),
            ("could not run on this machine", &self.not_run),
        ];
        for (title, list) in lists {
            list.iter().for_each(|what| println!("{title}: {what}"));
        }
        println!("{} passed, {} failed, {} skipped", self.passed.len(), self.failed.len(), self.not_run.len());
        if !self.failed.is_empty() {
            bail!("{} of the checks failed", self.failed.len());
        }
        if require_all && !self.not_run.is_empty() {
            bail!("{} checks could not run, and --require-all was given", self.not_run.len());
        }
        Ok(())
    }
}

/// Returns the last lines of an output that tell why the check failed.
fn telling(output: &str) -> Vec<&str> {
    let is_telling =
        |line: &&str| TELLING.iter().any(|word| line.contains(word)) && !line.starts_with("test result: ok");
    let mut lines: Vec<_> = output.lines().filter(is_telling).collect();
    if lines.is_empty() {
        lines = output.lines().collect();
    }
    lines.split_off(lines.len().saturating_sub(LINES_REPEATED))
}
