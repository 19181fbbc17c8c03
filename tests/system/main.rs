//! The system operations, compared with std, libc and the files of the kernel.

#![expect(clippy::unwrap_used, reason = "a test stops at an unexpected result")]

mod cpu_count;
mod getuid;
mod hostname;
mod memory;
mod random_bytes;
#[path = "../support/mod.rs"]
mod support;

use std::ffi::CStr;
use std::fs;
use std::process::Command;
use std::thread;

use ffi_syscalls::{Errno, system};

use support::{
    ControlGroup, NOBODY, TempDir, checked, deny_syscall, in_child, in_child_with, is_emulated, is_root,
    report_cannot_run, report_not_in_an_emulator, with_control_group,
};
