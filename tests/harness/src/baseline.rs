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
    pub fn noted(&self, arch: Arch) -> Result<Numbers> {
        let noted = self.rows()?.into_iter().filter_map(|(name, numbers)| Some((name, numbers[column(arch)]?)));
        Ok(noted.collect())
    }

    /// Writes figures of an architecture over those of the same names. With `are_all`, removes its other rows.
    pub fn note(&self, arch: Arch, numbers: &Numbers, are_all: bool) -> Result<()> {
        let mut rows = self.rows()?;
        if are_all {
            rows.iter_mut().for_each(|(_, noted)| noted[column(arch)] = None);
        }
        for (name, number) in numbers {
            let known = rows.iter().position(|(noted, _)| noted == name);
            let at = known.unwrap_or_else(|| {
                rows.push((name.clone(), Default::default()));
                rows.len() - 1
            });
            rows[at].1[column(arch)] = Some(*number);
        }
        rows.retain(|(_, noted)| noted.iter().any(Option::is_some));
        let place = |name: &String| numbers.iter().position(|(given, _)| given == name);
        rows.sort_by_key(|(name, _)| if are_all { place(name).unwrap_or(usize::MAX) } else { 0 });
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
        let noted = self.noted(arch)?;
        let mut wrong = Vec::new();
        let mut generous = Vec::new();
        for (name, number) in numbers {
            match noted.iter().find(|(known, _)| known == name).map(|(_, noted)| *noted) {
                None => wrong.push(format!("{name}: {number}, without a baseline")),
                Some(noted) => {
                    let room = self.room.over(noted);
                    if *number > noted + room {
                        wrong.push(format!("{name}: {number}, more than {room} over its baseline of {noted}"));
                    } else if number + room < noted {
                        generous.push(format!("{name}: {number}, baseline {noted}"));
                    }
                }
            }
        }
        let is_gone = |name: &String| !numbers.iter().any(|(known, _)| known == name);
        wrong.extend(
            noted
                .iter()
                .filter(|(name, _)| are_all && is_gone(name))
                .map(|(name, _)| format!("{name}: a baseline without a figure")),
        );
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

fn column(arch: Arch) -> usize {
    arch as usize
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
