//! Committed tables of numbers: what something weighs or costs, a line a thing, a column an architecture.
//!
//! A number that has grown over what is noted fails a test, so growth is seen and decided on in a review. One that has
//! shrunk a lot is pointed out, so that the note follows it down.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use workbench::project::{self, Arch};

/// How far a number may be over its note: other compilers than those that it was noted with do a little worse.
#[derive(Clone, Copy)]
pub struct Room {
    pub percent: u64,
    pub beside: u64,
}

impl Room {
    fn over(self, number: u64) -> u64 {
        number * self.percent / 100 + self.beside
    }
}

/// A table, where it is kept, and how it is judged.
pub struct Ledger {
    /// From the root directory on.
    pub file: &'static str,
    /// The comment on top.
    pub introduction: &'static str,
    /// The command that writes it.
    pub command: &'static str,
    pub room: Room,
}

/// What something has, by its name.
pub type Numbers = Vec<(String, u64)>;

/// A line of the table: what each architecture has.
type Row = (String, [Option<u64>; Arch::ALL.len()]);

impl Ledger {
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

    /// What is noted for an architecture.
    pub fn noted(&self, arch: Arch) -> Result<Numbers> {
        let noted = self.rows()?.into_iter().filter_map(|(name, numbers)| Some((name, numbers[column(arch)]?)));
        Ok(noted.collect())
    }

    /// Notes numbers of an architecture in place of those of the same name. Things that nobody has any more go when
    /// `are_all` of the architecture's are given.
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

    /// Fails if a number is over its note, or has none, or a note of a thing that nobody has any more is left where
    /// `are_all` of the architecture's are given. Points notes out that are far too generous.
    pub fn check(&self, arch: Arch, numbers: &Numbers, are_all: bool) -> Result<()> {
        let noted = self.noted(arch)?;
        let mut wrong = Vec::new();
        let mut generous = Vec::new();
        for (name, number) in numbers {
            match noted.iter().find(|(known, _)| known == name).map(|(_, noted)| *noted) {
                None => wrong.push(format!("{name}: {number}, and nothing is noted")),
                Some(noted) => {
                    let room = self.room.over(noted);
                    if *number > noted + room {
                        wrong.push(format!(
                            "{name}: {number}, noted {noted}, and no more than {room} over it are allowed"
                        ));
                    } else if number + room < noted {
                        generous.push(format!("{name}: {number}, noted {noted}"));
                    }
                }
            }
        }
        let is_gone = |name: &String| !numbers.iter().any(|(known, _)| known == name);
        wrong.extend(
            noted
                .iter()
                .filter(|(name, _)| are_all && is_gone(name))
                .map(|(name, _)| format!("{name}: noted, and not there")),
        );
        let command = self.command;
        if !wrong.is_empty() {
            let wrong = wrong.join("\n  ");
            bail!("{}: {} says otherwise; `{command}` takes what is now:\n  {wrong}", arch.name(), self.file);
        }
        if !generous.is_empty() {
            let generous = generous.join("\n  ");
            eprintln!("{}: better than {} says; `{command}` notes it:\n  {generous}", arch.name(), self.file);
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
