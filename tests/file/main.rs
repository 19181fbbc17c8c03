//! The file operations, compared with std, the kernel's own answers and other programs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

mod append_text;
mod copy;
mod delete;
mod exists;
mod facts;
mod lock;
mod read_text;
#[path = "../support/mod.rs"]
mod support;
mod write_text;

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ffi_syscalls::{Errno, file};

use support::{
    NOBODY, Place, as_ordinary_user, assert_same_bytes, assert_same_error, byte_behind, checked, handle_signal,
    in_child, in_child_with, is_emulated, is_root, large_place, loudly, meanwhile, mode_of, noise, not_in_an_emulator,
    refuse, set_limit, set_mode, set_umask, stretched,
};

/// What must fail in the same way for every operation that needs a file.
#[test]
fn each_operation_says_what_is_wrong_with_a_path() {
    let place = Place::new();
    place.file("file", "content");
    place.link("loop", "loop");
    place.link("dangling", "missing/target");
    let name = "x".repeat(256);
    for name in ["missing", "missing/x", "file/x", "file/", "loop", "loop/x", "dangling", &name, ""] {
        let path = if name.is_empty() { String::new() } else { place.at(name) };
        assert_same_error(file::read_text(&*path), fs::read(&path));
        assert_same_error(file::size(&*path), fs::metadata(&path));
        assert_same_error(file::modified_time(&*path), fs::metadata(&path));
        assert_same_error(file::copy(&*path, &*place.at("copy")), fs::File::open(&path));
        assert!(!fs::exists(place.at("copy")).unwrap());
        if name != "loop" && name != "dangling" {
            assert_same_error(file::delete(&*path), fs::remove_file(&path));
        }
        if name != "missing" {
            assert_same_error(file::write_text(&*path, "x"), fs::write(&path, "x"));
            assert_same_error(file::append_text(&*path, "x"), fs::write(&path, "x"));
            assert_same_error(file::copy(&*place.at("file"), &*path), fs::File::options().write(true).open(&path));
            assert_same_error(file::lock(&*path), fs::write(&path, "x"));
        }
    }
    for path in ["/dev/null\0", "\0"] {
        assert_eq!(file::read_text(path).unwrap_err(), Errno::EINVAL);
        assert_eq!(file::write_text(path, ""), Err(Errno::EINVAL));
        assert_eq!(file::append_text(path, ""), Err(Errno::EINVAL));
        assert_eq!(file::delete(path), Err(Errno::EINVAL));
        assert_eq!(file::size(path), Err(Errno::EINVAL));
        assert_eq!(file::modified_time(path), Err(Errno::EINVAL));
        assert_eq!(file::copy(path, "/dev/null"), Err(Errno::EINVAL));
        assert_eq!(file::copy("/dev/null", path), Err(Errno::EINVAL));
        assert_eq!(file::lock(path).unwrap_err(), Errno::EINVAL);
    }
    assert_eq!(fs::read(place.at("file")).unwrap(), b"content");
}

/// The helpers of the tests themselves: a hole in them would let wrong results pass.
#[test]
fn noise_has_no_pattern_at_the_edges_of_blocks() {
    let bytes = noise(1 << 20);
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
