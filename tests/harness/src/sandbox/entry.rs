//! The system calls by which a process enters a sandbox, between fork and exec. None of them allocates.

use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Uid, chdir, chroot, mkdir, setgroups, setresgid, setresuid, symlinkat};

/// The actions by which a process enters.
pub type Entry = Box<dyn FnMut() -> io::Result<()> + Send + Sync>;

pub fn limit(resource: Resource, most: u64) -> io::Result<()> {
    Ok(setrlimit(resource, most, most)?)
}

pub fn close(fd: i32) -> io::Result<()> {
    Ok(nix::unistd::close(fd)?)
}

pub fn ignore_sigchld() -> io::Result<()> {
    // SAFETY: SIG_IGN calls no function.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
    Ok(())
}

/// Becomes a user without rights.
pub fn become_ordinary() -> io::Result<()> {
    const NOBODY: u32 = 65534;
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    setgroups(&[])?;
    setresgid(group, group, group)?;
    Ok(setresuid(user, user, user)?)
}

/// A step towards another view of the file system.
pub enum Step {
    Directory(CString),
    Link {
        target: CString,
        name: CString,
    },
    Bind {
        from: CString,
        to: CString,
    },
    /// A file system in memory.
    Tmpfs {
        place: CString,
        options: &'static CStr,
    },
    /// A read-only remount.
    ReadOnly(CString),
    Root(CString),
}

impl Step {
    pub fn tmpfs(place: &Path, options: &'static CStr) -> Result<Self> {
        Ok(Self::Tmpfs { place: c_string(place)?, options })
    }

    fn take(&self) -> nix::Result<()> {
        let none = None::<&CStr>;
        match self {
            Self::Directory(path) => mkdir(path.as_c_str(), Mode::from_bits_truncate(0o755)),
            Self::Link { target, name } => symlinkat(target.as_c_str(), nix::fcntl::AT_FDCWD, name.as_c_str()),
            Self::Bind { from, to } => {
                mount(Some(from.as_c_str()), to.as_c_str(), none, MsFlags::MS_BIND | MsFlags::MS_REC, none)
            }
            Self::Tmpfs { place, options } => {
                mount(Some(c"tmpfs"), place.as_c_str(), Some(c"tmpfs"), MsFlags::empty(), Some(*options))
            }
            Self::ReadOnly(path) => {
                let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
                mount(none, path.as_c_str(), none, flags, none)
            }
            Self::Root(path) => chroot(path.as_c_str()).and_then(|()| chdir(c"/")),
        }
    }
}

/// Takes the steps in a mount namespace of the process, which ends with it.
pub fn in_own_namespace(steps: Vec<Step>) -> Entry {
    let steps = Arc::new(steps);
    Box::new(move || {
        unshare(CloneFlags::CLONE_NEWNS)?;
        // Mounts that follow do not reach the machine.
        mount(None::<&CStr>, c"/", None::<&CStr>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&CStr>)?;
        Ok(steps.iter().try_for_each(Step::take)?)
    })
}

fn c_string(path: &Path) -> Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// Enters a root directory with all entries of the machine's but these.
pub fn root_without(directories: &[&str], work: &Path) -> Result<Entry> {
    let root = work.join("root");
    std::fs::create_dir(&root)?;
    let mut steps = vec![Step::tmpfs(&root, c"")?];
    for entry in std::fs::read_dir("/")? {
        let entry = entry?;
        if directories.iter().any(|&left_out| entry.file_name() == left_out) {
            continue;
        }
        let (from, to) = (c_string(&entry.path())?, c_string(&root.join(entry.file_name()))?);
        if entry.file_type()?.is_symlink() {
            steps.push(Step::Link { target: c_string(&std::fs::read_link(entry.path())?)?, name: to });
        } else if entry.file_type()?.is_dir() {
            steps.extend([Step::Directory(to.clone()), Step::Bind { from, to }]);
        }
    }
    steps.push(Step::Root(c_string(&root)?));
    Ok(in_own_namespace(steps))
}
