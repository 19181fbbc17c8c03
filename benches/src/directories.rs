//! What is done with directories, by each contender.

use std::ffi::{CStr, CString, OsString};
use std::fs;
use std::path::Path;

use anyhow::Result;
use rustix::fs::{Mode, OFlags, RawDir};

use crate::race::{Contender, Race};
use crate::scene::{Name, Scene};

const MOST: usize = 1000;

pub fn create(scene: &Scene) -> Result<Race> {
    let names = Name::numbered(&scene.directory.join("new"), MOST)?;
    let mut race = Race::new(&true);
    race.at_most(MOST);
    race.effect("true", |_| Ok(names[0].path.is_dir().to_string().into()));
    race.after(|count| names.iter().take(count).try_for_each(|name| Ok(fs::remove_dir(name.path)?)));
    race.enter_libraries(scene.libraries, |library| |number| library.dir_create(names[number].c, false));
    race.enter(Contender::Std, |number| fs::create_dir(names[number].path));
    race.enter(Contender::Rustix, |number| rustix::fs::mkdir(names[number].c, Mode::from_raw_mode(0o777)));
    Ok(race)
}

/// A directory and two parents that are missing.
pub fn create_with_parents(scene: &Scene) -> Result<Race> {
    let tops = Name::numbered(&scene.directory.join("top"), MOST)?;
    let leaves = tops.iter().map(|top| Name::new(top.path.join("middle/leaf"))).collect::<Result<Vec<_>>>()?.leak();
    let leaves: &'static [Name] = leaves;
    let mut race = Race::new(&true);
    race.at_most(MOST);
    race.effect("true", |_| Ok(leaves[0].path.is_dir().to_string().into()));
    race.after(|count| tops.iter().take(count).try_for_each(|top| Ok(fs::remove_dir_all(top.path)?)));
    race.enter_libraries(scene.libraries, |library| |number| library.dir_create(leaves[number].c, true));
    race.enter(Contender::Std, |number| fs::create_dir_all(leaves[number].path));
    Ok(race)
}

pub fn list(scene: &Scene, count: usize) -> Result<Race> {
    let name = scene.name("listed")?;
    fs::create_dir(name.path)?;
    let names: Vec<OsString> = (0..count).map(|number| format!("an-entry-{number:06}.txt").into()).collect();
    for entry in &names {
        fs::write(name.path.join(entry), "")?;
    }
    let mut race = Race::new(&names);
    race.enter_libraries(scene.libraries, |library| move |_| library.dir_list(name.c));
    race.enter(Contender::Std, move |_| list_by_std(name.path));
    race.enter(Contender::Rustix, move |_| list_by_rustix(name.c));
    Ok(race)
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
