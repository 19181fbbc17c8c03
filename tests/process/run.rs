//! Running programs: compared with real programs, with execvp(3) as env(1) calls it, and with /proc/PID of the child.

mod arguments;
mod closed_streams;
mod inherited;
mod many;
mod outcomes;
mod path;
mod scripts;
mod sigchld;
pub(crate) mod signals;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ffi_syscalls::process::Outcome::{self, Exited, NotExecutable, NotFound, Signaled};
use ffi_syscalls::{Errno, env, file, process, stdio};

use crate::support::{
    self, TempDir, as_ordinary_user, checked, copy_program, count_descriptors, in_child, in_child_with, is_emulated,
    proc_file_of_child, set_mode, set_signal_handler, set_soft_limit, set_umask, wait_for,
};

pub(crate) const NONE: [&str; 0] = [];

/// Directories that every user may search, unlike some in the PATH of the user who runs the tests.
pub(crate) const USUAL_PATH: &str = "/usr/bin:/bin";

/// Runs a line of shell script with these arguments as `$1`, `$2` and so on.
#[track_caller]
fn sh(script: &str, args: &[&str]) -> Outcome {
    let args: Vec<_> = ["-c", script, "sh"].iter().chain(args).copied().collect();
    process::run("sh", &args).unwrap()
}

/// Returns a signal set of a child, bit 0 for signal 1. `set` is `SigBlk`, `SigIgn` or `SigCgt`.
fn signals_of_child(temp: &TempDir, set: &str) -> u64 {
    signals_in(std::str::from_utf8(&proc_file_of_child(temp, "status")).unwrap(), set)
}

pub(crate) fn signals_in(status: &str, set: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(set)?.strip_prefix(":\t")).unwrap();
    u64::from_str_radix(line, 16).unwrap()
}

/// Leaves out real-time signals in an emulator, which gives them other numbers.
fn without_emulated_numbers(signals: &[i32]) -> Vec<i32> {
    signals.iter().copied().filter(|&signal| signal < 32 || !is_emulated()).collect()
}

pub(crate) const fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// Fails if the process has a child, be it running or a zombie.
#[track_caller]
fn assert_no_children() {
    // SAFETY: a null pointer is valid here and asks for no status.
    assert_eq!(unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) }, -1);
    assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::ECHILD));
}

/// Returns the signal mask of the calling thread.
pub(crate) fn current_mask() -> u64 {
    signals_in(&fs::read_to_string("/proc/thread-self/status").unwrap(), "SigBlk")
}
