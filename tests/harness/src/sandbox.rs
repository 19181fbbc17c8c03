//! `cargo xtask surroundings`: the C program that calls everything, where something is missing, refused, full or
//! changing.
//!
//! The program is told what the surroundings lack, and expects of what depends on it that it says so; all the rest must
//! be as ever.

use std::ffi::{CStr, CString};
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, bail, ensure};
use syscalls::Sysno;
use tempfile::TempDir;

use crate::c_callers;
use crate::seccomp::{Answer, Filter, Refused};
use workbench::cannot_run::{self, CannotRun};
use workbench::project::{self, Arch, Architectures, Dist};
use workbench::shell::{self, capture, execute, said};
use workbench::tools::{self, Tool};
use workbench::{elf, emulator, toolchain};

#[derive(clap::Args)]
pub struct Arguments {
    /// Only those whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub only: String,
    #[command(flatten)]
    pub architectures: Architectures,
}

/// A way in which surroundings are not as usual.
#[derive(Clone, Debug)]
enum Part {
    /// These system calls get this answer.
    Refuses(Vec<Refused>, Answer),
    /// The root directory lacks these.
    Lacks(&'static [&'static str]),
    /// These descriptors are closed.
    Closed(Vec<i32>),
    /// No more descriptors than this can be open.
    Descriptors(u64),
    IgnoresSigchld,
    /// What the process does to itself: see tests/c/surround.c.
    Surrounds(&'static str),
    /// Nothing but the program's own directory can be written to.
    ReadOnly,
    /// The program's directory is a file system of its own, in memory, with these options.
    Own(&'static CStr),
    /// The program's directory is on the disk, if that of temporary files is, and not in memory.
    OnDisk,
    /// The user has no special rights.
    Ordinary,
}

/// What not every process may do, and a part takes. A container may refuse some of it, to root too.
#[derive(Clone, Copy)]
pub enum Right {
    Filter,
    Mount,
    MountReadOnly,
    ChangeRoot,
    ChangeUser,
}

/// What came of trying each.
static TRIED: [OnceLock<Option<String>>; 5] = [const { OnceLock::new() }; 5];

impl Right {
    fn name(self) -> &'static str {
        match self {
            Self::Filter => "a filter for system calls, seccomp(2)",
            Self::Mount => "a file system of its own, unshare(2) and mount(2)",
            Self::MountReadOnly => "what is mounted made read-only, mount(2)",
            Self::ChangeRoot => "another root directory, mount(2) and chroot(2)",
            Self::ChangeUser => "another user, setresuid(2)",
        }
    }

    /// Surroundings that take this and nothing else.
    fn example(self) -> Part {
        match self {
            Self::Filter => Part::Refuses(vec![Refused::Call(Sysno::copy_file_range)], Answer::ALL[0]),
            Self::Mount => Part::Own(c""),
            Self::MountReadOnly => Part::ReadOnly,
            Self::ChangeRoot => Part::Lacks(EVERYTHING),
            Self::ChangeUser => Part::Ordinary,
        }
    }

    /// Why this machine does not grant it: tried once, with a program that does nothing.
    fn refusal(self) -> Option<&'static str> {
        let attempt = || {
            let work = tempfile::tempdir()?;
            let mut command = shell::command("true");
            self.example().apply(&mut command, work.path(), &(0..0))?;
            execute(&mut command)
        };
        // Whatever else goes wrong will fail the surroundings themselves, and say so.
        let refused = || attempt().err().filter(cannot_run::is_refusal);
        let try_it = || refused().map(|error| format!("{}: {}", self.name(), error.root_cause()));
        TRIED[self as usize].get_or_init(try_it).as_deref()
    }

    /// An error that says why, if it is not.
    pub fn must_be_granted(self) -> Result<()> {
        self.refusal().map_or(Ok(()), |refusal| {
            bail!(CannotRun(format!("{refusal}. What would change it: root's rights, unrestricted by a container")))
        })
    }
}

/// What is run there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    /// tests/c/conformance.c with a libc, and with the hosted archive.
    Hosted,
    /// The same without a libc.
    Alone,
    /// A part of tests/c/hostile.c.
    Hostile(&'static str),
    /// The tests of rtbox, which need the surroundings of a program with std themselves; what is refused is to rtbox.
    Rtbox,
}

/// Surroundings, and the program that is to work in them.
pub struct Surroundings {
    arch: Arch,
    name: String,
    program: Program,
    parts: Vec<Part>,
}

/// What one process does between fork and exec to come into surroundings. It takes no memory.
type Entry = Box<dyn FnMut() -> io::Result<()> + Send + Sync>;

/// The programs, compiled.
pub struct Programs {
    directory: TempDir,
    /// The tests of rtbox, and rtbox.
    rtbox: Option<[PathBuf; 2]>,
}

impl Programs {
    pub fn compile(dist: &Dist) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755))?;
        let rtbox = if dist.arch.is_host() { Some(build_rtbox(dist.arch)?) } else { None };
        let programs = Self { directory, rtbox };
        for (program, source) in [
            (Program::Hosted, "tests/c/conformance.c"),
            (Program::Alone, "tests/c/conformance.c"),
            (Program::Hostile(""), "tests/c/hostile.c"),
        ] {
            let has_libc = program != Program::Alone;
            let sources = if has_libc { &[source, "tests/c/surround.c"][..] } else { &[source] };
            execute(&mut c_callers::static_program(dist, sources, &programs.path(program)?, has_libc)?)?;
        }
        Ok(programs)
    }

    /// What is executed.
    fn path(&self, program: Program) -> Result<PathBuf> {
        let name = match program {
            Program::Hosted => "hosted",
            Program::Alone => "alone",
            Program::Hostile(_) => "hostile",
            Program::Rtbox => {
                return self.rtbox.as_ref().map(|[tests, _]| tests.clone()).context("rtbox was not built");
            }
        };
        Ok(self.directory.path().join(name))
    }

    /// Where the code lies that calls the library.
    fn code(&self, program: Program) -> Result<Range<u64>> {
        let own = self.path(program)?;
        let caller = self.rtbox.as_ref().filter(|_| program == Program::Rtbox).map_or(&own, |[_, rtbox]| rtbox);
        Ok(elf::loading(caller)?.code)
    }
}

/// Builds rtbox and its tests, as they are for the tests outside of here; where they are.
fn build_rtbox(arch: Arch) -> Result<[PathBuf; 2]> {
    let mut cargo = shell::cargo();
    cargo.args(["test", "--no-run", "--release", "--package", "rtbox", "--features", "freestanding"]);
    toolchain::for_programs(arch, &mut cargo)?;
    let said = said(&execute(&mut cargo)?);
    let tests =
        said.lines().find_map(|line| line.trim().strip_prefix("Executable tests/applets.rs (")?.strip_suffix(')'));
    let tests = project::root().join(tests.with_context(|| format!("no tests of rtbox: {said}"))?);
    let directory = tests.parent().and_then(Path::parent).context("no directory")?;
    let rtbox = directory.join("rtbox");
    Ok([tests, rtbox])
}

/// All surroundings for an architecture. In an emulator, where all takes long, those that are only the file system's.
pub fn all(arch: Arch) -> Result<Vec<Surroundings>> {
    let mut all = of_file_systems(arch);
    if arch.is_host() {
        all.extend(of_changes(arch));
        all.extend(of_processes(arch));
        all.extend(refusals(arch)?);
    }
    Ok(all)
}

/// Files and directories as they rarely are.
fn of_file_systems(arch: Arch) -> Vec<Surroundings> {
    let hostile = |name: &str, what, parts: &[Part]| Surroundings::new(arch, name, Program::Hostile(what), parts);
    vec![
        hostile("a full disk", "full", &[FULL]),
        hostile("paths of 4095 bytes", "long", &[]),
        hostile("100,000 entries", "many", &[]),
    ]
}

/// A file system that is full soon.
const FULL: Part = Part::Own(c"size=1m,nr_inodes=64");

/// What cannot be changed, and what others change.
fn of_changes(arch: Arch) -> Vec<Surroundings> {
    let hostile = |name: &str, what, parts: &[Part]| Surroundings::new(arch, name, Program::Hostile(what), parts);
    let no_copying = Part::Refuses(vec![Refused::Call(Sysno::copy_file_range)], Answer::ALL[0]);
    vec![
        hostile("a full disk, where the kernel does not copy", "full", &[FULL, no_copying]),
        hostile("a read-only disk", "read-only", &[Part::Own(c"")]),
        hostile("changes in the middle of a call", "races", &[]),
        hostile("changes in the middle of a call, on the disk", "races", &[Part::OnDisk]),
        hostile("changes, and a signal every millisecond", "races", &[Part::Surrounds("storm 1000")]),
    ]
}

/// What a process is given, and what it is not.
fn of_processes(arch: Arch) -> Vec<Surroundings> {
    let mut all = Vec::new();
    let mut add = |name: &str, program: Program, parts: &[Part]| {
        all.push(Surroundings::new(arch, name, program, parts));
    };
    for directory in [&["proc"][..], &["sys"], &["dev"], EVERYTHING] {
        add(&format!("no /{}", directory.join(", /")), Program::Hosted, &[Part::Lacks(directory)]);
    }
    add("an ordinary user, rtbox", Program::Rtbox, &[Part::Ordinary]);
    add("no /proc, /sys, /dev, without a libc", Program::Alone, &[Part::Lacks(EVERYTHING)]);
    add("no /proc, /sys, /dev, as an ordinary user", Program::Hosted, &[Part::Lacks(EVERYTHING), Part::Ordinary]);
    for set in 1..8 {
        let closed: Vec<i32> = (0..3).filter(|fd| set >> fd & 1 == 1).collect();
        let names: Vec<String> = closed.iter().map(i32::to_string).collect();
        add(&format!("closed: {}", names.join(", ")), Program::Hosted, &[Part::Closed(closed)]);
    }
    add("16 descriptors", Program::Hosted, &[Part::Descriptors(16)]);
    add("SIGCHLD ignored", Program::Hosted, &[Part::IgnoresSigchld]);
    add("SIGCHLD ignored, without a libc", Program::Alone, &[Part::IgnoresSigchld]);
    add("SIGCHLD not waited for", Program::Hosted, &[Part::Surrounds("nocldwait")]);
    add("SIGCHLD handled", Program::Hosted, &[Part::Surrounds("handled")]);
    add("a signal every millisecond", Program::Hosted, &[Part::Surrounds("storm 1000")]);
    add("a signal every 100 microseconds", Program::Hosted, &[Part::Surrounds("storm 100")]);
    let both = [Part::IgnoresSigchld, Part::Surrounds("storm 300")];
    add("SIGCHLD ignored, a signal every 300 microseconds", Program::Hosted, &both);
    add("nothing else can be written to", Program::Hosted, &[Part::ReadOnly]);
    add("an ordinary user", Program::Hosted, &[Part::Ordinary]);
    all
}

const EVERYTHING: &[&str] = &["proc", "sys", "dev"];

/// The calls without which an operation cannot do its work, and fails: provoking that is not for here. Each other call
/// that the library makes, a new one too, is refused with each answer.
const NEEDED: [&str; 34] = [
    "openat",
    "close",
    "read",
    "write",
    "ppoll",
    "faccessat",
    "fstat",
    "unlinkat",
    "mkdirat",
    "ftruncate",
    "fchmod",
    "flock",
    "getdents64",
    "getcwd",
    "getpid",
    "gettid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "uname",
    "mmap",
    "munmap",
    "futex",
    "pipe2",
    "execve",
    "exit_group",
    "wait4",
    "tgkill",
    "rt_sigprocmask",
    "rt_sigaction",
    "clone",
    "newfstatat",
    "fstatat", // what aarch64 calls it
];

/// The call with the highest number in Linux 2.6.27, the oldest kernel for x86_64: almost all that is newer has a higher
/// one.
#[cfg(target_arch = "x86_64")]
const LAST_OF_THE_OLDEST_KERNEL: Option<Sysno> = Some(Sysno::inotify_init1);
/// Elsewhere numbers began with a table that had newer calls in it.
#[cfg(not(target_arch = "x86_64"))]
const LAST_OF_THE_OLDEST_KERNEL: Option<Sysno> = None;

/// The calls that the library makes and can do without, as its source has them: the backend, and in the architecture's
/// column the names of those that are not called alike everywhere. What else the column calls starts children, which is
/// refused in a way of its own, and asks for the thread pointer, as the program's libc does too.
fn dispensable(arch: Arch) -> Result<Vec<Refused>> {
    let read = |file: &str| std::fs::read_to_string(project::root().join(file)).with_context(|| file.to_owned());
    let column = read(&format!("arch/src/{}.rs", arch.name()))?;
    let named = column.split_once("pub mod nr {").and_then(|(_, rest)| rest.split_once("\n}")).map(|(named, _)| named);
    let named = named.filter(|named| named.contains("Sysno::")).context("the column names no system calls")?;
    let source = read("src/sys/linux.rs")? + named;
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let names = source.split("Sysno::").skip(1).filter_map(|rest| rest.split(|c| !is_name(c)).next());
    let mut names: Vec<&str> = names.filter(|name| !NEEDED.contains(name)).collect();
    names.sort_unstable();
    names.dedup();
    ensure!(names.contains(&"copy_file_range"), "the source names its system calls in another way: {names:?}");
    let call = |name: &str| name.parse().map(Refused::Call).ok().with_context(|| format!("no system call {name}"));
    names.into_iter().map(call).chain([Ok(Refused::SharedMemory)]).collect()
}

/// What it takes beside that a call is made at all.
fn condition(refused: Refused) -> Vec<Part> {
    let no_shared_memory = Part::Refuses(vec![Refused::SharedMemory], Answer::ALL[0]);
    let no_prctl = Part::Refuses(vec![Refused::Call(Sysno::prctl)], Answer::ALL[0]);
    match refused {
        Refused::Call(Sysno::close_range) => vec![Part::IgnoresSigchld, no_shared_memory],
        Refused::Call(Sysno::getppid) => vec![Part::IgnoresSigchld],
        Refused::Call(Sysno::capget) => vec![Part::Lacks(EVERYTHING), Part::Ordinary, no_prctl],
        _ => Vec::new(),
    }
}

fn refusals(arch: Arch) -> Result<Vec<Surroundings>> {
    let mut all = Vec::new();
    let dispensable = dispensable(arch)?;
    let mut add = |what: &str, program: Program, refused: &[Refused], answer: Answer| {
        let mut parts = if let [one] = refused { condition(*one) } else { Vec::new() };
        parts.push(Part::Refuses(refused.to_vec(), answer));
        all.push(Surroundings::new(arch, &format!("{what}: {}", answer.name()), program, &parts));
    };
    for answer in Answer::ALL {
        add("all that is dispensable", Program::Hosted, &dispensable, answer);
        add("all that is dispensable, rtbox", Program::Rtbox, &dispensable, answer);
        if let Some(last) = LAST_OF_THE_OLDEST_KERNEL {
            let newer = Refused::Behind(last);
            add(&newer.name(), Program::Alone, &[newer], answer);
        }
    }
    for &refused in &dispensable {
        add(&refused.name(), Program::Hosted, &[refused], Answer::Kill);
        for answer in Answer::ALL {
            add(&refused.name(), Program::Hosted, &[refused], answer);
        }
    }
    Ok(all)
}

impl Surroundings {
    fn new(arch: Arch, name: &str, program: Program, parts: &[Part]) -> Self {
        Self { arch, name: name.to_owned(), program, parts: parts.to_vec() }
    }

    pub fn name(&self) -> String {
        format!("{}: surroundings: {}", self.arch.name(), self.name)
    }

    pub fn tools(&self) -> Vec<Tool> {
        (!self.arch.is_host()).then(|| tools::qemu(self.arch)).into_iter().collect()
    }

    /// Runs the program there; what it said, if it ended as it should.
    pub fn check(&self, programs: &Programs) -> Result<String> {
        self.parts.iter().filter_map(Part::right).try_for_each(Right::must_be_granted)?;
        if self.parts.iter().any(|part| matches!(part, Part::Ordinary)) {
            emulator::must_be_reached_by_all(&programs.path(self.program)?)?;
        }
        let work = self.place()?;
        std::fs::set_permissions(work.path(), std::fs::Permissions::from_mode(0o777))?;
        let code = programs.code(self.program)?;
        let mut command = emulator::command_for(self.arch, &programs.path(self.program)?)?;
        shell::with_default_signals(&mut command);
        if let Program::Hostile(what) = self.program {
            command.arg(what);
        }
        if self.program != Program::Rtbox {
            command.arg(work.path().join("new"));
        } else if self.parts.iter().any(|part| matches!(part, Part::Ordinary)) {
            // It needs root, and is tested as root, where this runs as root.
            command.args(["--skip", "works_as_the_only_file_of_a_system"]);
        }
        let report = work.path().join("report");
        command.env("RT_GIVEN", "value").env("RT_WITHOUT", self.missing());
        for part in &self.parts {
            part.apply(&mut command, work.path(), &code)?;
        }
        if self.parts.iter().any(|part| matches!(part, Part::Closed(_))) {
            command.env("RT_REPORT", &report);
        }
        let output = capture(&mut command)?;
        let reported = std::fs::read_to_string(&report).unwrap_or_default();
        self.judge(&output, &format!("{}{reported}", said(&output)))
    }

    /// A directory in memory, where there is one and it can be reached: what is tested is not the disk.
    fn place(&self) -> Result<TempDir> {
        let is_elsewhere = |part: &Part| match part {
            Part::Lacks(directories) => directories.contains(&"dev"),
            Part::OnDisk => true,
            _ => false,
        };
        let may_be = !self.parts.iter().any(is_elsewhere);
        let in_memory = may_be.then(|| tempfile::tempdir_in("/dev/shm").ok()).flatten();
        in_memory.map_or_else(|| Ok(tempfile::tempdir()?), Ok)
    }

    /// Words for what is not there.
    fn missing(&self) -> String {
        let mut words: Vec<&str> = Vec::new();
        for part in &self.parts {
            match part {
                Part::Lacks(directories) => words.extend(*directories),
                Part::IgnoresSigchld | Part::Surrounds("nocldwait") => words.push("sigchld"),
                Part::Refuses(calls, _) => words.extend(calls.iter().filter_map(|&refused| match refused {
                    Refused::Call(call) => Some(call.name()),
                    Refused::SharedMemory | Refused::Behind(_) => None,
                })),
                _ => {}
            }
        }
        words.join(" ")
    }

    fn judge(&self, output: &Output, said: &str) -> Result<String> {
        let is_killed = self.parts.iter().any(|part| matches!(part, Part::Refuses(_, Answer::Kill)));
        if is_killed {
            let by_signal = output.status.signal() == Some(libc::SIGSYS);
            ensure!(by_signal || said.contains(" checks FAILED"), "the call that is refused is never made: {said}");
            return Ok(String::new());
        }
        ensure!(output.status.success(), "{}: {said}", output.status);
        ensure!(
            said.contains(" checks passed") || said.contains("test result: ok"),
            "it did not come to its end: {said}"
        );
        if self.parts.iter().any(|part| matches!(part, Part::Surrounds(kind) if kind.starts_with("storm"))) {
            let count = said.lines().find_map(|line| line.strip_prefix("signals handled: ")?.parse::<u32>().ok());
            ensure!(count.is_some_and(|count| count > 100), "the signals did not come: {said}");
        }
        Ok(said.to_owned())
    }
}

impl Part {
    /// What it takes that may be refused.
    fn right(&self) -> Option<Right> {
        match self {
            Self::Refuses(..) => Some(Right::Filter),
            Self::Own(_) => Some(Right::Mount),
            Self::ReadOnly => Some(Right::MountReadOnly),
            Self::Lacks(_) => Some(Right::ChangeRoot),
            Self::Ordinary => Some(Right::ChangeUser),
            Self::Closed(_) | Self::Descriptors(_) | Self::IgnoresSigchld | Self::Surrounds(_) | Self::OnDisk => None,
        }
    }

    /// Has the command's process come into the surroundings.
    fn apply(&self, command: &mut Command, work: &Path, code: &Range<u64>) -> Result<()> {
        let entry: Entry = match self {
            Self::Refuses(refused, answer) => {
                let mut filter = Filter::new(code, refused, *answer)?;
                Box::new(move || filter.set().and_then(|()| limit(libc::RLIMIT_CORE, 0)))
            }
            Self::Lacks(directories) => root_without(directories, work)?,
            Self::Closed(fds) => {
                let fds = fds.clone();
                Box::new(move || fds.iter().try_for_each(|&fd| close(fd)))
            }
            Self::Descriptors(most) => {
                let most = *most;
                Box::new(move || limit(libc::RLIMIT_NOFILE, most))
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
        // SAFETY: what is called in the child may be called between fork and exec, and takes no memory.
        unsafe { command.pre_exec(entry) };
        Ok(())
    }
}

fn checked(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn limit(resource: libc::__rlimit_resource_t, most: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: the limit is readable.
    checked(unsafe { libc::setrlimit(resource, &limit) })
}

fn close(fd: i32) -> io::Result<()> {
    // SAFETY: the process is about to execute a program, and uses the descriptor no more.
    checked(unsafe { libc::close(fd) })
}

fn ignore_sigchld() -> io::Result<()> {
    // SAFETY: no handler of anybody's.
    let before = unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
    if before == libc::SIG_ERR { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Becomes a user without rights.
fn become_ordinary() -> io::Result<()> {
    const NOBODY: u32 = 65534;
    // SAFETY: an empty list.
    checked(unsafe { libc::setgroups(0, std::ptr::null()) })?;
    // SAFETY: takes numbers only.
    checked(unsafe { libc::setresgid(NOBODY, NOBODY, NOBODY) })?;
    // SAFETY: takes numbers only.
    checked(unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) })
}

/// A step on the way to another view of the file system.
enum Step {
    Directory(CString),
    Link {
        target: CString,
        name: CString,
    },
    /// What is mounted at a place is mounted at another one too.
    Bind {
        from: CString,
        to: CString,
    },
    /// Empty memory.
    Tmpfs {
        place: CString,
        options: &'static CStr,
    },
    /// What is mounted there can be written to no more.
    ReadOnly(CString),
    Root(CString),
}

impl Step {
    fn tmpfs(place: &Path, options: &'static CStr) -> Result<Self> {
        Ok(Self::Tmpfs { place: c_string(place)?, options })
    }

    fn take(&self) -> io::Result<()> {
        match self {
            // SAFETY: NUL-terminated.
            Self::Directory(path) => checked(unsafe { libc::mkdir(path.as_ptr(), 0o755) }),
            // SAFETY: as above.
            Self::Link { target, name } => checked(unsafe { libc::symlink(target.as_ptr(), name.as_ptr()) }),
            Self::Bind { from, to } => mount(from, to, libc::MS_BIND | libc::MS_REC, c""),
            Self::Tmpfs { place, options } => mount(c"tmpfs", place, 0, options),
            Self::ReadOnly(path) => mount(c"none", path, libc::MS_REMOUNT | libc::MS_BIND | libc::MS_RDONLY, c""),
            Self::Root(path) => {
                // SAFETY: NUL-terminated.
                checked(unsafe { libc::chroot(path.as_ptr()) })?;
                // SAFETY: as above.
                checked(unsafe { libc::chdir(c"/".as_ptr()) })
            }
        }
    }
}

/// Mounts what has this name, which is that of its kind too where a kind is asked for.
fn mount(source: &CStr, target: &CStr, flags: libc::c_ulong, options: &CStr) -> io::Result<()> {
    let (source, options) = (source.as_ptr(), options.as_ptr());
    // SAFETY: NUL-terminated.
    checked(unsafe { libc::mount(source, target.as_ptr(), source, flags, options.cast()) })
}

/// Takes the steps in a mount namespace of the process's own, which ends with it.
fn in_own_namespace(steps: Vec<Step>) -> Entry {
    let steps = Arc::new(steps);
    Box::new(move || {
        // SAFETY: the process has one thread.
        checked(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
        // Nothing of what follows reaches the machine.
        mount(c"none", c"/", libc::MS_REC | libc::MS_PRIVATE, c"")?;
        steps.iter().try_for_each(Step::take)
    })
}

fn c_string(path: &Path) -> Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// A root directory that has all that the machine's has, but for these.
fn root_without(directories: &[&str], work: &Path) -> Result<Entry> {
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
