//! Options of the benchmark. `cargo xtask bench` accepts the same ones and passes them on.

use std::ffi::OsString;
use std::path::PathBuf;

/// Selection of rows and method of measurement.
#[derive(clap::Args)]
pub struct Options {
    /// Run a few rounds of a few calls and skip the largest rows: a check that everything works, not of times
    #[arg(long)]
    pub quick: bool,
    /// Measure only rows whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub only: String,
    /// Number of rounds; as many as the time allows by default
    #[arg(long, value_name = "NUMBER")]
    pub rounds: Option<usize>,
    /// Measure the CPU time of the calling thread, for a busy machine; children and disks do not count
    #[arg(long)]
    pub cpu: bool,
    /// Also measure another build of the shared object, such as an earlier one; its ratios are printed, not written
    #[arg(long, value_name = "FILE")]
    pub previous: Option<PathBuf>,
    /// Print the table only, and keep benches/results.md and results.svg unchanged
    #[arg(long)]
    pub no_write: bool,
}

impl Options {
    /// Returns command-line arguments for these options.
    pub fn to_arguments(&self) -> Vec<OsString> {
        let Self { quick, only, rounds, cpu, previous, no_write } = self;
        let mut arguments = vec![format!("--only={only}").into()];
        arguments.extend(rounds.map(|rounds| format!("--rounds={rounds}").into()));
        arguments.extend(previous.iter().flat_map(|file| ["--previous".into(), file.as_os_str().to_owned()]));
        let flags = [(quick, "--quick"), (cpu, "--cpu"), (no_write, "--no-write")];
        arguments.extend(flags.iter().filter(|(is_given, _)| **is_given).map(|(_, flag)| flag.into()));
        arguments
    }
}
