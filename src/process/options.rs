//! The options of a program to run.

use core::ffi::CStr;
use core::time::Duration;

use crate::env::EntriesOf as Entries;

/// The options of a program to run. Times are in milliseconds.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Options<'a> {
    pub(crate) captures_out: bool,
    pub(crate) captures_err: bool,
    pub(crate) err_to_out: bool,
    pub(crate) new_group: bool,
    pub(crate) null_input: bool,
    pub(crate) cwd: Option<&'a CStr>,
    /// The library's, if none.
    pub(crate) env: Option<Entries<'a>>,
    pub(crate) input: Option<&'a [u8]>,
    pub(crate) timeout: Option<u64>,
    /// The time from SIGTERM to SIGKILL.
    pub(crate) grace: u64,
    /// The number of bytes to keep of each stream.
    pub(crate) max_output: usize,
    /// The limits of [`sys::LIMITS`]; 0: the caller's.
    pub(crate) limits: [u64; 5],
}

impl Options<'_> {
    pub(crate) const NONE: Self = Self {
        captures_out: false,
        captures_err: false,
        err_to_out: false,
        new_group: false,
        null_input: false,
        cwd: None,
        env: None,
        input: None,
        timeout: None,
        grace: 1000,
        max_output: 64 << 20,
        limits: [0; 5],
    };
}

/// Returns a length of time in whole milliseconds, rounded up.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
