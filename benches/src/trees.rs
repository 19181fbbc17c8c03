//! Operations on trees of directories, of each implementation.

use std::ffi::{OsString, c_char};
use std::fs::{self, File};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use walkdir::WalkDir;

use crate::comparison::{Comparison, Implementation};
use crate::fixture::{Fixture, TestPath};
use crate::library::{Library, Owned};

/// The shape of a tree of 100,000 entries.
#[derive(Clone, Copy)]
pub enum Shape {
    /// 10 directories of 10,000 files.
    Wide,
    /// 100 chains of 100 directories, each with 9 files.
    Deep,
}

impl Shape {
    fn make(self, top: &Path) -> Result<()> {
        match self {
            Self::Wide => {
                for number in 0..10 {
                    fill(&top.join(format!("directory-{number}")), 10_000)?;
                }
            }
            Self::Deep => {
                for chain in 0..100 {
                    let mut directory = top.join(format!("chain-{chain}"));
                    for _ in 0..100 {
                        fill(&directory, 9)?;
                        directory.push("sub");
                    }
                }
            }
        }
        Ok(())
    }
}

/// Creates a directory with this many files.
fn fill(directory: &Path, files: usize) -> Result<()> {
    fs::create_dir_all(directory)?;
    for number in 0..files {
        File::create(directory.join(format!("a-file-{number}.txt")))?;
    }
    Ok(())
}

type ListOf = unsafe extern "C" fn(*const c_char) -> *mut *mut c_char;

/// Calls a function that returns the list of a path or pattern.
fn list_of(argument: TestPath) -> impl Fn(&'static Library, ListOf) -> Box<dyn FnMut(usize) -> Owned<*mut c_char>> {
    move |library, list| {
        // SAFETY: the argument is a NUL-terminated string.
        Box::new(move |_| library.own(unsafe { list(argument.c.as_ptr()) }))
    }
}

/// Lists all files of a tree, as paths.
pub fn walk(fixture: &Fixture, shape: Shape) -> Result<Comparison> {
    let top = fixture.path("tree")?;
    shape.make(top.path)?;
    let mut comparison = Comparison::new(&walk_by_walkdir(top.path)?);
    // SAFETY: this is the type of the function.
    unsafe { comparison.add_function(fixture.libraries, "rt_dir_walk", list_of(top)) };
    comparison.add(Implementation::Walkdir, move |_| walk_by_walkdir(top.path));
    comparison
        .add(Implementation::Tools, move |_| lines_of(Command::new("find").arg(top.path).args(["!", "-type", "d"])));
    Ok(comparison)
}

fn walk_by_walkdir(top: &Path) -> Result<Vec<PathBuf>, walkdir::Error> {
    let entries = WalkDir::new(top).into_iter();
    entries
        .filter(|entry| entry.as_ref().map_or(true, |entry| !entry.file_type().is_dir()))
        .map(|entry| entry.map(walkdir::DirEntry::into_path))
        .collect()
}

/// Returns the lines that a program prints.
fn lines_of(command: &mut Command) -> Result<Vec<OsString>> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "{command:?}: {}", output.status);
    let lines = output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    Ok(lines.map(|line| OsString::from_vec(line.to_vec())).collect())
}

/// Removes a tree.
pub fn remove_all(fixture: &Fixture, shape: Shape) -> Result<Comparison> {
    let top = fixture.path("tree")?;
    let mut comparison = Comparison::new(&true);
    comparison.limit_calls(1);
    comparison.before(move |_| shape.make(top.path));
    comparison.expect_effect("false", move |_| Ok(top.path.exists().to_string().into()));
    let call = |_, remove: unsafe extern "C" fn(*const c_char) -> bool| {
        // SAFETY: the argument is a NUL-terminated string.
        move |_| unsafe { remove(top.c.as_ptr()) }
    };
    // SAFETY: this is the type of the function.
    unsafe { comparison.add_function(fixture.libraries, "rt_dir_remove_all", call) };
    comparison.add(Implementation::Std, move |_| fs::remove_dir_all(top.path));
    comparison.add(Implementation::Walkdir, move |_| remove_by_walkdir(top.path));
    comparison.add(Implementation::Tools, move |_| {
        Command::new("rm").arg("-rf").arg(top.path).status().map(|status| status.success())
    });
    Ok(comparison)
}

fn remove_by_walkdir(top: &Path) -> Result<()> {
    for entry in WalkDir::new(top).contents_first(true) {
        let entry = entry?;
        if entry.file_type().is_dir() { fs::remove_dir(entry.path())? } else { fs::remove_file(entry.path())? }
    }
    Ok(())
}

/// Finds the files that match a pattern with a literal component in its middle, in 500 of 1,000 directories.
pub fn glob(fixture: &Fixture) -> Result<Comparison> {
    let top = fixture.path("tree")?;
    for number in 0..1000 {
        let directory = top.path.join(format!("package-{number}"));
        fill(&directory.join("src"), 5)?;
        if number % 2 == 0 {
            fill(&directory.join("include"), 5)?;
        }
    }
    let pattern = TestPath::new(top.path.join("*/include/a-*-[0-2].txt"))?;
    let mut comparison = Comparison::new(&glob_by_glob(pattern.path)?);
    // SAFETY: this is the type of the function.
    unsafe { comparison.add_function(fixture.libraries, "rt_glob_pattern", list_of(pattern)) };
    comparison.add(Implementation::Glob, move |_| glob_by_glob(pattern.path));
    Ok(comparison)
}

fn glob_by_glob(pattern: &Path) -> Result<Vec<PathBuf>> {
    glob::glob(&pattern.to_string_lossy())?.map(|found| Ok(found?)).collect()
}
