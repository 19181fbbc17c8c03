//! Runs programs, and shows progress.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek};
use std::num::NonZeroUsize;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use rustix::process::{Pid, Signal, kill_process};

use crate::cannot_run::CannotRun;
use crate::project;

/// Returns a command that runs in the root directory, with no standard input, and with no signal ignored: nohup(1) and
/// the background jobs of a shell ignore some, and tests rely on the defaults.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(project::root()).stdin(Stdio::null());
    // SAFETY: signal(2) may be called between fork and exec, and does not allocate.
    unsafe { command.pre_exec(reset_signals) };
    command
}

fn reset_signals() -> std::io::Result<()> {
    for signal in 1..32 {
        // SAFETY: SIG_DFL calls no function. SIGKILL and SIGSTOP cannot change.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    Ok(())
}

/// Returns the cargo that runs this tool.
pub fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command. Fails, with its output, unless it exits with 0.
pub fn execute(command: &mut Command) -> Result<Output> {
    let output = capture(command)?;
    if !output.status.success() {
        bail!("{}\n{}: {}", describe(command), output.status, printed(&output));
    }
    Ok(output)
}

/// Returns everything that a program printed: standard output, then standard error.
pub fn printed(output: &Output) -> String {
    let bytes = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Longer than any command takes on a slow machine, builds included.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs a command to its end. One that does not end is killed, with its descendants, and is an error with its output.
pub fn capture(command: &mut Command) -> Result<Output> {
    let name = describe(command);
    // Files, since a pipe stays open as long as a child of the command runs.
    let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let mut child = command.spawn().with_context(|| format!("cannot run {name}"))?;
    let begin = Instant::now();
    let mut pause = Duration::from_millis(1);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begin.elapsed() > PATIENCE {
            let processes = processes(child.id());
            kill_with_descendants(child.id());
            child.wait()?;
            let output = Output { status: ExitStatus::default(), stdout: content(stdout)?, stderr: content(stderr)? };
            bail!(
                "{name}\nhad not ended after {} s, and was killed: {}{processes}",
                PATIENCE.as_secs(),
                printed(&output)
            );
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    };
    Ok(Output { status, stdout: content(stdout)?, stderr: content(stderr)? })
}

/// Reads a file from its start.
fn content(mut file: File) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// Describes a process and its descendants, one line a thread: its state, kernel function, system call and command.
fn processes(process: u32) -> String {
    let command = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    let mut lines = String::new();
    for thread in threads(process) {
        let read = |name: &str| std::fs::read_to_string(thread.join(name)).unwrap_or_default();
        let status = read("status");
        let state = status.lines().find_map(|line| line.strip_prefix("State:")).unwrap_or_default().trim();
        let (call, place) = (read("syscall"), read("wchan"));
        lines += &format!("{}: {state}, in {place}, call {}: {command}\n", thread.display(), call.trim());
    }
    lines + &children(process).into_iter().map(processes).collect::<String>()
}

fn threads(process: u32) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    entries.map(|thread| thread.path()).collect()
}

fn children(process: u32) -> Vec<u32> {
    let lists = threads(process).into_iter().filter_map(|thread| std::fs::read_to_string(thread.join("children")).ok());
    lists.flat_map(|list| numbers(&list)).collect()
}

/// Kills a process and its descendants.
pub fn kill_with_descendants(process: u32) {
    let children = children(process);
    if let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        // It may have ended already.
        let _ = kill_process(process, Signal::KILL);
    }
    children.into_iter().for_each(kill_with_descendants);
}

fn numbers(list: &str) -> Vec<u32> {
    list.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Returns the path of a program in PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    which::which(program).ok()
}

/// Returns the number of threads that can run at once.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Calls a function with each item, on `count` threads. Returns the results in the order in which they are ready.
pub fn at_once<T: Send, R: Send>(
    count: usize,
    all: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let waiting: Mutex<VecDeque<T>> = Mutex::new(all.into_iter().collect());
    let done = Mutex::new(Vec::new());
    let next = || waiting.lock().ok()?.pop_front();
    let work_on = || {
        while let Some(one) = next() {
            let result = work(one);
            if let Ok(mut done) = done.lock() {
                done.push(result);
            }
        }
    };
    std::thread::scope(|scope| (0..count).for_each(|_| drop(scope.spawn(work_on))));
    done.into_inner().unwrap_or_default()
}

/// Runs an action under a line with its name and duration.
pub fn step<T>(name: &str, action: impl FnOnce() -> Result<T>) -> Result<T> {
    let bar = ProgressBar::new_spinner().with_message(name.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    let begin = Instant::now();
    let result = action();
    bar.finish_and_clear();
    let seconds = begin.elapsed().as_secs_f64();
    let outcome = match &result {
        Ok(_) => "  ok  ",
        Err(error) if error.is::<CannotRun>() => "  --  ",
        Err(_) => "FAILED",
    };
    eprintln!("{outcome} {name} ({seconds:.1} s)");
    result
}

/// Returns the command that installs Debian packages.
pub fn apt(packages: &str) -> String {
    format!("apt-get install --yes --no-install-recommends {packages}")
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
