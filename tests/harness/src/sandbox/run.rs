//! A run of a program in a sandbox.

use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use anyhow::{Result, ensure};
use tempfile::TempDir;
use workbench::emulator;
use workbench::project::Arch;
use workbench::shell::{capture, printed};

use super::filter::{Answer, Refused};
use super::part::Part;
use super::programs::{Program, Programs};
use super::rights::Right;

/// A sandbox, and the program that must work in it.
pub struct Sandbox {
    pub name: String,
    program: Program,
    parts: Vec<Part>,
}

impl Sandbox {
    pub fn new(name: &str, program: Program, parts: &[Part]) -> Self {
        Self { name: name.to_owned(), program, parts: parts.to_vec() }
    }

    fn has(&self, is_it: impl Fn(&Part) -> bool) -> bool {
        self.parts.iter().any(is_it)
    }

    /// Runs the program in the sandbox and checks how it ends. Returns its output.
    pub fn check(&self, arch: Arch, programs: &Programs) -> Result<String> {
        self.parts.iter().filter_map(Right::of).try_for_each(Right::must_be_granted)?;
        let is_ordinary = self.has(|part| matches!(part, Part::Ordinary));
        let path = programs.path(self.program)?;
        if is_ordinary {
            emulator::must_be_reached_by_all(&path)?;
        }
        let work = self.directory()?;
        std::fs::set_permissions(work.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))?;
        let code = programs.code(self.program)?;
        let mut command = emulator::command_for(arch, &path)?;
        if let Program::Hostile(what) = self.program {
            command.arg(what);
        }
        if self.program != Program::Rtbox {
            command.arg(work.path().join("new"));
        } else if is_ordinary {
            // These tests need root. The other runs of rtbox's tests include them.
            command.args(["--skip", "rtbox_works_as_the_only_file_of_a_root_directory"]);
            command.args(["--skip", "wrappers_as_process_1"]);
        }
        let report = work.path().join("report");
        command.env("RT_GIVEN", "value").env("RT_WITHOUT", self.missing());
        for part in &self.parts {
            part.apply(&mut command, work.path(), &code)?;
        }
        if self.has(|part| matches!(part, Part::Closed(_))) {
            command.env("RT_REPORT", &report);
        }
        let output = capture(&mut command)?;
        let reported = std::fs::read_to_string(&report).unwrap_or_default();
        self.judge(&output, &format!("{}{reported}", printed(&output)))
    }

    /// Makes the program's directory, in memory if the sandbox allows that: the disk is slower, and is not under test.
    fn directory(&self) -> Result<TempDir> {
        let is_on_disk = self.has(|part| match part {
            Part::Lacks(directories) => directories.contains(&"dev"),
            Part::OnDisk => true,
            _ => false,
        });
        let in_memory = (!is_on_disk).then(|| tempfile::tempdir_in("/dev/shm").ok()).flatten();
        in_memory.map_or_else(|| Ok(tempfile::tempdir()?), Ok)
    }

    /// Returns the words that tell the program what its sandbox lacks.
    fn missing(&self) -> String {
        let mut words: Vec<&str> = Vec::new();
        for part in &self.parts {
            match part {
                Part::Lacks(directories) => words.extend(*directories),
                Part::IgnoresSigchld | Part::Surrounds("nocldwait") => words.push("sigchld"),
                Part::Refuses(calls, _) => words.extend(calls.iter().filter_map(|&refused| match refused {
                    Refused::Call(call) => Some(call.name()),
                    Refused::SharedMemory | Refused::After(_) => None,
                })),
                _ => {}
            }
        }
        words.join(" ")
    }

    fn judge(&self, output: &Output, printed: &str) -> Result<String> {
        if self.has(|part| matches!(part, Part::Refuses(_, Answer::Kill))) {
            let by_signal = output.status.signal() == Some(libc::SIGSYS);
            ensure!(by_signal || printed.contains(" checks FAILED"), "the refused call is never made: {printed}");
            return Ok(String::new());
        }
        let is_unlisted =
            self.has(|part| matches!(part, Part::Allows(_))) && output.status.signal() == Some(libc::SIGSYS);
        ensure!(!is_unlisted, "a system call that no list of sandbox/cases.rs contains; strace(1) shows it: {printed}");
        ensure!(output.status.success(), "{}: {printed}", output.status);
        ensure!(
            printed.contains(" checks passed") || printed.contains("test result: ok"),
            "it did not finish: {printed}"
        );
        if self.has(|part| matches!(part, Part::Surrounds(kind) if kind.starts_with("storm"))) {
            let count = printed.lines().find_map(|line| line.strip_prefix("signals handled: ")?.parse::<u32>().ok());
            ensure!(count.is_some_and(|count| count > 100), "too few signals arrived: {printed}");
        }
        Ok(printed.to_owned())
    }
}
