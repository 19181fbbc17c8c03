//! Commands that run a program of any architecture on this machine, through `cargo xtask run`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::cannot_run::CannotRun;
use crate::project::{self, Arch};
use crate::shell;

/// Returns the command that runs a program of an architecture. Arguments may be added.
pub fn command_for(arch: Arch, program: &Path) -> Result<Command> {
    if arch.is_host() {
        return Ok(shell::command(program));
    }
    let mut command = shell::command(std::env::current_exe()?);
    command.args(["run", "--arch", arch.name()]).arg(program);
    Ok(command)
}

/// Returns whether this machine can run programs of an architecture: it starts one in the same namespaces.
pub fn works_for(arch: Arch) -> bool {
    let works = || shell::capture(command_for(arch, Path::new("/bin/true")).ok()?.arg("")).ok();
    works().is_some_and(|output| output.status.success())
}

/// Returns [`command_for`] as another user, for root. That user must have access to the program and the project.
pub fn command_as(user: u32, arch: Arch, program: &Path) -> Result<Command> {
    must_be_reached_by_all(&project::root().join("target"))?;
    must_be_reached_by_all(program)?;
    let mut command = shell::command(std::env::current_exe()?);
    command.args(["run", "--arch", arch.name(), "--user", &user.to_string()]).arg(program);
    Ok(command)
}

/// Fails with [`CannotRun`] if a directory on the way to a file is closed to other users.
pub fn must_be_reached_by_all(path: &Path) -> Result<()> {
    for directory in path.ancestors().skip(1) {
        let may_be_searched = directory.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0);
        if !may_be_searched && !directory.as_os_str().is_empty() {
            let what = format!("only some users may search {}", directory.display());
            bail!(CannotRun(format!("{what}. To enable it: use another directory, or chmod a+x")));
        }
    }
    Ok(())
}
