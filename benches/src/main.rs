//! Times the operations of the library and compares them with other implementations: `cargo xtask bench`.
//!
//! Each row of the table is measured in a process of its own, with the environment and memory that the row requests. That
//! process times the implementations in interleaved batches, in many rounds. The result is the median of the ratios
//! within a round.

mod chart;
mod comparison;
mod contents;
mod directories;
mod files;
mod fixture;
mod library;
mod machine;
mod normalize;
mod options;
mod report;
mod rows;
mod statistics;
mod system;
mod time;
mod trees;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use comparison::{Clock, Implementation, Samples, Settings};
use fixture::Fixture;
use indicatif::{ProgressBar, ProgressStyle};
use library::Library;
use options::Options;
use rows::{FileSystem, Row};

#[derive(Parser)]
#[command(name = "bench")]
struct Arguments {
    /// The library as shipped
    #[arg(long, value_name = "FILE")]
    raw: PathBuf,
    /// The library with its libc backend, as a shared object
    #[arg(long, value_name = "FILE")]
    libc: PathBuf,
    /// The plain libc version, as a shared object
    #[arg(long, value_name = "FILE")]
    plain: PathBuf,
    /// Directory for the rows that measure a disk; created if missing
    #[arg(long, value_name = "DIRECTORY")]
    disk: PathBuf,
    #[command(flatten)]
    options: Options,
    /// Measure one row, and write the samples to the file
    #[arg(long, hide = true, num_args = 3, value_names = ["ROW", "DIRECTORY", "FILE"])]
    worker: Option<Vec<String>>,
}

impl Options {
    fn settings(&self) -> Settings {
        let (rounds, batch) = if self.quick { (self.rounds.or(Some(2)), 50) } else { (self.rounds, 2000) };
        let clock = if self.cpu { Clock::Processor } else { Clock::Elapsed };
        Settings { rounds, milliseconds: 2500, batch, clock }
    }

    fn wants(&self, row: &Row) -> bool {
        row.name().contains(&self.only) && !(self.quick && row.is_large)
    }

    /// Returns true if the options select a full measurement of all rows, whose results are worth keeping.
    fn is_complete(&self) -> bool {
        let is_long = self.rounds.is_none_or(|rounds| rounds >= Settings::MIN_ROUNDS);
        is_long && !self.quick && !self.cpu && self.only.is_empty()
    }
}

/// A row and its samples.
struct Measured {
    row: Row,
    samples: Vec<Samples>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.worker.as_deref() {
        Some([row, directory, output]) => work(&arguments, row, directory.as_ref(), output.as_ref()),
        _ => measure_all(&arguments),
    }
}

fn measure_all(arguments: &Arguments) -> Result<()> {
    let options = &arguments.options;
    std::fs::create_dir_all(&arguments.disk)?;
    let rows: Vec<_> = rows::all().into_iter().filter(|row| options.wants(row)).collect();
    ensure!(!rows.is_empty(), "no row's name contains \"{}\"", options.only);
    let bar = ProgressBar::new(rows.len() as u64);
    bar.set_style(ProgressStyle::with_template("{spinner} {pos}/{len} {msg} ({elapsed}, {eta} to go) {wide_bar}")?);
    bar.enable_steady_tick(Duration::from_millis(250));
    let mut measured = Vec::new();
    for row in rows {
        bar.set_message(row.name());
        let samples = measure(arguments, &row).with_context(|| row.name())?;
        measured.push(Measured { row, samples });
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!("{}", report::console(&measured));
    if options.quick {
        println!("A quick run verifies that all implementations do the same. It is too short to judge times.");
    } else {
        println!("{}", report::verdict(&measured));
    }
    if options.no_write {
        return Ok(());
    }
    if !options.is_complete() {
        println!("Not written: only complete measurements are kept.");
        return Ok(());
    }
    write(&measured, arguments)
}

/// Writes tables and chart into benches/.
fn write(measured: &[Measured], arguments: &Arguments) -> Result<()> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let facts = machine::facts(&arguments.disk)?;
    std::fs::write(directory.join("results.md"), report::document(measured, &facts))?;
    chart::draw(measured, &facts, &directory.join("results.svg"))?;
    println!("Written to benches/results.md and benches/results.svg.");
    Ok(())
}

/// A directory of a tmpfs.
const TMPFS: &str = "/dev/shm";

/// Measures a row in a process of its own.
fn measure(arguments: &Arguments, row: &Row) -> Result<Vec<Samples>> {
    let parent = if row.file_system == Some(FileSystem::Disk) { arguments.disk.as_path() } else { Path::new(TMPFS) };
    let directory = tempfile::tempdir_in(parent).with_context(|| parent.display().to_string())?;
    let output = tempfile::NamedTempFile::new()?;
    let mut worker = Command::new("/proc/self/exe");
    worker.arg("--raw").arg(&arguments.raw).arg("--libc").arg(&arguments.libc).arg("--plain").arg(&arguments.plain);
    worker.arg("--disk").arg(&arguments.disk).args(arguments.options.to_arguments());
    worker.arg("--worker").arg(row.name()).arg(directory.path()).arg(output.path());
    worker.env_clear().envs(variables(row.variables)).stdout(Stdio::null());
    let status = worker.status()?;
    ensure!(status.success(), "{status}");
    Ok(serde_json::from_slice(&std::fs::read(output.path())?)?)
}

/// Returns an environment of this many variables, in the order of their names.
fn variables(count: usize) -> Vec<(String, String)> {
    let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".into());
    let known = [("HOME", "/home/user"), ("PATH", &path), (fixture::LAST_VARIABLE, fixture::LAST_VALUE)];
    let mut variables: Vec<_> = known.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    let others = (b'A'..=b'Y').flat_map(|first| (b'A'..=b'Z').map(move |second| [first, second].map(char::from)));
    let others = others.flat_map(|letters| (0..2).map(move |number| (letters, number)));
    let step = others.clone().count() / count;
    let names = others.step_by(step).map(|([first, second], number)| format!("{first}{second}_SETTING_{number}"));
    variables.extend(names.take(count - known.len()).map(|name| (name, "a value like any other".into())));
    variables
}

/// Measures a row, in the process started for it.
fn work(arguments: &Arguments, name: &str, directory: &Path, output: &Path) -> Result<()> {
    let row = rows::all().into_iter().find(|row| row.name() == name).context("no such row")?;
    let mut libraries = vec![
        (Implementation::Raw, Library::load(&arguments.raw)?),
        (Implementation::Libc, Library::load(&arguments.libc)?),
        (Implementation::Plain, Library::load(&arguments.plain)?),
    ];
    if let Some(previous) = &arguments.options.previous {
        libraries.push((Implementation::Previous, Library::load(previous)?));
    }
    let libraries = libraries.leak();
    machine::touch_memory(row.memory)?;
    let comparison = (row.make)(&Fixture { libraries, directory: directory.to_owned() })?;
    let samples = comparison.run(arguments.options.settings())?;
    Ok(std::fs::write(output, serde_json::to_vec(&samples)?)?)
}
