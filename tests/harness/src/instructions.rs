//! `cargo xtask instructions`: the number of instructions of a call of each function, without those of the kernel.
//!
//! A few instructions do not show in times, which vary; their number is the same in each run. tests/c/instructions.c
//! calls each function N times and 2 N times under callgrind. The difference, less that of a function that does nothing,
//! is N times the number of one call. A number must not exceed the one in tests/instructions.txt by more than other
//! compilers cause.
//!
//! A single instruction that copies many bytes counts once for each byte, so the program uses short texts.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::CommandExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::baseline::{Baseline, Numbers, Room};
use crate::c_callers;
use workbench::build;
use workbench::project::{self, Arch, Dist};
use workbench::shell::{self, command, execute};
use workbench::tools;

#[derive(clap::Args)]
pub struct Arguments {
    /// Record the current numbers in tests/instructions.txt
    #[arg(long)]
    bless: bool,
}

/// The committed table.
pub const FILE: &str = "tests/instructions.txt";

const BASELINE: Baseline = Baseline {
    file: FILE,
    introduction: "Instructions of a call in a program without a libc, after earlier calls did the work that happens \
                   once. Instructions of\nthe kernel are not counted. See tests/c/instructions.c.",
    command: "cargo xtask instructions --bless",
    room: Room { percent: 15, extra: 25 },
};

/// The number of calls of each function between the first two readings of the counter.
const COUNT: u64 = 10;

pub fn run(arguments: &Arguments) -> Result<()> {
    Arch::X86_64.must_be_host()?;
    tools::must_have(&[tools::VALGRIND, tools::CC])?;
    let numbers = count(&build::run_for(Arch::X86_64)?)?;
    for (name, number) in &numbers {
        println!("{number:>8}  {name}");
    }
    if arguments.bless { BASELINE.record(Arch::X86_64, &numbers) } else { BASELINE.check(Arch::X86_64, &numbers, true) }
}

/// Counts and records the instructions.
pub fn bless() -> Result<()> {
    BASELINE.record(Arch::X86_64, &count(&build::run_for(Arch::X86_64)?)?)
}

/// Returns the functions that the rows name: `rt_file_lock, rt_file_unlock`, or `rt_dir_create: it exists`.
pub fn recorded_functions() -> Result<BTreeSet<String>> {
    let rows = BASELINE.recorded(Arch::X86_64)?;
    let names = rows.iter().flat_map(|(row, _)| row.split(':').next().unwrap_or_default().split(", "));
    Ok(names.map(str::to_owned).collect())
}

/// Fails if a function takes clearly more instructions than recorded.
pub fn check(dist: &Dist) -> Result<()> {
    Arch::X86_64.must_be_host()?;
    BASELINE.check(dist.arch, &count(dist)?, true)
}

fn count(dist: &Dist) -> Result<Numbers> {
    // The lengths of paths and names must be the same on every machine: they are read byte by byte.
    let work = tempfile::tempdir_in("/tmp").or_else(|_| tempfile::tempdir())?;
    let program = work.path().join("instructions");
    let source = project::root().join("tests/c/instructions.c");
    execute(&mut c_callers::link_with_symbols(dist, &source, &program)?)?;
    let place = work.path().join("place");
    make_place(&place)?;
    let mut valgrind = command(shell::find("valgrind").context("no valgrind")?);
    valgrind.args(["--quiet", "--tool=callgrind", "--dump-before=mark"]);
    // Each process writes files of its own, with a number for each reading.
    valgrind.arg(format!("--callgrind-out-file={}/%p", work.path().display()));
    valgrind.arg(&program).current_dir(&place);
    valgrind.env_clear().env("HOME", "/home").envs((1..20).map(|number| (format!("VARIABLE_{number:02}"), "value")));
    // SAFETY: the function only makes system calls, and does not allocate.
    unsafe { valgrind.pre_exec(take_host_name) };
    let output = execute(&mut valgrind)?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let names: Vec<&str> = printed.lines().filter_map(|line| line.strip_suffix('\t')).collect();
    per_call(&names, &readings(work.path())?)
}

/// Sets a host name for the calling process alone, if the process has the privilege, as root does.
fn take_host_name() -> std::io::Result<()> {
    const NAME: &[u8] = b"a-name-of-20-letters";
    // SAFETY: unshare(2) takes a number, and a namespace of host names affects no memory.
    if unsafe { libc::unshare(libc::CLONE_NEWUTS) } == 0 {
        // SAFETY: the name is readable for its length.
        unsafe { libc::sethostname(NAME.as_ptr().cast(), NAME.len()) };
    }
    Ok(())
}

/// Makes the directory that the program is started in.
fn make_place(place: &Path) -> Result<()> {
    for (directory, count) in [("ten", 10), ("thousand", 1000)] {
        std::fs::create_dir_all(place.join(directory))?;
        (0..count)
            .try_for_each(|number| std::fs::write(place.join(directory).join(format!("entry{number:04}")), ""))?;
    }
    Ok(std::fs::write(place.join("file"), "x".repeat(100))?)
}

/// Returns the readings of the counter. Children of the program have readings too, but fewer.
fn readings(place: &Path) -> Result<Vec<u64>> {
    let mut processes = BTreeMap::<String, BTreeMap<u64, u64>>::new();
    for file in place.read_dir()?.flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let Some((id, number)) = name.split_once('.') else { continue };
        let text = std::fs::read_to_string(file.path())?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ")).with_context(|| name.clone())?;
        processes.entry(id.to_owned()).or_default().insert(number.parse()?, total.trim().parse()?);
    }
    let most = processes.into_values().max_by_key(BTreeMap::len).context("callgrind wrote nothing")?;
    Ok(most.into_values().collect())
}

/// Returns the number for one call of each function, from three readings: before the first row of calls, after it, and
/// after the second row.
fn per_call(names: &[&str], readings: &[u64]) -> Result<Numbers> {
    ensure!(readings.len() == 3 * names.len(), "{} readings for {} functions", readings.len(), names.len());
    let differences: Vec<u64> = readings.chunks_exact(3).map(|read| read[2].saturating_sub(read[1])).collect();
    let nothing = differences.first().copied().unwrap_or_default();
    let mut numbers = Numbers::new();
    for (name, difference) in names.iter().zip(differences).skip(1) {
        ensure!(difference >= nothing, "{name}: fewer instructions than none");
        numbers.push(((*name).to_owned(), (difference - nothing).div_ceil(COUNT)));
    }
    Ok(numbers)
}
