//! The operations on time, compared with std, libc, the kernel and the crate chrono.

#![expect(clippy::unwrap_used, reason = "a test stops at an unexpected result")]

mod civil;
mod clock;
mod rfc3339;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Datelike, Timelike, Utc};
use ffi_syscalls::time::{self, Civil, Timestamp};
use ffi_syscalls::{Errno, Text};

use support::{
    checked, deny_syscall, in_child, is_emulated, random_bytes, report_cannot_run, report_not_in_an_emulator,
    set_signal_handler,
};

/// Returns random numbers.
fn random_numbers(count: usize) -> impl Iterator<Item = i64> {
    let bytes = random_bytes(count * 8);
    (0..count).map(move |number| i64::from_ne_bytes(*bytes.get(number * 8..).unwrap().first_chunk().unwrap()))
}

/// Returns how many random cases a test tries. An emulator takes ten times as long for each.
fn cases() -> usize {
    if is_emulated() { 20_000 } else { 1_000_000 }
}
