//! `cargo xtask sandbox`: programs that call every function, where something is missing, refused, full or changing.
//!
//! The program is told what its sandbox lacks, and expects failures of what depends on it; all else must work as ever.

mod cases;
mod entry;
pub mod filter;
mod programs;
mod rights;

use std::ffi::CStr;
use std::ops::Range;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::Resource;
use syscalls::Sysno;
use tempfile::TempDir;
use workbench::project::{Arch, Architectures};
use workbench::shell::{self, capture, said};
use workbench::{emulator, tools};

use crate::artifacts::build_name;
use crate::runner::{Check, Lane};
use entry::{Entry, Step, become_ordinary, close, ignore_sigchld, in_own_namespace, limit, root_without};
use filter::{Answer, Filter, Refused};
use programs::{Program, Programs};
pub use rights::Right;

#[derive(clap::Args)]
pub struct Arguments {
    /// Run only the sandboxes whose name contains this text
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub only: String,
    #[command(flatten)]
    pub architectures: Architectures,
}

/// A way in which a sandbox differs from an ordinary system.
#[derive(Clone, Debug)]
pub enum Part {
    /// These system calls get this answer.
    Refuses(Vec<Refused>, Answer),
    /// Any other system call kills the process.
    Allows(Vec<Sysno>),
    /// The root directory lacks these directories.
    Lacks(&'static [&'static str]),
    /// These descriptors are closed.
    Closed(Vec<i32>),
    /// The limit of open descriptors.
    Descriptors(u64),
    IgnoresSigchld,
    /// Set up by the program itself: see tests/c/surround.c.
    Surrounds(&'static str),
    /// All mounts are read-only but the program's directory.
    ReadOnly,
    /// The program's directory is a file system of its own in memory, with these options.
    Own(&'static CStr),
    /// The program's directory is on the disk of temporary files, and not in memory.
    OnDisk,
    /// The user has no special rights.
    Ordinary,
}

/// A sandbox, and the program that must work in it.
pub struct Sandbox {
    name: String,
    program: Program,
    parts: Vec<Part>,
}

/// Adds a check for each sandbox of an architecture.
pub fn add(lane: &mut Lane, arch: Arch) {
    let programs = Arc::new(OnceLock::new());
    let (compiled, name) = (programs.clone(), format!("{}: programs for sandboxes", arch.name()));
    let compile = move || Programs::compile(&arch.dist()).map(|programs| drop(compiled.set(programs)));
    lane.add(Check::new(&name, [tools::c_compiler(arch)], compile).after(&build_name(arch)));
    lane.add_group(cases::all(arch).into_iter().map(|sandbox| {
        let emulator: Vec<_> = (!arch.is_host()).then(|| tools::qemu(arch)).into_iter().collect();
        let (programs, own_name) = (programs.clone(), format!("{}: sandbox: {}", arch.name(), sandbox.name));
        let check = move || sandbox.check(arch, programs.get().context("no programs")?);
        Check::new(own_name, emulator, check).after(&name)
    }));
}

impl Sandbox {
    fn new(name: &str, program: Program, parts: &[Part]) -> Self {
        Self { name: name.to_owned(), program, parts: parts.to_vec() }
    }

    fn has(&self, is_it: impl Fn(&Part) -> bool) -> bool {
        self.parts.iter().any(is_it)
    }

    /// Runs the program in the sandbox and checks how it ends. Returns its output.
    fn check(&self, arch: Arch, programs: &Programs) -> Result<String> {
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
        shell::with_default_signals(&mut command);
        if let Program::Hostile(what) = self.program {
            command.arg(what);
        }
        if self.program != Program::Rtbox {
            command.arg(work.path().join("new"));
        } else if is_ordinary {
            // This test needs root. The other runs of rtbox's tests include it.
            command.args(["--skip", "works_as_the_only_file_of_a_system"]);
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
        self.judge(&output, &format!("{}{reported}", said(&output)))
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

    fn judge(&self, output: &Output, said: &str) -> Result<String> {
        if self.has(|part| matches!(part, Part::Refuses(_, Answer::Kill))) {
            let by_signal = output.status.signal() == Some(libc::SIGSYS);
            ensure!(by_signal || said.contains(" checks FAILED"), "the refused call is never made: {said}");
            return Ok(String::new());
        }
        let is_unlisted =
            self.has(|part| matches!(part, Part::Allows(_))) && output.status.signal() == Some(libc::SIGSYS);
        ensure!(!is_unlisted, "a system call that no list of sandbox/cases.rs contains; strace(1) shows it: {said}");
        ensure!(output.status.success(), "{}: {said}", output.status);
        ensure!(said.contains(" checks passed") || said.contains("test result: ok"), "it did not finish: {said}");
        if self.has(|part| matches!(part, Part::Surrounds(kind) if kind.starts_with("storm"))) {
            let count = said.lines().find_map(|line| line.strip_prefix("signals handled: ")?.parse::<u32>().ok());
            ensure!(count.is_some_and(|count| count > 100), "too few signals arrived: {said}");
        }
        Ok(said.to_owned())
    }
}

impl Part {
    /// Makes the process of a command enter the sandbox, before it executes the program.
    fn apply(&self, command: &mut Command, work: &Path, code: &Range<u64>) -> Result<()> {
        let filtered = |mut filter: Filter| -> Entry {
            Box::new(move || filter.set().and_then(|()| limit(Resource::RLIMIT_CORE, 0)))
        };
        let entry: Entry = match self {
            Self::Refuses(refused, answer) => filtered(Filter::new(code, refused, *answer)?),
            Self::Allows(calls) => filtered(Filter::allowing(code, calls)?),
            Self::Lacks(directories) => root_without(directories, work)?,
            Self::Closed(fds) => {
                let fds = fds.clone();
                Box::new(move || fds.iter().try_for_each(|&fd| close(fd)))
            }
            Self::Descriptors(most) => {
                let most = *most;
                Box::new(move || limit(Resource::RLIMIT_NOFILE, most))
            }
            Self::IgnoresSigchld => Box::new(ignore_sigchld),
            Self::Surrounds(kind) => {
                command.env("RT_SURROUND", kind);
                return Ok(());
            }
            Self::ReadOnly => in_own_namespace(vec![Step::ReadOnly(c"/".to_owned()), Step::tmpfs(work, c"")?]),
            Self::Own(options) => in_own_namespace(vec![Step::tmpfs(work, options)?]),
            Self::OnDisk => return Ok(()),
            Self::Ordinary => Box::new(become_ordinary),
        };
        // SAFETY: the entry makes system calls only, and does not allocate.
        unsafe { command.pre_exec(entry) };
        Ok(())
    }
}
