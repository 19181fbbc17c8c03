//! The rights that entering a sandbox takes. A container may refuse some of them, even to root.

use std::sync::OnceLock;

use anyhow::{Result, bail};
use syscalls::Sysno;
use workbench::cannot_run::{self, CannotRun};
use workbench::shell::{self, execute};

use super::filter::{Answer, Refused};
use super::part::{PROC_SYS_DEV, Part};

/// A right that a part of a sandbox takes.
#[derive(Clone, Copy)]
pub enum Right {
    Filter,
    Mount,
    MountReadOnly,
    ChangeRoot,
    ChangeUser,
}

/// The reason why each right is refused, from one attempt.
static REFUSALS: [OnceLock<Option<String>>; 5] = [const { OnceLock::new() }; 5];

impl Right {
    pub fn of(part: &Part) -> Option<Self> {
        match part {
            Part::Refuses(..) | Part::Allows(_) => Some(Self::Filter),
            Part::Own(_) => Some(Self::Mount),
            Part::ReadOnly => Some(Self::MountReadOnly),
            Part::Lacks(_) => Some(Self::ChangeRoot),
            Part::Ordinary => Some(Self::ChangeUser),
            Part::Closed(_) | Part::Descriptors(_) | Part::IgnoresSigchld | Part::Surrounds(_) | Part::OnDisk => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Filter => "a filter for system calls, seccomp(2)",
            Self::Mount => "a file system of its own, unshare(2) and mount(2)",
            Self::MountReadOnly => "a read-only remount, mount(2)",
            Self::ChangeRoot => "another root directory, mount(2) and chroot(2)",
            Self::ChangeUser => "another user, setresuid(2)",
        }
    }

    /// A part that takes this right and no other.
    fn example(self) -> Part {
        match self {
            Self::Filter => Part::Refuses(vec![Refused::Call(Sysno::copy_file_range)], Answer::ALL[0]),
            Self::Mount => Part::Own(c""),
            Self::MountReadOnly => Part::ReadOnly,
            Self::ChangeRoot => Part::Lacks(PROC_SYS_DEV),
            Self::ChangeUser => Part::Ordinary,
        }
    }

    /// Fails with [`CannotRun`] if this machine refuses the right to a program that does nothing.
    pub fn must_be_granted(self) -> Result<()> {
        let attempt = || {
            let work = tempfile::tempdir()?;
            let mut command = shell::command("true");
            self.example().apply(&mut command, work.path(), &(0..0))?;
            execute(&mut command)
        };
        // Any other error fails the check itself, which reports it.
        let refusal = || attempt().err().filter(cannot_run::is_refusal);
        let describe = || refusal().map(|error| format!("{}: {}", self.name(), error.root_cause()));
        match REFUSALS[self as usize].get_or_init(describe) {
            None => Ok(()),
            Some(why) => {
                bail!(CannotRun(format!(
                    "{why}. To enable it: run as root, outside of a container that restricts root"
                )))
            }
        }
    }
}
