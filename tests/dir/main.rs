//! The directory operations, compared with std and the files of the kernel.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

mod create;
mod exists;
mod list;
mod remove;
mod remove_all;
#[path = "../support/mod.rs"]
mod support;
mod temp;
mod trees;
mod walk;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, CString, OsStr};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Command;
use std::thread;

use ffi_syscalls::{Errno, dir};

use trees::{Choices, deep_tree, random_tree};

use support::{
    CLOSED, TempDir, as_ordinary_user, assert_same_error, checked, closed_streams, count_descriptors,
    enter_mount_namespace, in_child, in_child_with, is_emulated, mode_of, mount, path_of_length, random_bytes,
    raw_entry, report_cannot_run, report_not_in_an_emulator, set_memory_limit, set_mode, set_soft_limit, set_umask,
    temp_dir_with_space, while_repeating, with_closed_streams, with_control_group,
};

/// Returns the names that the library lists. Asserts that it lists each once.
fn listed(path: &str) -> BTreeSet<Vec<u8>> {
    let list = dir::list(path).unwrap();
    let names: BTreeSet<_> = list.iter().map(|name| name.to_bytes().to_vec()).collect();
    assert_eq!(names.len(), list.len(), "a name was listed twice");
    names
}

/// Returns the names that std lists.
fn expected(path: &str) -> BTreeSet<Vec<u8>> {
    fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_vec()).collect()
}
