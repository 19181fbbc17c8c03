//! The environment operations, compared with std, with the environment of children and with /etc/passwd.
//!
//! The first [`env::set`] of a process separates its environment from that of the libc for good, so most tests run in a
//! process of their own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

mod args;
mod cwd;
mod directories;
mod exe;
mod get;
mod home;
mod list;
mod secure_exec;
mod set;
mod set_cwd;
#[path = "../support/mod.rs"]
mod support;
mod unset;

use std::collections::BTreeMap;
use std::ffi::{CStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;
use std::thread;

use ffi_syscalls::{Errno, env, file, process};

use support::{
    NOBODY, TempDir, as_ordinary_user, assert_memory_does_not_grow, checked, copy_program, deny_syscall_with_argument,
    in_child, in_child_with, in_child_with_environment, is_emulated, is_root, name_of, proc_file_of_child,
    report_cannot_run, report_not_in_an_emulator, set_mode,
};

/// Returns the environment of a program that the library runs, entry by entry.
fn entries_of_child(temp: &TempDir) -> Vec<Vec<u8>> {
    let environ = proc_file_of_child(temp, "environ");
    environ.split_inclusive(|&byte| byte == 0).map(|entry| entry.strip_suffix(b"\0").unwrap().to_vec()).collect()
}

/// Returns the value of a variable in a program that the library runs.
fn value_in_child(temp: &TempDir, name: &str) -> Option<Vec<u8>> {
    let start = format!("{name}=");
    entries_of_child(temp).iter().find_map(|entry| entry.strip_prefix(start.as_bytes()).map(<[u8]>::to_vec))
}
