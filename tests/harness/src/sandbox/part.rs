//! The ways in which a sandbox differs from an ordinary system.

use std::ffi::CStr;
use std::ops::Range;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use nix::sys::resource::Resource;
use syscalls::Sysno;

use super::entry::{Entry, Step, become_ordinary, close, ignore_sigchld, in_own_namespace, limit, root_without};
use super::filter::{Answer, Filter, Refused};

pub const PROC_SYS_DEV: &[&str] = &["proc", "sys", "dev"];

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

impl Part {
    /// Makes the process of a command enter the sandbox, before it executes the program.
    pub fn apply(&self, command: &mut Command, work: &Path, code: &Range<u64>) -> Result<()> {
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
