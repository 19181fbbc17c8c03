//! Helpers of the tests: temporary directories, child processes, ordinary users, comparison of errors.
//!
//! Working directory, umask, limits, signals and environment belong to the whole process. A test that changes one of
//! them, or that needs it unchanged, runs in a process of its own: [`in_child`] runs the test program again for that one
//! test.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of the helpers")]

mod children;
mod files;
#[cfg(target_os = "linux")]
mod fuse;
mod groups;
mod whole_process;

use std::any::type_name;
use std::ffi::{CStr, CString, c_char};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ffi_syscalls::{Errno, List, Text, process};

pub(crate) use children::*;
pub(crate) use files::*;
#[cfg(target_os = "linux")]
pub(crate) use fuse::{FuseMount, Quirks};
pub(crate) use groups::*;
pub(crate) use whole_process::*;

/// The user without privileges that the tests become when root runs them.
pub(crate) const NOBODY: u32 = 65534;

/// Returns the error number of a failed call of std.
pub(crate) fn errno_of<T>(result: io::Result<T>) -> Option<i32> {
    result.err().map(|error| error.raw_os_error().unwrap())
}

/// Asserts that both failed with the same error number.
#[track_caller]
pub(crate) fn assert_same_error<T, U>(ours: ffi_syscalls::Result<T>, theirs: io::Result<U>) {
    let theirs = errno_of(theirs);
    assert!(theirs.is_some(), "the call of std did not fail");
    assert_eq!(ours.err().map(Errno::raw), theirs);
}

/// Returns the result of a libc call, or panics with its error if it is -1.
#[track_caller]
pub(crate) fn checked(result: i32) -> i32 {
    assert!(result != -1, "{}", io::Error::last_os_error());
    result
}

/// Reports what could not be tested, and what would enable it. It writes past the capture of the test harness, which
/// hides the output of tests that pass.
pub(crate) fn report_cannot_run(text: &str) {
    io::stderr().write_all(format!("\nCANNOT RUN: {text}\n").as_bytes()).unwrap();
}

/// Returns true if the tests run in an emulator, which differs from the kernel in some system calls.
pub(crate) fn is_emulated() -> bool {
    std::env::var_os("FFI_SYSCALLS_EMULATED").is_some()
}

/// Reports what an emulator cannot show. The test runs on a real kernel only.
pub(crate) fn report_not_in_an_emulator(text: &str) {
    io::stderr().write_all(format!("\nNOT IN AN EMULATOR: {text}\n").as_bytes()).unwrap();
}

/// Runs cp(1) through the library and returns its file in /proc/PID, such as `status`.
#[track_caller]
pub(crate) fn proc_file_of_child(temp: &TempDir, name: &str) -> Vec<u8> {
    let copy = temp.join("copy of a proc file");
    let outcome = process::run("/bin/cp", &[&*format!("/proc/self/{name}"), &copy]).unwrap();
    assert!(outcome.success(), "{outcome:?}");
    let content = fs::read(&copy).unwrap();
    fs::remove_file(&copy).unwrap();
    content
}

/// Returns the number of open descriptors of this process, plus that of the directory being read.
pub(crate) fn count_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}
