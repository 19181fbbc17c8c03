//! The results, as tables.

use comfy_table::{CellAlignment, Table, presets};

use crate::Measured;
use crate::machine::Facts;
use crate::race::Contender;
use crate::statistics::{Summary, ratio, time};

/// What two runs of one program differ by on a machine that others use too.
const NOISE: f64 = 0.1;

/// How a row stands to its target.
enum Verdict {
    Met,
    /// Slower than somebody, by no more than the noise.
    WithinNoise(String),
    Missed(String),
}

impl Measured {
    fn ratio(&self, contender: Contender) -> Option<Summary> {
        ratio(&self.samples, contender)
    }

    fn verdict(&self) -> Verdict {
        let mut close = Vec::new();
        let mut missed = Vec::new();
        for contender in Contender::ALL.into_iter().filter(|contender| contender.is_rival()) {
            let Some(Summary { median, .. }) = self.ratio(contender) else { continue };
            let speedup = self.row.target.speedup.filter(|_| contender == Contender::Plain);
            let wanted = speedup.unwrap_or(self.row.target.least);
            let said = format!("{} {} of {wanted}", contender.name(), factor(median));
            // A speed-up that was promised is not a matter of noise.
            let tolerated = if speedup.is_some() { wanted } else { wanted * (1.0 - NOISE) };
            if median < tolerated {
                missed.push(said);
            } else if median < wanted {
                close.push(said);
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
            None => format!("{}", self.row.target.least),
        }
    }

    fn place(&self) -> &'static str {
        self.row.place.map_or("", |place| place.name())
    }

    /// Who is in the race beside those who have a column.
    fn special(&self) -> Option<Contender> {
        self.samples.iter().map(|samples| samples.contender).find(|contender| contender.is_special())
    }

    /// What a contender has to say, in the columns' order.
    fn cells(&self, say: impl Fn(Contender) -> Option<String>) -> Vec<String> {
        let mut cells: Vec<_> = COLUMNS.iter().map(|&contender| say(contender).unwrap_or_default()).collect();
        let special = self.special().and_then(|contender| Some(format!("{} {}", contender.name(), say(contender)?)));
        cells.push(special.unwrap_or_default());
        cells
    }
}

/// Those who do nearly all that the library does.
const COLUMNS: [Contender; 4] = [Contender::Plain, Contender::Std, Contender::Rustix, Contender::Libc];

/// The table of ratios, with the library's own times, for people who wait for it.
pub fn console(measured: &[Measured]) -> String {
    ratios(measured).to_string()
}

fn ratios(measured: &[Measured]) -> Table {
    let mut table = new_table(&["operation", "where", "this library"], &["target", "met"]);
    for row in measured {
        let ours = time(&row.samples, Contender::Raw).map(|time| duration(time.median)).unwrap_or_default();
        let mut cells = vec![row.row.operation.clone(), row.place().to_owned(), ours];
        cells.extend(row.cells(|contender| row.ratio(contender).map(spread)));
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

fn times(measured: &[Measured]) -> Table {
    let mut table = new_table(&["operation", "where", "this library"], &["rounds"]);
    for row in measured {
        let say = |contender| time(&row.samples, contender).map(|time| duration_with_spread(&time));
        let mut cells = vec![row.row.operation.clone(), row.place().to_owned()];
        cells.push(say(Contender::Raw).unwrap_or_default());
        cells.extend(row.cells(say));
        cells.push(row.samples.first().map_or(0, |samples| samples.nanoseconds.len()).to_string());
        table.add_row(cells);
    }
    table
}

fn new_table(before: &[&str], behind: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let columns = COLUMNS.iter().map(|contender| contender.name()).chain(["others"]);
    table.set_header(before.iter().copied().chain(columns).chain(behind.iter().copied()));
    for column in table.column_iter_mut().skip(2).take(1 + COLUMNS.len()) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// How many rows have what they should, and which have not.
pub fn verdict(measured: &[Measured]) -> String {
    let missed = measured.iter().filter_map(|row| match row.verdict() {
        Verdict::Missed(missed) => Some(format!("\n- {}: {missed}", row.row.name())),
        _ => None,
    });
    let missed = missed.collect::<Vec<_>>();
    let met = measured.len() - missed.len();
    format!("{met} of {} rows meet their target.{}", measured.len(), missed.concat())
}

/// The file that is kept: what was measured on what, and both tables.
pub fn document(measured: &[Measured], facts: &Facts) -> String {
    let Facts { date, machine, software, file_systems } = facts;
    format!(
        "# How fast\n\n\
         Made by `cargo xtask bench`; do not edit.\n\n\
         | | |\n|---|---|\n| date | {date} |\n| machine | {machine} |\n| software | {software} |\n\
         | file systems | {file_systems} |\n| to reproduce it | `cargo xtask bench` |\n\n\
         ![Time of others for one of this library]({CHART})\n\n\
         ## Ratios\n\n\
         How many times as long the others take: above 1 this library is faster. The contenders have turns; each round \
         gives a ratio, of which the table has the median and, in brackets, the range of the middle half. The first \
         number of a row is the time of a call. The target is a ratio too: to plain libc calls where it is above 1, else \
         to everybody but the library's own libc backend. A difference of less than {} % is noise.\n\n{}\n\n{}\n\n\
         ## Times\n\n\
         The median of a call's time, and half of the range of the middle half of the rounds.\n\n{}\n\n{NOTES}",
        NOISE * 100.0,
        ratios(measured),
        verdict(measured),
        times(measured),
    )
}

/// The chart's file, beside the table's.
pub const CHART: &str = "results.svg";

const NOTES: &str = "## What is compared\n\n\
- This library: `libffi_syscalls.so` as `cargo xtask build` makes it.\n\
- Its libc backend: the archive of `cargo xtask build --backend libc`, linked to a shared object.\n\
- Plain libc: the same functions as thin libc calls, [plain.c](plain.c), built for size. Called as the two above.\n\
- Rust std, rustix and the crates under \"others\": called from Rust, optimised for speed, with paths and results in \
their own forms. What copies, lists or runs is written as one would with them: see [src](src).\n\n\
Each row is measured in a process of its own, with an environment of 20 variables if it does not say otherwise. What is \
returned is freed within the time. Files that are read are in the page cache; what is written or \
copied gets a new file if the row does not say otherwise, and nobody waits until it is on the disk. \
Its content is a text of C's, whose end everybody has to find. A program that \
is run is `true`, looked for in PATH. Parents have touched their memory in pages of 4 KB. \
ext4 begins to write at once what has replaced another content, so that copies over a file wait for the disk there.\n";

fn spread(ratio: Summary) -> String {
    format!("{} ({}-{})", factor(ratio.median), factor(ratio.lower), factor(ratio.upper))
}

/// A ratio with as many digits as mean something.
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
