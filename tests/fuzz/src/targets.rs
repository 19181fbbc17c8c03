//! The targets of the fuzzer.

pub mod content;
pub mod create;
pub mod environment;
pub mod errors;
pub mod groups;
pub mod image;
pub mod memory;
pub mod names;
pub mod passwd;
pub mod paths;
pub mod patterns;
pub mod processors;
pub mod records;
pub mod search;
pub mod timestamps;
pub mod trees;

use crate::kernel::{self, Kernel};
use crate::numbers::Numbers;

/// A test that takes any bytes, and panics if the library and its model disagree on them.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name of the target, and of the directory with its seeds.
    pub name: &'static str,
    /// Runs the target on an input.
    pub run: fn(&[u8]),
    /// Set if the target needs the real kernel or a libc, which Miri does not have.
    pub is_real: bool,
}

/// All targets except `stack`, which is in the program because it needs a `main` of its own.
pub const ALL: &[Target] = &[
    Target { name: "records", run: records::raw, is_real: false },
    Target { name: "directory", run: records::directory, is_real: false },
    Target { name: "passwd", run: passwd::run, is_real: false },
    Target { name: "environment", run: environment::run, is_real: false },
    Target { name: "groups", run: groups::run, is_real: false },
    Target { name: "processors", run: processors::run, is_real: false },
    Target { name: "paths", run: paths::run, is_real: false },
    Target { name: "create", run: create::run, is_real: true },
    Target { name: "trees", run: trees::run, is_real: true },
    Target { name: "search", run: search::run, is_real: true },
    Target { name: "content", run: content::run, is_real: false },
    Target { name: "memory", run: memory::run, is_real: false },
    Target { name: "image", run: image::run, is_real: false },
    Target { name: "names", run: names::run, is_real: false },
    Target { name: "patterns", run: patterns::run, is_real: false },
    Target { name: "timestamps", run: timestamps::run, is_real: false },
    Target { name: "errors", run: errors::run, is_real: false },
];

/// Forgets the library's environment, runs an action over this kernel, and checks that no descriptor stays open.
fn with_kernel<T>(kernel: Kernel, action: impl FnOnce() -> T) -> T {
    crate::env::forget();
    kernel::set(kernel);
    let result = action();
    let (open, _) = kernel::outcome();
    assert_eq!(open, 0, "descriptors are left open");
    result
}

/// Splits the input at each line `%%`.
fn sections(data: &[u8]) -> Vec<Vec<u8>> {
    let mut sections = vec![Vec::new()];
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        match sections.last_mut() {
            Some(section) if line != b"%%\n" => section.extend_from_slice(line),
            _ => sections.push(Vec::new()),
        }
    }
    sections
}

/// Returns the lines without their newlines. An empty text has no line.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() { Vec::new() } else { text.split(|&byte| byte == b'\n').collect() }
}

/// Removes NUL bytes, which a C string cannot contain.
fn without_nul(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|&byte| byte != 0).collect()
}
