//! Environment, process and system operations of each implementation.

use std::ffi::{CStr, CString, OsStr};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;

use anyhow::{Context, Result};

use crate::comparison::{Comparison, Implementation};
use crate::fixture::{Fixture, LAST_VALUE, LAST_VARIABLE};
use crate::normalize::Normalize;

pub fn getpid(fixture: &Fixture) -> Result<Comparison> {
    let mut comparison = Comparison::new(&i64::from(std::process::id()));
    comparison.add_libraries(fixture.libraries, |library| |_| library.getpid());
    comparison.add(Implementation::Std, |_| i64::from(std::process::id()));
    comparison.add(Implementation::Rustix, |_| i64::from(rustix::process::getpid().as_raw_pid()));
    Ok(comparison)
}

/// A number of processors. Implementations differ if a control group sets a quota, so every positive number is equal.
struct Count(i64);

impl Normalize for Count {
    fn normalize(&self) -> Vec<u8> {
        (self.0 >= 1).normalize()
    }
}

pub fn cpu_count(fixture: &Fixture) -> Result<Comparison> {
    fn count(count: usize) -> Count {
        Count(i64::try_from(count).unwrap_or(-1))
    }
    let mut comparison = Comparison::new(&Count(1));
    comparison.add_libraries(fixture.libraries, |library| |_| Count(library.cpu_count()));
    comparison.add(Implementation::Std, |_| std::thread::available_parallelism().map(|number| count(number.get())));
    comparison.add(Implementation::Rustix, |_| {
        rustix::thread::sched_getaffinity(None).map(|set| Count(i64::from(set.count())))
    });
    comparison.add(Implementation::NumCpus, |_| count(num_cpus::get()));
    Ok(comparison)
}

pub fn hostname(fixture: &Fixture) -> Result<Comparison> {
    let name = std::fs::read("/proc/sys/kernel/hostname")?;
    let mut comparison = Comparison::new(&name.trim_ascii_end());
    comparison.add_libraries(fixture.libraries, |library| |_| library.hostname());
    comparison.add(Implementation::Rustix, |_| rustix::system::uname().nodename().to_owned());
    comparison.add(Implementation::Hostname, |_| hostname::get());
    Ok(comparison)
}

pub fn cwd(fixture: &Fixture) -> Result<Comparison> {
    let mut comparison = Comparison::new(&std::env::current_dir()?);
    comparison.add_libraries(fixture.libraries, |library| |_| library.cwd());
    comparison.add(Implementation::Std, |_| std::env::current_dir());
    comparison.add(Implementation::Rustix, |_| rustix::process::getcwd(Vec::new()));
    Ok(comparison)
}

pub fn home(fixture: &Fixture) -> Result<Comparison> {
    let mut comparison = Comparison::new(&std::env::var_os("HOME").context("HOME")?);
    comparison.add_libraries(fixture.libraries, |library| |_| library.home());
    comparison.add(Implementation::Std, |_| std::env::home_dir());
    comparison.add(Implementation::DirsNext, |_| dirs_next::home_dir());
    Ok(comparison)
}

/// Reads the last variable of the environment.
pub fn get(fixture: &Fixture) -> Result<Comparison> {
    let name: &'static CStr = Box::leak(CString::new(LAST_VARIABLE)?.into_boxed_c_str());
    let mut comparison = Comparison::new(&LAST_VALUE.as_bytes());
    comparison.add_libraries(fixture.libraries, |library| move |_| library.get(name));
    comparison.add(Implementation::Std, |_| std::env::var_os(LAST_VARIABLE));
    Ok(comparison)
}

pub fn get_unset(fixture: &Fixture) -> Result<Comparison> {
    let mut comparison = Comparison::new(&b"".as_slice());
    comparison.add_libraries(fixture.libraries, |library| |_| library.get(c"ZZ_UNSET"));
    comparison.add(Implementation::Std, |_| std::env::var_os("ZZ_UNSET").unwrap_or_default());
    Ok(comparison)
}

/// Sets the last variable of the environment to two values alternately.
pub fn set(fixture: &Fixture) -> Result<Comparison> {
    const VALUES: [&CStr; 2] = [c"one value", c"another value"];
    let name: &'static CStr = Box::leak(CString::new(LAST_VARIABLE)?.into_boxed_c_str());
    let libraries = fixture.libraries;
    let mut comparison = Comparison::new(&true);
    comparison.expect_effect(VALUES[0].to_bytes(), move |implementation| {
        let of_library =
            libraries.iter().find(|(other, _)| *other == implementation && implementation != Implementation::Plain);
        Ok(match of_library {
            Some((_, library)) => library.get(name).normalize(),
            None => std::env::var_os(LAST_VARIABLE).context(LAST_VARIABLE)?.into_vec(),
        })
    });
    comparison.add_libraries(libraries, |library| move |number| library.set(name, VALUES[number % 2]));
    comparison.add(Implementation::Std, |number| {
        let value = OsStr::from_bytes(VALUES[number % 2].to_bytes());
        // SAFETY: a worker has one thread, so no other accesses the environment.
        unsafe { std::env::set_var(LAST_VARIABLE, value) };
        true
    });
    Ok(comparison)
}

/// Runs a program, searched in PATH, that exits immediately.
pub fn run(fixture: &Fixture) -> Result<Comparison> {
    let mut comparison = Comparison::new(&0);
    comparison.add_libraries(fixture.libraries, |library| |_| i64::from(library.run(c"true", c"argument")));
    comparison.add(Implementation::Std, |_| {
        let status = Command::new("true").arg("argument").status();
        status.map(|status| i64::from(status.code().unwrap_or(-1)))
    });
    Ok(comparison)
}

/// The standard output of a worker is /dev/null.
pub fn print(fixture: &Fixture) -> Result<Comparison> {
    const LINE: &CStr = c"a line of some length, as programs print them\n";
    let mut comparison = Comparison::new(&true);
    comparison.add_libraries(fixture.libraries, |library| |_| library.print(LINE));
    comparison.add(Implementation::Std, |_| std::io::stdout().write_all(LINE.to_bytes()));
    comparison.add(Implementation::Rustix, |_| {
        rustix::io::write(rustix::stdio::stdout(), LINE.to_bytes()).map(|written| written == LINE.count_bytes())
    });
    Ok(comparison)
}
