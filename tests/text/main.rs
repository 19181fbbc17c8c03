//! The values that operations return, texts and lists, and the memory that they occupy.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

mod list;
mod locked;
mod memory;
#[path = "../support/mod.rs"]
mod support;
mod text;

use std::ffi::{CStr, CString};
use std::fs;
use std::io::Write;
use std::thread;

use ffi_syscalls::{Errno, List, Text, dir, env, file, process, system};

use support::{
    TempDir, as_ordinary_user, assert_memory_does_not_grow, assert_same_bytes, byte_after, checked, in_child,
    is_emulated, random_bytes, raw_entry, report_not_in_an_emulator, resident_pages, set_soft_limit, wait_for,
};
