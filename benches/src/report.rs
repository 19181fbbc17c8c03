//! The results as tables.

use comfy_table::{CellAlignment, Table, presets};

use crate::Measured;
use crate::comparison::Implementation;
use crate::machine::Facts;
use crate::statistics::{Summary, ratio, time};

/// The relative difference between two runs of the same program on a shared machine.
const NOISE: f64 = 0.1;

/// The result of a row compared with its target.
enum Verdict {
    Met,
    /// Slower than an implementation, by no more than the noise.
    WithinNoise(String),
    Missed(String),
}

impl Measured {
    fn ratio(&self, implementation: Implementation) -> Option<Summary> {
        ratio(&self.samples, implementation)
    }

    fn verdict(&self) -> Verdict {
        let mut close = Vec::new();
        let mut missed = Vec::new();
        for implementation in Implementation::ALL.into_iter().filter(|implementation| implementation.is_competitor()) {
            let Some(Summary { median, .. }) = self.ratio(implementation) else { continue };
            let speedup = self.row.target.speedup.filter(|_| implementation == Implementation::Plain);
            let wanted = speedup.unwrap_or(self.row.target.minimum);
            let shortfall = format!("{} {} of {wanted}", implementation.name(), factor(median));
            // The noise is not tolerated where a speed-up is promised.
            let tolerated = if speedup.is_some() { wanted } else { wanted * (1.0 - NOISE) };
            if median < tolerated {
                missed.push(shortfall);
            } else if median < wanted {
                close.push(shortfall);
            }
        }
        match (missed.is_empty(), close.is_empty()) {
            (false, _) => Verdict::Missed(missed.join(", ")),
            (true, false) => Verdict::WithinNoise(close.join(", ")),
            (true, true) => Verdict::Met,
        }
    }

    fn target(&self) -> String {
        match self.row.target.speedup {
            Some(speedup) => format!("{speedup}"),
            None => format!("{}", self.row.target.minimum),
        }
    }

    fn file_system(&self) -> &'static str {
        self.row.file_system.map_or("", |file_system| file_system.name())
    }

    /// Returns the measured implementation that has no column of its own.
    fn other(&self) -> Option<Implementation> {
        self.samples
            .iter()
            .map(|samples| samples.implementation)
            .find(|implementation| implementation.serves_one_operation())
    }

    /// Formats one cell per column.
    fn cells(&self, columns: &[Implementation], format: impl Fn(Implementation) -> Option<String>) -> Vec<String> {
        let mut cells: Vec<_> =
            columns.iter().map(|&implementation| format(implementation).unwrap_or_default()).collect();
        let other = self
            .other()
            .and_then(|implementation| Some(format!("{} {}", implementation.name(), format(implementation)?)));
        cells.push(other.unwrap_or_default());
        cells
    }
}

/// Returns the implementations of nearly all operations that were measured.
fn columns(measured: &[Measured]) -> Vec<Implementation> {
    let all = [
        Implementation::Plain,
        Implementation::Std,
        Implementation::Rustix,
        Implementation::Libc,
        Implementation::Previous,
    ];
    all.into_iter().filter(|&column| measured.iter().any(|row| row.ratio(column).is_some())).collect()
}

/// Returns the table of ratios for the terminal.
pub fn console(measured: &[Measured]) -> String {
    ratios(measured, &columns(measured)).to_string()
}

fn ratios(measured: &[Measured], columns: &[Implementation]) -> Table {
    let mut table = new_table(&["operation", "where", "this library"], columns, &["target", "met"]);
    for row in measured {
        let ours = time(&row.samples, Implementation::Raw).map(|time| duration(time.median)).unwrap_or_default();
        let mut cells = vec![row.row.operation.clone(), row.file_system().to_owned(), ours];
        cells.extend(row.cells(columns, |implementation| row.ratio(implementation).map(spread)));
        cells.push(row.target());
        cells.push(match row.verdict() {
            Verdict::Met => "yes".into(),
            Verdict::WithinNoise(close) => format!("yes, within the noise: {close}"),
            Verdict::Missed(missed) => format!("NO: {missed}"),
        });
        table.add_row(cells);
    }
    table
}

fn times(measured: &[Measured], columns: &[Implementation]) -> Table {
    let mut table = new_table(&["operation", "where", "this library"], columns, &["rounds"]);
    for row in measured {
        let format = |implementation| time(&row.samples, implementation).map(|time| duration_with_spread(&time));
        let mut cells = vec![row.row.operation.clone(), row.file_system().to_owned()];
        cells.push(format(Implementation::Raw).unwrap_or_default());
        cells.extend(row.cells(columns, format));
        cells.push(row.samples.first().map_or(0, |samples| samples.nanoseconds.len()).to_string());
        table.add_row(cells);
    }
    table
}

fn new_table(before: &[&str], columns: &[Implementation], after: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let names = columns.iter().map(|implementation| implementation.name()).chain(["others"]);
    table.set_header(before.iter().copied().chain(names).chain(after.iter().copied()));
    for column in table.column_iter_mut().skip(2).take(1 + columns.len()) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Returns the number of rows that meet their target, and a list of those that miss it.
pub fn verdict(measured: &[Measured]) -> String {
    let missed = measured.iter().filter_map(|row| match row.verdict() {
        Verdict::Missed(missed) => Some(format!("\n- {}: {missed}", row.row.name())),
        _ => None,
    });
    let missed = missed.collect::<Vec<_>>();
    let met = measured.len() - missed.len();
    format!("{met} of {} rows meet their target.{}", measured.len(), missed.concat())
}

/// Returns the content of results.md: the machine and both tables.
pub fn document(measured: &[Measured], facts: &Facts) -> String {
    let Facts { date, machine, software, file_systems } = facts;
    // Another build of the library concerns only those who compare the two.
    let mut columns = columns(measured);
    columns.retain(|&column| column != Implementation::Previous);
    format!(
        "# Performance\n\n\
         Generated by `cargo xtask bench`; do not edit.\n\n\
         | | |\n|---|---|\n| date | {date} |\n| machine | {machine} |\n| software | {software} |\n\
         | file systems | {file_systems} |\n| to reproduce | `cargo xtask bench` |\n\n\
         ![Time of other implementations, relative to this library]({CHART})\n\n\
         ## Ratios\n\n\
         Time of each implementation, divided by the time of this library: above 1 this library is faster. The \
         implementations take turns in rounds. Each round gives a ratio; the table shows the median and, in brackets, \
         the interquartile range. The first number of a row is the time of a call. The target is a ratio too: to plain \
         libc where it is above 1, else to every implementation except the libc backend of this library. A difference \
         of less than {} % is noise.\n\n{}\n\n{}\n\n\
         ## Times\n\n\
         The median time of a call, and half of the interquartile range.\n\n{}\n\n{NOTES}",
        NOISE * 100.0,
        ratios(measured, &columns),
        verdict(measured),
        times(measured, &columns),
    )
}

/// File name of the chart, in the directory of results.md.
pub const CHART: &str = "results.svg";

const NOTES: &str = "## Implementations and conditions\n\n\
- This library: `libffi_syscalls.so` of `cargo xtask build`.\n\
- Its libc backend: the archive of `cargo xtask build --backend libc`, linked as a shared object.\n\
- Plain libc: the same functions as thin wrappers of libc functions, [plain.c](plain.c), optimised for size. They are \
called in the same way as the two above.\n\
- Rust std, rustix and the crates under \"others\": called from Rust, optimised for speed, with paths and results in \
their own types. Copying, listing and running use their usual idioms: see [src](src).\n\n\
Each row is measured in a process of its own, with an environment of 20 variables unless the row states another number. \
The time includes freeing the result. Files that are read are in the page cache. Writes and copies create a new file \
unless the row states otherwise, and do not wait for the disk. The content is a C string, whose end every \
implementation must find. The program that is run is `true`, searched in PATH. Parents have touched their memory in \
pages of 4 KB. ext4 starts to write replaced content immediately, so copies over a file wait for the disk there.\n";

fn spread(ratio: Summary) -> String {
    format!("{} ({}-{})", factor(ratio.median), factor(ratio.lower), factor(ratio.upper))
}

/// Formats a ratio with its significant digits.
pub fn factor(ratio: f64) -> String {
    let decimals = if ratio < 10.0 { 2 } else { usize::from(ratio < 100.0) };
    format!("{ratio:.decimals$}")
}

fn duration_with_spread(time: &Summary) -> String {
    format!("{} ±{:.0} %", duration(time.median), 50.0 * (time.upper - time.lower) / time.median)
}

fn duration(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ..1e3 => (nanoseconds, "ns"),
        ..1e6 => (nanoseconds / 1e3, "µs"),
        _ => (nanoseconds / 1e6, "ms"),
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}
