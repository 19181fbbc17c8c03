//! What can be asked of the benchmark: of this program, and of `cargo xtask bench`, which hands it on.

use std::ffi::OsString;

/// What is measured, and how.
#[derive(clap::Args)]
pub struct Options {
    /// A few rounds of a few calls, without the largest rows: to see that all works, not how fast
    #[arg(long)]
    pub quick: bool,
    /// Only the rows whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub only: String,
    /// How often each contender has its turn; what time allows if not given
    #[arg(long, value_name = "NUMBER")]
    pub rounds: Option<usize>,
    /// Measure the processor time of the calling thread: where a machine is busy with others. What children do, and a
    /// disk, does not count
    #[arg(long)]
    pub cpu: bool,
    /// Print the table alone, and leave benches/results.md and results.svg as they are
    #[arg(long)]
    pub no_write: bool,
}

impl Options {
    /// The arguments that ask for the same.
    pub fn to_arguments(&self) -> Vec<OsString> {
        let Self { quick, only, rounds, cpu, no_write } = self;
        let mut arguments = vec![format!("--only={only}").into()];
        arguments.extend(rounds.map(|rounds| format!("--rounds={rounds}").into()));
        let flags = [(quick, "--quick"), (cpu, "--cpu"), (no_write, "--no-write")];
        arguments.extend(flags.iter().filter(|(is_given, _)| **is_given).map(|(_, flag)| flag.into()));
        arguments
    }
}
