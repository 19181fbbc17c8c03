//! The environment, processes and the system, by each contender.

use std::ffi::{CStr, CString, OsStr};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;

use anyhow::{Context, Result};

use crate::answer::Answer;
use crate::race::{Contender, Race};
use crate::scene::{LAST_VALUE, LAST_VARIABLE, Scene};

pub fn getpid(scene: &Scene) -> Result<Race> {
    let mut race = Race::new(&i64::from(std::process::id()));
    race.enter_libraries(scene.libraries, |library| |_| library.getpid());
    race.enter(Contender::Std, |_| i64::from(std::process::id()));
    race.enter(Contender::Rustix, |_| i64::from(rustix::process::getpid().as_raw_pid()));
    Ok(race)
}

/// A count of processors. Contenders differ in what they count where a control group sets a quota.
struct Count(i64);

impl Answer for Count {
    fn answer(&self) -> Vec<u8> {
        (self.0 >= 1).answer()
    }
}

pub fn cpu_count(scene: &Scene) -> Result<Race> {
    fn count(count: usize) -> Count {
        Count(i64::try_from(count).unwrap_or(-1))
    }
    let mut race = Race::new(&Count(1));
    race.enter_libraries(scene.libraries, |library| |_| Count(library.cpu_count()));
    race.enter(Contender::Std, |_| std::thread::available_parallelism().map(|number| count(number.get())));
    race.enter(Contender::Rustix, |_| rustix::thread::sched_getaffinity(None).map(|set| Count(i64::from(set.count()))));
    race.enter(Contender::NumCpus, |_| count(num_cpus::get()));
    Ok(race)
}

pub fn hostname(scene: &Scene) -> Result<Race> {
    let name = std::fs::read("/proc/sys/kernel/hostname")?;
    let mut race = Race::new(&name.trim_ascii_end());
    race.enter_libraries(scene.libraries, |library| |_| library.hostname());
    race.enter(Contender::Rustix, |_| rustix::system::uname().nodename().to_owned());
    race.enter(Contender::Hostname, |_| hostname::get());
    Ok(race)
}

pub fn cwd(scene: &Scene) -> Result<Race> {
    let mut race = Race::new(&std::env::current_dir()?);
    race.enter_libraries(scene.libraries, |library| |_| library.cwd());
    race.enter(Contender::Std, |_| std::env::current_dir());
    race.enter(Contender::Rustix, |_| rustix::process::getcwd(Vec::new()));
    Ok(race)
}

pub fn home(scene: &Scene) -> Result<Race> {
    let mut race = Race::new(&std::env::var_os("HOME").context("HOME")?);
    race.enter_libraries(scene.libraries, |library| |_| library.home());
    race.enter(Contender::Std, |_| std::env::home_dir());
    race.enter(Contender::DirsNext, |_| dirs_next::home_dir());
    Ok(race)
}

/// The variable behind all others.
pub fn get(scene: &Scene) -> Result<Race> {
    let name: &'static CStr = Box::leak(CString::new(LAST_VARIABLE)?.into_boxed_c_str());
    let mut race = Race::new(&LAST_VALUE.as_bytes());
    race.enter_libraries(scene.libraries, |library| move |_| library.get(name));
    race.enter(Contender::Std, |_| std::env::var_os(LAST_VARIABLE));
    Ok(race)
}

pub fn get_unset(scene: &Scene) -> Result<Race> {
    let mut race = Race::new(&b"".as_slice());
    race.enter_libraries(scene.libraries, |library| |_| library.get(c"ZZ_UNSET"));
    race.enter(Contender::Std, |_| std::env::var_os("ZZ_UNSET").unwrap_or_default());
    Ok(race)
}

/// The variable behind all others, to one value and another by turns.
pub fn set(scene: &Scene) -> Result<Race> {
    const VALUES: [&CStr; 2] = [c"one value", c"another value"];
    let name: &'static CStr = Box::leak(CString::new(LAST_VARIABLE)?.into_boxed_c_str());
    let libraries = scene.libraries;
    let mut race = Race::new(&true);
    race.effect(VALUES[0].to_bytes(), move |contender| {
        let of_library = libraries.iter().find(|(other, _)| *other == contender && contender != Contender::Plain);
        Ok(match of_library {
            Some((_, library)) => library.get(name).answer(),
            None => std::env::var_os(LAST_VARIABLE).context(LAST_VARIABLE)?.into_vec(),
        })
    });
    race.enter_libraries(libraries, |library| move |number| library.set(name, VALUES[number % 2]));
    race.enter(Contender::Std, |number| {
        let value = OsStr::from_bytes(VALUES[number % 2].to_bytes());
        // SAFETY: a worker has one thread.
        unsafe { std::env::set_var(LAST_VARIABLE, value) };
        true
    });
    Ok(race)
}

/// A program that is looked for in PATH, and ends at once.
pub fn run(scene: &Scene) -> Result<Race> {
    let mut race = Race::new(&0);
    race.enter_libraries(scene.libraries, |library| |_| i64::from(library.run(c"true", c"argument")));
    race.enter(Contender::Std, |_| {
        let status = Command::new("true").arg("argument").status();
        status.map(|status| i64::from(status.code().unwrap_or(-1)))
    });
    Ok(race)
}

/// A worker's standard output is /dev/null.
pub fn print(scene: &Scene) -> Result<Race> {
    const LINE: &CStr = c"a line of some length, as programs print them\n";
    let mut race = Race::new(&true);
    race.enter_libraries(scene.libraries, |library| |_| library.print(LINE));
    race.enter(Contender::Std, |_| std::io::stdout().write_all(LINE.to_bytes()));
    race.enter(Contender::Rustix, |_| {
        rustix::io::write(rustix::stdio::stdout(), LINE.to_bytes()).map(|written| written == LINE.count_bytes())
    });
    Ok(race)
}
