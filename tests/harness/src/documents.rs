//! Parts of the documents that follow from the list of operations and from measurements.
//!
//! A part is the text between `<!-- name -->` and `<!-- /name -->`, in README.md or in a file of docs/.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::rust_code::Api;
use crate::size;
use workbench::list::Function;
use workbench::project;

/// The texts of the parts, by name.
pub struct Parts(Vec<(&'static str, String)>);

impl Parts {
    pub fn generate(functions: &[Function]) -> Result<Self> {
        let (operations, support): (Vec<_>, Vec<_>) = functions.iter().partition(|function| function.is_operation());
        Ok(Self(vec![
            ("count", operations.len().to_string()),
            ("operations", format!("\n{}", operation_table(&operations)?)),
            ("support", format!("\n{}", support_table(&support)?)),
            ("sizes", format!("\n{}\n", size::document_table()?)),
            ("size-hello", size::recorded("hello: print a line")?.to_string()),
            ("size-copy", size::recorded("copy: copy a file")?.to_string()),
            ("size-all", size::recorded("a program with all operations")?.to_string()),
            ("bench", rows_that_meet_their_target()?),
        ]))
    }

    /// Returns a document with the current texts of its parts.
    fn fill(&self, document: &str) -> Result<String> {
        let mut text = document.to_owned();
        for (name, part) in &self.0 {
            let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
            let mut rest = text.as_str();
            let mut filled = String::new();
            while let Some((before, after)) = rest.split_once(&begin) {
                let (_, after) = after.split_once(&end).with_context(|| format!("no {end} after {begin}"))?;
                write!(filled, "{before}{begin}{part}{end}")?;
                rest = after;
            }
            filled.push_str(rest);
            text = filled;
        }
        Ok(text)
    }

    /// Returns the names of parts that no document has.
    pub fn missing(&self) -> Result<Vec<&'static str>> {
        let documents = texts()?;
        let is_missing = |name: &str| !documents.iter().any(|text| text.contains(&format!("<!-- {name} -->")));
        Ok(self.0.iter().map(|(name, _)| *name).filter(|name| is_missing(name)).collect())
    }
}

/// Returns the texts of the documents, README.md first.
pub fn texts() -> Result<Vec<String>> {
    Ok(paths()?.iter().map(std::fs::read_to_string).collect::<std::io::Result<_>>()?)
}

/// Returns the documents with the texts that they should have.
pub fn all(parts: &Parts) -> Result<Vec<(PathBuf, String)>> {
    let fill = |path: PathBuf| {
        let text = std::fs::read_to_string(&path)?;
        let text = parts.fill(&text).with_context(|| project::relative(&path).to_string())?;
        Ok((path, text))
    };
    paths()?.into_iter().map(fill).collect()
}

fn paths() -> Result<Vec<PathBuf>> {
    let mut paths = vec![project::root().join("README.md")];
    if let Ok(entries) = project::root().join("docs").read_dir() {
        paths.extend(entries.flatten().map(|entry| entry.path()));
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    Ok(paths)
}

/// Returns the count in the last line of the benchmark's results: `66 of 76`.
fn rows_that_meet_their_target() -> Result<String> {
    let results = std::fs::read_to_string(project::root().join("benches/results.md"))?;
    let count = results.lines().find_map(|line| line.split_once(" rows meet their target"));
    Ok(count.context("benches/results.md has no count of rows")?.0.to_owned())
}

fn operation_table(operations: &[&Function]) -> Result<String> {
    let api = Api::read()?;
    let mut table = "| operation | Rust | what it does |\n|---|---|---|\n".to_owned();
    for function in operations {
        let rust = api.path_of(function).map(|path| format!("`{path}`")).unwrap_or_default();
        writeln!(table, "| `{}` | {rust} | {} |", function.name, function.summary)?;
    }
    Ok(table)
}

fn support_table(support: &[&Function]) -> Result<String> {
    let mut table = "| function | what it does |\n|---|---|\n".to_owned();
    for function in support {
        writeln!(table, "| `{}` | {} |", function.name, function.summary)?;
    }
    Ok(table)
}
