//! The operations on paths, compared with tables, std and the kernel.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

mod absolute;
mod basename;
mod canonical;
mod dirname;
mod extension;
mod join;
#[path = "../support/mod.rs"]
mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use ffi_syscalls::{Errno, path};

use support::{
    TempDir, as_ordinary_user, assert_same_error, count_descriptors, in_child, is_emulated, path_of_length,
    random_bytes, set_mode,
};

fn std_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// Returns every text of up to this many of these bytes.
fn texts(alphabet: &[u8], longest: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..longest {
        let to = all.len();
        for i in from..to {
            for &byte in alphabet {
                let mut text = all[i].clone();
                text.push(byte);
                all.push(text);
            }
        }
        from = to;
    }
    all
}

/// A path, and what its parts are: basename, dirname, extension.
type Row = (&'static [u8], &'static [u8], &'static [u8], &'static [u8]);

/// The paths that the documentation shows.
const TABLE: [Row; 16] = [
    (b"", b"", b".", b""),
    (b"/", b"/", b"/", b""),
    (b"//", b"/", b"/", b""),
    (b"a", b"a", b".", b""),
    (b"a/", b"a", b".", b""),
    (b"/a", b"a", b"/", b""),
    (b"//a//", b"a", b"/", b""),
    (b"/a/b/", b"b", b"/a", b""),
    (b"a//b", b"b", b"a", b""),
    (b".bashrc", b".bashrc", b".", b""),
    (b"b.tar.gz", b"b.tar.gz", b".", b"gz"),
    (b"x.d/b.tar.gz//", b"b.tar.gz", b"x.d", b"gz"),
    (b"x.d/b", b"b", b"x.d", b""),
    (b"a.", b"a.", b".", b""),
    (b"..", b"..", b".", b""),
    (b"a/..", b"..", b"a", b""),
];
