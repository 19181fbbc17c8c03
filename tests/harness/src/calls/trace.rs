//! Traces of programs, by strace(1).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use workbench::cannot_run::CannotRun;
use workbench::shell::{self, capture, command, printed};

use super::groups::Group;

/// Returns the command that traces a program, and writes a file for each process to a directory.
pub fn strace(directory: &Path) -> Result<Command> {
    let mut strace = command(shell::find("strace").context("no strace")?);
    strace.args(["-ff", "--quiet=all", "-y", "-e", "verbose=none", "-e", "signal=none", "-s", "200", "-o"]);
    strace.arg(directory.join("trace"));
    Ok(strace)
}

/// Traces a group. Returns the ID and the trace of each process, in the order of [`in_order`].
pub fn trace(group: &Group, program: &Path, place: &Path) -> Result<Vec<(String, String)>> {
    let root = place.join("root");
    make_root(&root, program, group).context("the root directory of the program")?;
    let mut strace = strace(place)?;
    strace.args(group.injected.iter().flat_map(|(_, inject)| ["-e".into(), format!("inject={inject}")]));
    strace.arg(program).arg(group.name).current_dir(&root);
    strace.env_clear().envs([("PATH", "/first:/second"), ("HOME", "/of/the/environment")]);
    let output = capture(&mut strace)?;
    if !output.status.success() {
        let printed = printed(&output);
        if printed.contains("no root of its own") {
            let remedy = "run as root, or allow user namespaces (sysctl user.max_user_namespaces, and other settings of the \
                          system)";
            bail!(CannotRun(format!("{} To enable it: {remedy}", printed.trim())));
        }
        bail!("{}: {printed}", group.name);
    }
    read_traces(place)
}

/// Returns the traces in a directory, in the order of [`in_order`].
pub fn read_traces(place: &Path) -> Result<Vec<(String, String)>> {
    let mut traces = BTreeMap::new();
    for file in place.read_dir()?.flatten() {
        let name = file.file_name();
        if let Some(id) = name.to_str().and_then(|name| name.strip_prefix("trace.")) {
            traces.insert(id.to_owned(), std::fs::read_to_string(file.path())?);
        }
    }
    Ok(in_order(traces))
}

/// Sorts each process before its children. Process IDs do not tell the order, since they wrap around.
fn in_order(mut traces: BTreeMap<String, String>) -> Vec<(String, String)> {
    let started = |trace: &String| -> Vec<String> {
        let calls = trace.lines().filter(|line| line.starts_with("clone("));
        calls.filter_map(|line| line.rsplit_once(" = ")).map(|(_, id)| id.to_owned()).collect()
    };
    let children: BTreeSet<String> = traces.values().flat_map(started).collect();
    // The next process is the last element.
    let mut next: Vec<String> = traces.keys().filter(|&id| !children.contains(id)).cloned().collect();
    let mut ordered = Vec::new();
    while let Some(id) = next.pop() {
        // A failed call started none.
        let Some(trace) = traces.remove(&id) else { continue };
        next.extend(started(&trace).into_iter().rev());
        ordered.push((id, trace));
    }
    ordered
}

/// Makes the root directory of the program, with files, directories, and its own /proc and /sys, so that those of this
/// machine do not matter.
fn make_root(root: &Path, program: &Path, group: &Group) -> Result<()> {
    let directories = ["ten", "thousand", "closed", "first", "second", "bin", "etc", "proc/self", "sys/fs/cgroup/a"];
    for directory in directories {
        std::fs::create_dir_all(root.join(directory))?;
    }
    let page = "x".repeat(4096);
    let files: [(&str, &str, u32); 9] = [
        ("file", &page, 0o644),
        // Shorter: files of the same size and times would be examined once more.
        ("private", page.get(1..).unwrap_or_default(), 0o600),
        ("locked", "", 0o444),
        ("script", "exit 0\n", 0o755),
        ("etc/passwd", "root:x:0:0::/home:/bin/sh\nnobody:x:65534:65534::/home:/bin/sh\n", 0o644),
        ("proc/self/cgroup", "0::/a\n", 0o644),
        ("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", 0o644),
        ("sys/fs/cgroup/a/cpu.max", "100000 100000\n", 0o644),
        ("sys/fs/cgroup/a/memory.max", "max\n", 0o644),
    ];
    for (file, content, mode) in files {
        std::fs::write(root.join(file), content)?;
        std::fs::set_permissions(root.join(file), Permissions::from_mode(mode))?;
    }
    // It takes a while to make.
    let thousand = if group.name == "directories" { 1000 } else { 0 };
    for (directory, count) in [("ten", 10), ("thousand", thousand)] {
        (0..count).try_for_each(|number| std::fs::write(root.join(directory).join(format!("entry{number:04}")), ""))?;
    }
    std::fs::copy(program, root.join("second/program"))?;
    std::fs::copy(program, root.join("bin/sh"))?;
    symlink("created", root.join("dangling"))?;
    // Every user may search the first two, and only root the third.
    for (path, mode) in [(PathBuf::new(), 0o755), ("ten".into(), 0o755), ("closed".into(), 0o600)] {
        std::fs::set_permissions(root.join(path), Permissions::from_mode(mode))?;
    }
    Ok(())
}
