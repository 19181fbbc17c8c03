//! Directory operations of each implementation.

use std::ffi::{CStr, CString, OsString};
use std::fs;
use std::path::Path;

use anyhow::Result;
use rustix::fs::{Mode, OFlags, RawDir};

use crate::comparison::{Comparison, Implementation};
use crate::fixture::{Fixture, TestPath};

const MAX_CALLS: usize = 1000;

pub fn create(fixture: &Fixture) -> Result<Comparison> {
    let names = TestPath::numbered(&fixture.directory.join("new"), MAX_CALLS)?;
    let mut comparison = Comparison::new(&true);
    comparison.limit_calls(MAX_CALLS);
    comparison.expect_effect("true", |_| Ok(names[0].path.is_dir().to_string().into()));
    comparison.after(|count| names.iter().take(count).try_for_each(|name| Ok(fs::remove_dir(name.path)?)));
    comparison.add_libraries(fixture.libraries, |library| |number| library.dir_create(names[number].c, false));
    comparison.add(Implementation::Std, |number| fs::create_dir(names[number].path));
    comparison.add(Implementation::Rustix, |number| rustix::fs::mkdir(names[number].c, Mode::from_raw_mode(0o777)));
    Ok(comparison)
}

/// Creates a directory with two missing parents.
pub fn create_with_parents(fixture: &Fixture) -> Result<Comparison> {
    let tops = TestPath::numbered(&fixture.directory.join("top"), MAX_CALLS)?;
    let leaves = tops.iter().map(|top| TestPath::new(top.path.join("middle/leaf"))).collect::<Result<Vec<_>>>()?.leak();
    let leaves: &'static [TestPath] = leaves;
    let mut comparison = Comparison::new(&true);
    comparison.limit_calls(MAX_CALLS);
    comparison.expect_effect("true", |_| Ok(leaves[0].path.is_dir().to_string().into()));
    comparison.after(|count| tops.iter().take(count).try_for_each(|top| Ok(fs::remove_dir_all(top.path)?)));
    comparison.add_libraries(fixture.libraries, |library| |number| library.dir_create(leaves[number].c, true));
    comparison.add(Implementation::Std, |number| fs::create_dir_all(leaves[number].path));
    Ok(comparison)
}

pub fn list(fixture: &Fixture, count: usize) -> Result<Comparison> {
    let name = fixture.path("listed")?;
    fs::create_dir(name.path)?;
    let names: Vec<OsString> = (0..count).map(|number| format!("an-entry-{number:06}.txt").into()).collect();
    for entry in &names {
        fs::write(name.path.join(entry), "")?;
    }
    let mut comparison = Comparison::new(&names);
    comparison.add_libraries(fixture.libraries, |library| move |_| library.dir_list(name.c));
    comparison.add(Implementation::Std, move |_| list_by_std(name.path));
    comparison.add(Implementation::Rustix, move |_| list_by_rustix(name.c));
    Ok(comparison)
}

fn list_by_std(path: &Path) -> std::io::Result<Vec<OsString>> {
    fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect()
}

fn list_by_rustix(path: &CStr) -> rustix::io::Result<Vec<CString>> {
    let directory = rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut buffer = Vec::with_capacity(1 << 15);
    let mut entries = RawDir::new(directory, buffer.spare_capacity_mut());
    let mut names = Vec::new();
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if entry.file_name() != c"." && entry.file_name() != c".." {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}
