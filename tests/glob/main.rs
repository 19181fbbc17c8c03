//! The operations on patterns, compared with the crate `glob`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at an unexpected result"
)]

mod matches;
mod paths;
#[path = "../support/mod.rs"]
mod support;

use ffi_syscalls::Errno;
use ffi_syscalls::glob::{self, MatchOptions, Pattern};
use glob_crate as theirs;

use support::{as_ordinary_user, in_child, is_emulated, random_bytes, set_mode};

/// A source of choices, the same in each run.
struct Choices(std::iter::Cycle<std::vec::IntoIter<u8>>);

impl Choices {
    fn new() -> Self {
        Self(random_bytes((1 << 20) - 1).into_iter().cycle())
    }

    fn below(&mut self, count: usize) -> usize {
        let mut next = || usize::from(self.0.next().unwrap());
        (next() << 8 | next()) % count
    }

    fn of<'a>(&mut self, parts: &[&'a str]) -> &'a str {
        parts[self.below(parts.len())]
    }

    /// Returns up to this many of these parts, one after the other.
    fn text(&mut self, parts: &[&str], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| self.of(parts)).collect()
    }
}
