//! Primitives: one system call each, with typed arguments and `Result<_, Errno>`.
//!
//! The same names and meanings on every backend; this is the only place that chooses one. A backend adds nothing to a
//! call but what every caller wants: EINTR is retried where the kernel did nothing (never on close), descriptors are
//! close-on-exec, lengths are capped at what the system takes. What a kernel lacks comes back as its errno: the
//! fallback is the operation's, once for all backends.

#[cfg(any(feature = "libc", not(target_os = "linux")))]
#[path = "sys/libc.rs"]
mod backend;
#[cfg(not(any(feature = "libc", not(target_os = "linux"))))]
#[path = "sys/linux.rs"]
mod backend;
mod errors;

/// Where a child that shares its parent's memory is the way to start a program without a copy of the parent.
#[cfg(not(target_os = "macos"))]
mod program {
    use core::ffi::{CStr, c_char};

    use super::SignalSet;
    use crate::{Errno, Result};

    pub(crate) const STARTS_PROGRAMS: bool = false;

    pub(crate) unsafe fn start_program(
        _: &CStr,
        _: *const *const c_char,
        _: *const *const c_char,
        _: &SignalSet,
    ) -> Result<i32> {
        Err(Errno::ENOSYS)
    }
}

#[cfg(target_os = "macos")]
#[path = "sys/libc/posix_spawn.rs"]
mod program;

pub(crate) use backend::*;
pub(crate) use errors::with_system_errors;
pub(crate) use program::{STARTS_PROGRAMS, start_program};

use core::ffi::CStr;

use crate::{Errno, Result, Text};

#[cfg(all(any(feature = "libc", not(target_os = "linux")), feature = "mem"))]
compile_error!("the features `mem` and `freestanding` are for programs without a libc, which the backend `libc` needs");

/// Calls again as long as a signal interrupted the call before it did anything.
fn retry<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

impl Stat {
    pub(crate) fn is_dir(&self) -> bool {
        self.mode() & S_IFMT == S_IFDIR
    }

    pub(crate) fn is_regular(&self) -> bool {
        self.mode() & S_IFMT == S_IFREG
    }
}

/// The names in directory records that [`read_dir`] returned, without `.` and `..`.
pub(crate) fn dir_names(records: &Text) -> DirNames<'_> {
    DirNames { records: records.as_bytes_with_nul(), at: 0 }
}

#[derive(Clone)]
pub(crate) struct DirNames<'a> {
    /// The last byte is a NUL, behind all records.
    records: &'a [u8],
    /// Where the next record begins.
    at: usize,
}

impl<'a> Iterator for DirNames<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.records.get(self.at..)?;
            let (len, name) = record(rest)?;
            let padded = rest.get(name..)?;
            // SAFETY: a NUL ends what is left, at the latest.
            let name_len = unsafe { CStr::from_ptr(padded.as_ptr().cast()) }.count_bytes();
            // The record is all there, and has a NUL of its own.
            if len >= rest.len() || name + name_len >= len {
                return None;
            }
            self.at += len;
            let name = padded.get(..name_len)?;
            if name != b"." && name != b".." && !is_deleted(rest) {
                return Some(name);
            }
        }
    }
}

/// How a signal is handled, as far as it matters to a child.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    Default,
    Ignored,
    /// A handler of the caller's.
    Handled,
    /// Of SIGCHLD alone: ended children are not kept to be waited for (SA_NOCLDWAIT).
    NotWaited,
}

/// How a process ended, as wait(2) reports it.
#[derive(Clone, Copy)]
pub(crate) struct WaitStatus(pub(crate) i32);
