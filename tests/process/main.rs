//! Running programs: outcomes, arguments, and what a program gets from its caller, compared with real programs, with
//! execvp(3) as env(1) calls it, and with what /proc says of a child.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

mod arguments;
mod inherited;
mod many;
mod outcomes;
mod path;
mod scripts;
mod sigchld;
mod signals;
mod streams;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ffi_syscalls::process::Outcome::{self, Exited, NotExecutable, NotFound, Signaled};
use ffi_syscalls::{Errno, env, file, process, stdio};

use support::{
    Place, as_ordinary_user, checked, copy_program, handle_signal, in_child, in_child_with, is_emulated, set_limit,
    set_mode, set_umask, wait_for,
};

const NONE: [&str; 0] = [];

/// Directories that everybody may search, unlike those in the PATH of whoever runs the tests.
const USUAL_PATH: &str = "/usr/bin:/bin";

/// Runs a line of shell script; what follows is `$1` and so on.
#[track_caller]
fn sh(script: &str, args: &[&str]) -> Outcome {
    let args: Vec<_> = ["-c", script, "sh"].iter().chain(args).copied().collect();
    process::run("sh", &args).unwrap()
}

/// A file of a child's directory in /proc, such as `status`.
#[track_caller]
fn own_file_of_child(place: &Place, name: &str) -> String {
    let copy = place.at("copy of a file of proc");
    let outcome = process::run("/bin/cp", &[&*format!("/proc/self/{name}"), &copy]).unwrap();
    assert_eq!(outcome, Exited(0));
    let content = fs::read_to_string(&copy).unwrap();
    fs::remove_file(&copy).unwrap();
    content
}

/// A set of signals in a child, bit 0 for signal 1: `SigBlk`, `SigIgn` or `SigCgt`.
fn signals_of_child(place: &Place, set: &str) -> u64 {
    signals_in(&own_file_of_child(place, "status"), set)
}

fn signals_in(status: &str, set: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(set)?.strip_prefix(":\t")).unwrap();
    u64::from_str_radix(line, 16).unwrap()
}

/// The signals that have the same number in a program as outside of it: in an emulator, not the real-time ones.
fn same_everywhere(signals: &[i32]) -> Vec<i32> {
    signals.iter().copied().filter(|&signal| signal < 32 || !is_emulated()).collect()
}

const fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// How many descriptors this process has.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Fails if the process has any child, a zombie above all.
#[track_caller]
fn assert_no_children() {
    // SAFETY: no status is asked for.
    assert_eq!(unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) }, -1);
    assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::ECHILD));
}

/// The calling thread's signal mask.
fn current_mask() -> u64 {
    signals_in(&fs::read_to_string("/proc/thread-self/status").unwrap(), "SigBlk")
}
