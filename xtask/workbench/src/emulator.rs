//! The commands that run a program of any architecture on this machine. `cargo xtask run` is what they lead to.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::cannot_run::CannotRun;
use crate::project::{self, Arch};
use crate::shell;

/// The command that runs a program of this architecture here, to which its arguments may be added.
pub fn command_for(arch: Arch, program: &Path) -> Result<Command> {
    if arch.is_host() {
        return Ok(shell::command(program));
    }
    let mut command = shell::command(std::env::current_exe()?);
    command.args(["run", "--arch", arch.name()]).arg(program);
    Ok(command)
}

/// Whether programs of an architecture can be run here: whether a program can be started where they could be.
pub fn works_for(arch: Arch) -> bool {
    let works = || shell::capture(command_for(arch, Path::new("/bin/true")).ok()?.arg("")).ok();
    works().is_some_and(|output| output.status.success())
}

/// As [`command_for`], as another user, who must be able to get at the program and the project. For root.
pub fn command_as(user: u32, arch: Arch, program: &Path) -> Result<Command> {
    must_be_reached_by_all(&project::root().join("target"))?;
    must_be_reached_by_all(program)?;
    let mut command = shell::command(std::env::current_exe()?);
    command.args(["run", "--arch", arch.name(), "--user", &user.to_string()]).arg(program);
    Ok(command)
}

/// An error, that is no failure, if not every user can get at what is there.
pub fn must_be_reached_by_all(path: &Path) -> Result<()> {
    for directory in path.ancestors().skip(1) {
        let may_be_searched = directory.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0);
        if !may_be_searched && !directory.as_os_str().is_empty() {
            let what = format!("only some users may search {}", directory.display());
            bail!(CannotRun(format!("{what}. What would change it: another place, or its mode (chmod a+x)")));
        }
    }
    Ok(())
}
