//! The results, and their tables.

use std::ffi::CString;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use comfy_table::{ContentArrangement, Table, presets};

use crate::library::Library;

/// The library, a directory to work in, and what has been shown so far.
pub struct Demo<'a> {
    /// The library that is shown.
    pub library: &'a Library,
    /// The file of the library.
    pub object: &'a Path,
    /// The directory of all files that the demonstration makes.
    pub work: &'a Path,
    families: Vec<Family>,
}

struct Family {
    title: &'static str,
    rows: Vec<Row>,
}

/// A line of a table.
struct Row {
    operation: String,
    action: String,
    result: String,
    /// True if std, the kernel or a program of the system returns the same.
    agrees: bool,
}

impl<'a> Demo<'a> {
    pub fn new(library: &'a Library, object: &'a Path, work: &'a Path) -> Self {
        Self { library, object, work, families: Vec::new() }
    }

    /// Starts a table.
    pub fn family(&mut self, title: &'static str) {
        self.families.push(Family { title, rows: Vec::new() });
    }

    /// Adds a line to the table.
    pub fn row(&mut self, operation: &str, action: impl Into<String>, result: impl ToString, agrees: bool) {
        let row = Row { operation: operation.into(), action: action.into(), result: result.to_string(), agrees };
        if let Some(family) = self.families.last_mut() {
            family.rows.push(row);
        }
    }

    /// Returns the path of a name in the directory, for the library and for std.
    pub fn path(&self, name: &str) -> Result<(CString, PathBuf)> {
        let path = self.work.join(name);
        Ok((c_path(&path)?, path))
    }

    /// Returns the numbers of results and of those that differ.
    pub fn counts(&self) -> (usize, usize) {
        let rows = || self.families.iter().flat_map(|family| &family.rows);
        (rows().count(), rows().filter(|row| !row.agrees).count())
    }
}

impl fmt::Display for Demo<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for family in &self.families {
            writeln!(formatter, "{}\n\n{}\n", family.title, table(&family.rows))?;
        }
        Ok(())
    }
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["operation", "action", "result", "checked"]);
    for row in rows {
        let agreement = if row.agrees { "ok" } else { "DIFFERS" };
        table.add_row([&row.operation, &row.action, &row.result, agreement]);
    }
    table
}

pub fn c_path(path: &Path) -> Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

pub fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns what a program of the system prints, without the last newline.
pub fn printed(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
