//! A copy of the sources in which something is wrong: a check that passes there as well would show nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use workbench::project;

/// A change to a source file.
pub struct Change {
    /// What is wrong then.
    pub name: &'static str,
    pub file: &'static str,
    /// What the file has, once.
    pub from: &'static str,
    pub to: &'static str,
}

/// What is not part of the sources.
const OTHERS: [&str; 2] = ["target", ".git"];

/// Makes the copy, as the sources are. It is where the last one was, so that what is built of it is built once; what
/// cargo builds in one directory of two trees of the same packages, it takes for the same.
pub fn copy() -> Result<PathBuf> {
    let root = project::root().join("target/mutant/sources");
    for entry in fs::read_dir(project::root())? {
        let name = entry?.file_name();
        if !OTHERS.iter().any(|other| name == *other) {
            mirror(&project::root().join(&name), &root.join(&name))?;
        }
    }
    Ok(root)
}

/// Makes the copy, with one change.
pub fn make(change: &Change) -> Result<PathBuf> {
    let root = copy()?;
    let path = root.join(change.file);
    let text = fs::read_to_string(&path)?;
    let count = text.matches(change.from).count();
    ensure!(count == 1, "{}: `{}` is there {count} times, where once was expected", change.file, change.from);
    write_if_other(&path, text.replacen(change.from, change.to, 1).as_bytes())?;
    Ok(root)
}

/// Makes a file or a directory equal to another.
fn mirror(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for old in fs::read_dir(to)? {
            let old = old?.file_name();
            if !from.join(&old).exists() {
                remove(&to.join(old))?;
            }
        }
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            mirror(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    let parent = to.parent().context("no parent")?;
    fs::create_dir_all(parent)?;
    write_if_other(to, &fs::read(from).with_context(|| project::relative(from).to_string())?)
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.with_context(|| project::relative(path).to_string())
}

/// Writes a file unless it is so already: cargo builds anew what was written.
fn write_if_other(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    fs::write(path, content).with_context(|| project::relative(path).to_string())
}
