//! Mappings, compared with what std reads and writes, and with the kernel's own list of them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

mod advice;
mod c_functions;
mod empty;
mod errors;
mod map;
mod map_mut;
mod remap;
#[path = "../support/mod.rs"]
mod support;
mod unmap;

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::process::Command;
use std::thread;

use ffi_syscalls::Errno;
use ffi_syscalls::mmap::{Advice, Map, MapMut, MapOptions, MapRaw, Mapping, RemapOptions, UncheckedAdvice};

use support::{
    TempDir, as_ordinary_user, assert_same_bytes, assert_same_error, checked, count_descriptors, in_child, is_emulated,
    random_bytes, report_cannot_run, set_mode, set_soft_limit,
};

/// Returns the page size, by the libc.
fn page_size() -> usize {
    // SAFETY: the call takes a number only.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap()
}

/// Returns the lines of the kernel's list of mappings that name this file.
fn mappings_of(path: &str) -> Vec<String> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains(path)).map(str::to_owned).collect()
}

/// Maps a whole file.
fn map(path: &str) -> ffi_syscalls::Result<Map> {
    // SAFETY: the file is the test's own, which changes it only where it says so.
    unsafe { Map::map(path) }
}

/// Maps a part of a file.
fn map_part(path: &str, offset: u64, len: Option<usize>) -> ffi_syscalls::Result<Map> {
    let mut options = MapOptions::new();
    options.offset(offset);
    if let Some(len) = len {
        options.len(len);
    }
    // SAFETY: as in `map`.
    unsafe { options.map(path) }
}

/// Maps a whole file, shared and writable.
fn map_mut(path: &str) -> ffi_syscalls::Result<MapMut> {
    // SAFETY: as in `map`.
    unsafe { MapMut::map_mut(path) }
}

/// Maps a whole file, private and writable.
fn map_copy(path: &str) -> ffi_syscalls::Result<MapMut> {
    // SAFETY: as in `map`.
    unsafe { MapOptions::new().map_copy(path) }
}
