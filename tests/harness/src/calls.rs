//! `cargo xtask calls`: the system calls that each function makes.
//!
//! tests/c/calls.c, a freestanding program, makes calls of the library; strace(1) writes down what reaches the kernel;
//! and that is compared with tests/calls.txt, so that a call that is lost or one too many shows. Addresses, descriptors and
//! lengths of what is mapped are left out of it, paths and flags are not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use regex_lite::Regex;
use similar::TextDiff;

use crate::faults::{Place, Scenario, scenarios};
use crate::{c_callers, faults};
use workbench::build;
use workbench::cannot_run::CannotRun;
use workbench::project::{self, Arch, Dist};
use workbench::shell::{self, capture, command, execute, said};
use workbench::tools;

#[derive(clap::Args)]
pub struct Arguments {
    /// Write what is now to tests/calls.txt
    #[arg(long)]
    bless: bool,
}

/// The committed table.
pub const FILE: &str = "tests/calls.txt";

const INTRODUCTION: &str = "\
# The system calls of each function, on x86_64, as strace sees them in a program without a libc.
# Written by `cargo xtask calls --bless` from tests/c/calls.c. ADDR, TEXT, FD, PID and SIZE stand for what differs from
# run to run; an error is named behind the call that failed. Calls of children are theirs until they execute.
";

/// A part of the program, and what strace is to do to its calls.
struct Group {
    name: &'static str,
    /// What is done, for people, and for strace.
    injected: Option<(&'static str, &'static str)>,
}

const fn plain(name: &'static str) -> Group {
    Group { name, injected: None }
}

const fn with(name: &'static str, what: &'static str, inject: &'static str) -> Group {
    Group { name, injected: Some((what, inject)) }
}

const GROUPS: [Group; 29] = [
    plain("facts"),
    plain("facts_of_nobody"),
    plain("reading"),
    with("reading_once", "a signal interrupts the opening", "openat:error=EINTR:when=1"),
    plain("writing"),
    with("writing_once", "a signal interrupts the closing", "close:error=EINTR:when=1"),
    with("writing_once", "a signal interrupts the writing", "write:error=EINTR:when=2"),
    plain("copying"),
    plain("copying_much"),
    with("copying_much", "copy_file_range is missing", "copy_file_range:error=ENOSYS"),
    with("not_copying", "it cannot be read", "read:error=EIO"),
    plain("locking"),
    with("locking_once", "the file is replaced meanwhile", "newfstatat:error=ENOENT:when=1"),
    plain("directories"),
    plain("environment"),
    plain("running"),
    plain("running_with_sigchld_ignored"),
    with("running_once", "clone with shared memory is refused", "clone:error=EPERM:when=1"),
    with("running_once", "a signal interrupts the wait", "wait4:error=EINTR:when=1"),
    with("not_running", "no process can be started", "clone:error=EAGAIN"),
    with("running_once", "the file is open for writing", "execve:error=ETXTBSY:when=1..2"),
    plain("counting"),
    plain("counting_in_version_1"),
    plain("counting_without_proc"),
    with("counting", "sched_getaffinity is refused", "sched_getaffinity:error=EPERM"),
    plain("the_rest"),
    with("without_memory", "there is none", "mmap:error=ENOMEM"),
    with("printing_once", "a signal interrupts it", "write:error=EINTR:when=2"),
    with("printing_once", "standard output does not take it at once", "write:error=EAGAIN:when=2"),
];

pub fn run(arguments: &Arguments) -> Result<()> {
    Arch::X86_64.must_be_host()?;
    tools::must_have(&[tools::strace(), tools::cc()])?;
    if arguments.bless {
        return bless();
    }
    let (found, fixed) = observe(&build::run_for(Arch::X86_64)?)?;
    print!("{found}");
    println!("{}", compare(found, fixed)?);
    Ok(())
}

/// Writes the table.
pub fn bless() -> Result<()> {
    let (found, fixed) = observe(&build::run_for(Arch::X86_64)?)?;
    fixed?;
    std::fs::write(project::root().join(FILE), found)?;
    println!("{FILE} written");
    Ok(())
}

/// The functions that the table has a section of.
pub fn noted_functions() -> Result<BTreeSet<String>> {
    Ok(functions_of(&std::fs::read_to_string(project::root().join(FILE)).context(FILE)?))
}

fn functions_of(table: &str) -> BTreeSet<String> {
    let heads = table.lines().filter_map(|line| line.split([':', ';']).next());
    heads.filter(|head| head.starts_with("rt_")).map(str::to_owned).collect()
}

/// Fails, with the difference, if the library makes other calls than the table says. What it says may be why a part
/// cannot run here.
pub fn check(dist: &Dist) -> Result<String> {
    Arch::X86_64.must_be_host()?;
    let (found, fixed) = observe(dist)?;
    compare(found, fixed)
}

/// The whole table; and whether the program lay at the same addresses as each time, or why not.
fn observe(dist: &Dist) -> Result<(String, Result<()>)> {
    faults::must_trace()?;
    // In a thread, which keeps what it has set to itself and its children.
    let observe = || {
        let fixed = faults::fix_addresses();
        Ok((table(dist)?, fixed))
    };
    std::thread::scope(|scope| scope.spawn(observe).join()).unwrap_or_else(|_| bail!("the thread stopped"))
}

/// Says which part of the comparison was left out, and why.
fn compare(mut found: String, fixed: Result<()>) -> Result<String> {
    let mut expected = std::fs::read_to_string(project::root().join(FILE)).context(FILE)?;
    let mut said = String::new();
    if let Err(error) = fixed {
        // Where a mapping lies decides how it is cut to shape; by chance it needs no cut.
        for table in [&mut expected, &mut found] {
            *table = table.split_inclusive('\n').filter(|line| line.trim() != "munmap(ADDR, SIZE)").collect();
        }
        said = error.to_string().replacen("CANNOT RUN: ", "CANNOT RUN: how mappings are cut to shape: ", 1);
    }
    if expected == found {
        return Ok(said);
    }
    let difference = TextDiff::from_lines(&expected, &found);
    let difference = difference.unified_diff().context_radius(4).header(FILE, "what the library does").to_string();
    bail!("other system calls; if they are meant, `cargo xtask calls --bless`:\n{difference}")
}

/// The whole table.
fn table(dist: &Dist) -> Result<String> {
    let work = tempfile::tempdir()?;
    let program = work.path().join("calls");
    execute(&mut c_callers::link_small(dist, &project::root().join("tests/c/calls.c"), &program)?)?;
    let normal = Normal::new()?;
    let mut table = INTRODUCTION.to_owned();
    for (number, group) in GROUPS.iter().enumerate() {
        let place = work.path().join(number.to_string());
        let traces = trace(group, &program, &place)?;
        write_sections(&mut table, group.injected.map(|(what, _)| what), &normal.processes(&traces)?)?;
    }
    write_scenarios(&mut table, dist, work.path(), &normal)?;
    Ok(table)
}

/// Adds the first scenario of each function that tests/c/calls.c does not call.
fn write_scenarios(table: &mut String, dist: &Dist, work: &Path, normal: &Normal) -> Result<()> {
    let mut known = functions_of(table);
    let is_first = |scenario: &&Scenario| known.insert(scenario.function.to_owned());
    let scenarios: Vec<_> = scenarios::ALL.iter().filter(is_first).collect();
    if scenarios.is_empty() {
        return Ok(());
    }
    let program = faults::compile(dist, work)?;
    let directory = work.join("scenarios");
    std::fs::create_dir(&directory)?;
    let place = Place::new(&directory, &program)?;
    for scenario in scenarios {
        scenario.prepare(&place)?;
        let traces = work.join(scenario.function);
        std::fs::create_dir(&traces)?;
        let state = if scenario.state.is_empty() { "" } else { ": " };
        let title = [scenario.function, state, scenario.state].concat();
        let mut strace = strace(&traces)?;
        strace.arg(&program).args(["trace", &title, scenario.setup, scenario.function]).args(scenario.arguments);
        strace.current_dir(&place.directory).env_clear().envs(scenario.environment.iter().copied());
        execute(shell::with_default_signals(&mut strace))?;
        write_sections(table, None, &normal.processes(&read_traces(&traces)?)?)?;
    }
    Ok(())
}

/// The command that traces what follows, and writes a file for each process to a directory.
fn strace(directory: &Path) -> Result<Command> {
    let mut strace = command(shell::find("strace").context("no strace")?);
    strace.args(["-ff", "--quiet=all", "-y", "-e", "verbose=none", "-e", "signal=none", "-s", "200", "-o"]);
    strace.arg(directory.join("trace"));
    Ok(strace)
}

/// Runs a group under strace; what each process did, the program first, then its children as they were started.
fn trace(group: &Group, program: &Path, place: &Path) -> Result<Vec<(String, String)>> {
    let root = place.join("root");
    make_root(&root, program, group).context("the directory that becomes the program's root")?;
    let mut strace = strace(place)?;
    strace.args(group.injected.iter().flat_map(|(_, inject)| ["-e".into(), format!("inject={inject}")]));
    strace.arg(program).arg(group.name).current_dir(&root);
    strace.env_clear().envs([("PATH", "/first:/second"), ("HOME", "/of/the/environment")]);
    let output = capture(shell::with_default_signals(&mut strace))?;
    if !output.status.success() {
        let said = said(&output);
        if said.contains("no root of its own") {
            let remedy = "be root, or allow user namespaces: sysctl user.max_user_namespaces, and what the system has \
                          beside it";
            bail!(CannotRun(format!("{} What would change it: {remedy}", said.trim())));
        }
        bail!("{}: {said}", group.name);
    }
    read_traces(place)
}

/// What strace wrote to a directory, in the order of [`in_order`].
fn read_traces(place: &Path) -> Result<Vec<(String, String)>> {
    let mut traces = BTreeMap::new();
    for file in place.read_dir()?.flatten() {
        let name = file.file_name();
        if let Some(id) = name.to_str().and_then(|name| name.strip_prefix("trace.")) {
            traces.insert(id.to_owned(), std::fs::read_to_string(file.path())?);
        }
    }
    Ok(in_order(traces))
}

/// Each process in front of those that it started. Ids say nothing of it: they begin anew at some point.
fn in_order(mut traces: BTreeMap<String, String>) -> Vec<(String, String)> {
    let started = |trace: &String| -> Vec<String> {
        let calls = trace.lines().filter(|line| line.starts_with("clone("));
        calls.filter_map(|line| line.rsplit_once(" = ")).map(|(_, id)| id.to_owned()).collect()
    };
    let children: BTreeSet<String> = traces.values().flat_map(started).collect();
    // The next one is the last.
    let mut next: Vec<String> = traces.keys().filter(|&id| !children.contains(id)).cloned().collect();
    let mut ordered = Vec::new();
    while let Some(id) = next.pop() {
        // A call that failed started none.
        let Some(trace) = traces.remove(&id) else { continue };
        next.extend(started(&trace).into_iter().rev());
        ordered.push((id, trace));
    }
    ordered
}

/// Makes the directory that the program finds itself in: files, directories, and a system's /proc and /sys, so that what
/// this machine's say does not matter.
fn make_root(root: &Path, program: &Path, group: &Group) -> Result<()> {
    let directories = ["ten", "thousand", "closed", "first", "second", "bin", "etc", "proc/self", "sys/fs/cgroup/a"];
    for directory in directories {
        std::fs::create_dir_all(root.join(directory))?;
    }
    let page = "x".repeat(4096);
    let files: [(&str, &str, u32); 9] = [
        ("file", &page, 0o644),
        ("private", &page, 0o600),
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
    // Everybody may search the first two, nobody but root the third.
    for (path, mode) in [(PathBuf::new(), 0o755), ("ten".into(), 0o755), ("closed".into(), 0o600)] {
        std::fs::set_permissions(root.join(path), Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// A call, in words that are the same each time.
struct Call {
    text: String,
    /// The same without the name of a signal: what is done to one after the other is one thing.
    kind: String,
}

/// What a process did.
struct Process {
    calls: Vec<Call>,
}

/// What makes words that are the same each time of what strace writes.
struct Normal {
    replacements: Vec<(Regex, &'static str)>,
    signal: Regex,
}

impl Normal {
    fn new() -> Result<Self> {
        let replacements = [
            // strace's alignment, and its words for an error and for where it put one.
            (r"\) += ", ") = "),
            (r" \(INJECTED\)", ""),
            (r" = -1 (E[A-Z0-9]+).*$", " = $1"),
            (r#"write\((-1), "([^"]*)".*$"#, "MARK $2"),
            (r"AT_FDCWD<[^>]*>", "AT_FDCWD"),
            (r"\b\d+<[^>]*>(?:\(deleted\))?", "FD"),
            (r"\b((?:close|flock|fstat)\()\d+", "${1}FD"),
            (r"0x[0-9a-f]+( /\* .*? \*/)?", "ADDR"),
            (r#"^((?:write|pwrite64)\(.*)"(?:[^"\\]|\\.)*"(?:\.\.\.)?, \d+"#, "${1}TEXT, SIZE"),
            (r#"^((?:read|getcwd)\((?:FD, )?)"(?:[^"\\]|\\.)*"(?:\.\.\.)?"#, "${1}ADDR"),
            (r"\b((?:munmap)\(ADDR, )\d+", "${1}SIZE"),
            (r"\b((?:mmap)\((?:NULL|ADDR), )\d+", "${1}SIZE"),
            (r"\b((?:madvise)\(ADDR, )\d+", "${1}SIZE"),
            // The kernel does not look at the size of a signal set that is not there.
            (r"(ppoll\(ADDR, 1, NULL, NULL), \d+", "$1, SIZE"),
            // What a call that succeeded returned says nothing new, but where it is the end of something.
            (r"^((?:read|getdents64|copy_file_range)\(.*\)) = 0$", "$1 = end"),
            (r"\) = (?:\d+|FD|ADDR|\?).*$", ")"),
            (r" = end$", " = 0"),
        ];
        let replacements = replacements.map(|(pattern, with)| Ok((Regex::new(pattern)?, with)));
        Ok(Self {
            replacements: replacements.into_iter().collect::<Result<_>>()?,
            signal: Regex::new(r"\bSIG[A-Z0-9_]+")?,
        })
    }

    fn call(&self, line: &str, ids: &[&str]) -> Call {
        let mut text = line.to_owned();
        for (pattern, with) in &self.replacements {
            text = pattern.replace_all(&text, *with).into_owned();
        }
        for id in ids {
            text = text.replace(&format!("({id}, "), "(PID, ");
        }
        let kind = self.signal.replace_all(&text, "SIG").into_owned();
        Call { text, kind }
    }

    /// What each process of a group did. Of a child, until it became another program.
    fn processes(&self, traces: &[(String, String)]) -> Result<Vec<Process>> {
        let ids: Vec<_> = traces.iter().map(|(id, _)| id.as_str()).collect();
        let mut processes = Vec::new();
        for (number, (_, trace)) in traces.iter().enumerate() {
            let lines = trace.lines().filter(|line| !line.starts_with("+++") && !line.starts_with("---"));
            let mut calls: Vec<_> = lines.map(|line| self.call(line, &ids)).collect();
            let became = |call: &Call| call.text.starts_with("execve(") && call.text.ends_with(')');
            if let Some(last) = calls.iter().position(became).filter(|_| number > 0) {
                calls.truncate(last + 1);
            }
            processes.push(Process { calls });
        }
        ensure!(!processes.is_empty(), "strace wrote nothing");
        Ok(processes)
    }
}

/// Writes what the marks of the first process enclose, and after each call that started a process what that did.
fn write_sections(table: &mut String, variant: Option<&str>, processes: &[Process]) -> Result<()> {
    let Some((program, children)) = processes.split_first() else { return Ok(()) };
    let mut children = children.iter();
    let mut section: Option<(String, Vec<&Call>)> = None;
    for call in &program.calls {
        if let Some(name) = call.text.strip_prefix("MARK ") {
            if let Some((name, calls)) = section.take() {
                write_section(table, &name, &calls, &mut children)?;
            }
            let variant = variant.map(|what| format!("; {what}")).unwrap_or_default();
            section = (!name.is_empty()).then(|| (format!("{name}{variant}"), Vec::new()));
        } else if let Some((_, calls)) = &mut section {
            calls.push(call);
        }
    }
    // What ends the process ends the last.
    section.map_or(Ok(()), |(name, calls)| write_section(table, &name, &calls, &mut children))
}

fn write_section<'a>(
    table: &mut String,
    name: &str,
    calls: &[&Call],
    children: &mut impl Iterator<Item = &'a Process>,
) -> Result<()> {
    writeln!(table, "\n{name}")?;
    if calls.is_empty() {
        writeln!(table, "    no call")?;
    }
    write_calls(table, "    ", calls)?;
    let starts = |call: &&&Call| call.text.starts_with("clone(") && call.text.ends_with(')');
    let mut waiting = calls.iter().filter(starts).count();
    while waiting > 0 {
        let Some(child) = children.next() else { bail!("{name}: no trace of a child") };
        writeln!(table, "  its child")?;
        let calls: Vec<_> = child.calls.iter().collect();
        write_calls(table, "    ", &calls)?;
        waiting += calls.iter().filter(starts).count();
        waiting -= 1;
    }
    Ok(())
}

/// Writes calls, those that are made again and again once.
fn write_calls(table: &mut String, indent: &str, mut calls: &[&Call]) -> Result<()> {
    while let [first, rest @ ..] = calls {
        let (len, times) = repetition(calls);
        if times < 2 {
            writeln!(table, "{indent}{}", first.text)?;
            calls = rest;
            continue;
        }
        let (repeated, after) = (&calls[..len], &calls[len * times..]);
        writeln!(table, "{indent}{times} times")?;
        for call in repeated {
            writeln!(table, "{indent}    {}", call.kind)?;
        }
        calls = after;
    }
    Ok(())
}

/// How many calls at the beginning are made again, and how often they are made.
fn repetition(calls: &[&Call]) -> (usize, usize) {
    for len in 1..=3.min(calls.len() / 2) {
        let is_same = |piece: &[&Call]| piece.iter().zip(calls).all(|(one, other)| one.kind == other.kind);
        let times = calls.chunks_exact(len).take_while(|piece| is_same(piece)).count();
        if times > 2 {
            return (len, times);
        }
    }
    (1, 1)
}
