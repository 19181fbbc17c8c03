//! The file operations, compared with std, the files of the kernel and other programs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

mod append_text;
mod atomic_write;
mod attributes;
mod closed_streams;
mod copy;
mod delete;
mod every_operation;
mod exists;
mod links;
mod lock;
mod lock_ext;
mod lock_shared;
mod lock_timeout;
mod modified_time;
mod move_to;
mod read_at;
mod read_lines;
mod read_text;
mod size;
#[path = "../support/mod.rs"]
mod support;
mod temp;
mod unlock;
mod write_at;
mod write_text;

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ffi_syscalls::{Errno, file, stdio};

use support::{
    CLOSED, FuseMount, NOBODY, Quirks, TempDir, as_ordinary_user, assert_same_bytes, assert_same_error, byte_after,
    checked, closed_streams, count_descriptors, deny_syscall, drop_root, enter_mount_namespace, in_child, is_emulated,
    is_root, mode_of, mount, path_of_length, random_bytes, report_cannot_run, report_not_in_an_emulator,
    set_memory_limit, set_mode, set_signal_handler, set_soft_limit, set_umask, temp_dir_with_space, while_repeating,
    with_closed_streams, with_control_group,
};

/// If blocks were equal, the other tests would not notice that some were swapped.
#[test]
fn random_bytes_of_the_helpers_differ_between_blocks() {
    let bytes = random_bytes(1 << 20);
    assert_eq!(bytes.len(), 1 << 20);
    assert!(bytes.contains(&0));
    assert_ne!(bytes[..4096], bytes[4096..8192]);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let mut read = vec![];
    file.read_to_end(&mut read).unwrap();
    assert_same_bytes(&read, &bytes);
}

/// Returns true if another process, flock(1), gets the lock.
fn is_unlocked(path: &str) -> bool {
    let status = Command::new("flock").args(["-n", path, "true"]).status().unwrap();
    assert!(matches!(status.code(), Some(0 | 1)), "{status}");
    status.success()
}

fn set_modified(path: &str, seconds: i64, nanoseconds: i64) {
    let c_path = std::ffi::CString::new(path).unwrap();
    let times = [libc::timespec { tv_sec: seconds, tv_nsec: nanoseconds }; 2];
    // SAFETY: the path is NUL-terminated, and `times` holds two values.
    checked(unsafe { libc::utimensat(libc::AT_FDCWD, c_path.as_ptr(), times.as_ptr(), 0) });
}

/// Reports that a test lacks a file system with quirks.
#[cfg(target_os = "linux")]
fn report_no_fuse(reason: &str) {
    report_cannot_run(&format!("a file system with quirks: run the tests as root, with /dev/fuse ({reason})"));
}
