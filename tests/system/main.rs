//! The system operations, compared with std, libc and the files of the kernel.

#![expect(clippy::unwrap_used, reason = "a test stops at an unexpected result")]

mod cpu_count;
mod hostname;
#[path = "../support/mod.rs"]
mod support;

use std::ffi::CStr;
use std::fs;
use std::process::Command;
use std::thread;

use ffi_syscalls::system;

use support::{ControlGroup, TempDir, checked, in_child_with, report_cannot_run, with_control_group};
