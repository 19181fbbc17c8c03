//! How a program ended, or why it did not start.

use crate::errno::{Errno, Result};
use crate::sys::WaitStatus;

/// How a program ended, or why it did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The program exited with this code.
    Exited(u8),
    /// This signal ended the program.
    Signaled(u8),
    /// The command does not exist: it is not in `PATH`, or its path does not resolve.
    NotFound(Errno),
    /// The command was found and could not be executed. `ENOENT` means that the file needs another one that is missing:
    /// the interpreter after `#!`, or the dynamic loader.
    NotExecutable(Errno),
}

impl Outcome {
    /// Returns the number that a shell would report: the exit code, 128 plus the signal, 127 for a command that was not
    /// found, 126 for one that could not be executed.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Exited(code) => i32::from(code),
            Self::Signaled(signal) => 128 + i32::from(signal),
            Self::NotFound(_) => 127,
            Self::NotExecutable(_) => 126,
        }
    }

    /// Returns why no program started, or `None` if one did.
    pub(crate) const fn error(self) -> Option<Errno> {
        match self {
            Self::Exited(_) | Self::Signaled(_) => None,
            Self::NotFound(errno) | Self::NotExecutable(errno) => Some(errno),
        }
    }

    /// Returns whether the program exited with 0.
    #[must_use]
    pub fn success(self) -> bool {
        self == Self::Exited(0)
    }
}

/// The exit code of a child that did not become a program. A program may exit with it as well.
pub(super) const EXEC_FAILED: u8 = 127;

/// The message that a child, or its supervisor, sends to the caller through a pipe.
///
/// The low half is a number, and the high half its kind: the wait status of a child that ended, or the errno of one
/// that did not start.
#[derive(Clone, Copy)]
pub(super) struct ExecReport(u32);

const NOT_STARTED: u32 = 1 << 16;
const NOT_FOUND: u32 = 2 << 16;
const NOT_EXECUTABLE: u32 = 3 << 16;
const TIMED_OUT: u32 = 4 << 16;

impl ExecReport {
    /// Reports how a child ended, or why there is none to wait for.
    pub(super) const fn waited(result: Result<WaitStatus>) -> Self {
        match result {
            Ok(status) => Self(status.0.cast_unsigned() & 0xffff),
            Err(errno) => Self::failed(NOT_STARTED, errno),
        }
    }

    /// Reports how a child ended whose time may have been over.
    pub(super) const fn ended(result: Result<WaitStatus>, timed_out: bool) -> Self {
        match Self::waited(result) {
            Self(status) if timed_out && result.is_ok() => Self(status | TIMED_OUT),
            report => report,
        }
    }

    /// Reports that the child could not be made ready.
    pub(super) const fn not_started(errno: Errno) -> Self {
        Self::failed(NOT_STARTED, errno)
    }

    /// Returns whether the time of the child was over.
    pub(super) const fn timed_out(self) -> bool {
        self.0 & !0xffff == TIMED_OUT
    }

    /// Reports that the command was not found, or could not be executed.
    pub(super) const fn exec_failed(is_found: bool, errno: Errno) -> Self {
        Self::failed(if is_found { NOT_EXECUTABLE } else { NOT_FOUND }, errno)
    }

    const fn failed(kind: u32, errno: Errno) -> Self {
        Self(kind | errno.raw().cast_unsigned())
    }

    /// Returns the bytes to send.
    pub(super) const fn to_bytes(self) -> [u8; 4] {
        self.0.to_ne_bytes()
    }

    /// Returns the report in these bytes.
    pub(super) const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_ne_bytes(bytes))
    }

    /// Returns what the report means. See wait(2): a signal in the low 7 bits of a status, or the exit code above them.
    pub(super) fn outcome(self) -> Result<Outcome> {
        let [low, high, ..] = self.0.to_le_bytes();
        let errno = Errno::from_raw((self.0 & 0xffff).cast_signed()).unwrap_or(Errno::ECHILD);
        match self.0 & !0xffff {
            NOT_STARTED => Err(errno),
            NOT_FOUND => Ok(Outcome::NotFound(errno)),
            NOT_EXECUTABLE => Ok(Outcome::NotExecutable(errno)),
            _ if low & 0x7f == 0 => Ok(Outcome::Exited(high)),
            _ => Ok(Outcome::Signaled(low & 0x7f)),
        }
    }
}
