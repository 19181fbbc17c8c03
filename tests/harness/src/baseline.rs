//! Committed tables of figures, with a row a thing and a column an architecture.
//!
//! A check fails if a figure exceeds its baseline, so that a review decides on growth. It reports a figure far below its
//! baseline, so that the baseline follows.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use workbench::project::{self, Arch};

/// The tolerance over a baseline, since other compilers do slightly worse.
#[derive(Clone, Copy)]
pub struct Room {
    pub percent: u64,
    pub extra: u64,
}

impl Room {
    fn over(self, number: u64) -> u64 {
        number * self.percent / 100 + self.extra
    }
}

/// A table, its file, and its tolerance.
pub struct Baseline {
    /// Relative to the root directory.
    pub file: &'static str,
    /// The comment at the start of the file.
    pub introduction: &'static str,
    /// The command that writes it.
    pub command: &'static str,
    pub room: Room,
}

/// Figures by name.
pub type Numbers = Vec<(String, u64)>;

/// A row of the table: the figure of each architecture.
type Row = (String, [Option<u64>; Arch::ALL.len()]);

impl Baseline {
    fn path(&self) -> PathBuf {
        project::root().join(self.file)
    }

    fn rows(&self) -> Result<Vec<Row>> {
        if !self.path().exists() {
            return Ok(Vec::new());
        }
        let text = std::fs::read_to_string(self.path()).with_context(|| self.file.to_owned())?;
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        lines.map(|line| read_row(line).with_context(|| format!("{}: {line}", self.file))).collect()
    }

    /// Returns the baselines of an architecture.
    pub fn recorded(&self, arch: Arch) -> Result<Numbers> {
        let rows = self.rows()?.into_iter();
        Ok(rows.filter_map(|(name, numbers)| Some((name, numbers[arch as usize]?))).collect())
    }

    /// Writes the figures of an architecture in place of its earlier ones.
    pub fn record(&self, arch: Arch, numbers: &Numbers) -> Result<()> {
        let mut others = self.rows()?;
        others.iter_mut().for_each(|(_, row)| row[arch as usize] = None);
        let row = |(name, number): &(String, u64)| {
            let known = others.iter().position(|(known, _)| known == name);
            let (_, mut row) = known.map(|at| others.remove(at)).unwrap_or_default();
            row[arch as usize] = Some(*number);
            (name.clone(), row)
        };
        let mut rows: Vec<Row> = numbers.iter().map(row).collect();
        rows.extend(others.into_iter().filter(|(_, row)| row.iter().any(Option::is_some)));
        Ok(std::fs::write(self.path(), self.text(&rows)?)?)
    }

    fn text(&self, rows: &[Row]) -> Result<String> {
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let mut text = String::new();
        for line in self.introduction.lines() {
            writeln!(text, "# {line}")?;
        }
        writeln!(text, "# Written by `{}`.", self.command)?;
        writeln!(text, "#{:width$}{}", "", Arch::ALL.map(|arch| format!("{:>10}", arch.name())).concat())?;
        for (name, numbers) in rows {
            let cell = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
            writeln!(text, "{name:width$} {}", numbers.map(|number| format!("{:>10}", cell(number))).concat())?;
        }
        Ok(text)
    }

    /// Fails if a figure exceeds its baseline or has none. With `are_all`, also if a baseline has no figure. Reports
    /// baselines that are far too high.
    pub fn check(&self, arch: Arch, numbers: &Numbers, are_all: bool) -> Result<()> {
        let recorded = self.recorded(arch)?;
        let mut wrong = Vec::new();
        let mut generous = Vec::new();
        for (name, number) in numbers {
            let Some(&(_, baseline)) = recorded.iter().find(|(known, _)| known == name) else {
                wrong.push(format!("{name}: {number}, without a baseline"));
                continue;
            };
            let room = self.room.over(baseline);
            if *number > baseline + room {
                wrong.push(format!("{name}: {number}, more than {room} over its baseline of {baseline}"));
            } else if number + room < baseline {
                generous.push(format!("{name}: {number}, baseline {baseline}"));
            }
        }
        let is_gone = |name: &String| are_all && !numbers.iter().any(|(known, _)| known == name);
        let gone = recorded.iter().filter(|(name, _)| is_gone(name));
        wrong.extend(gone.map(|(name, _)| format!("{name}: a baseline without a figure")));
        let command = self.command;
        if !wrong.is_empty() {
            let wrong = wrong.join("\n  ");
            bail!("{}: {} differs; `{command}` writes the new figures:\n  {wrong}", arch.name(), self.file);
        }
        if !generous.is_empty() {
            let generous = generous.join("\n  ");
            eprintln!("{}: {} is too high; `{command}` writes the new figures:\n  {generous}", arch.name(), self.file);
        }
        Ok(())
    }
}

fn read_row(line: &str) -> Result<Row> {
    let words: Vec<_> = line.split_whitespace().collect();
    let (name, numbers) = words.split_at(words.len().saturating_sub(Arch::ALL.len()));
    ensure!(!name.is_empty() && numbers.len() == Arch::ALL.len(), "not a name and {} numbers", Arch::ALL.len());
    let mut row = (name.join(" "), [None; Arch::ALL.len()]);
    for (cell, word) in row.1.iter_mut().zip(numbers) {
        *cell = if *word == "-" { None } else { Some(word.parse()?) };
    }
    Ok(row)
}
