//! One call of an applet: what it works on, and what it has to say.

use core::ffi::c_int;

use ffi_syscalls::{Arg, Errno, Result};

use crate::Applet;
use crate::output::Lines;
use crate::words::Word;

/// The exit codes that are rtbox's own.
pub(crate) mod code {
    use core::ffi::c_int;

    pub(crate) const SUCCESS: c_int = 0;
    /// An operation failed; the message says which, and why.
    pub(crate) const FAILURE: c_int = 1;
    /// The arguments are not as the usage says.
    pub(crate) const MISUSE: c_int = 2;
    /// No process could be started for a command.
    pub(crate) const NOT_STARTED: c_int = 125;
    /// There is no such applet, as a shell says it of a command.
    pub(crate) const NO_APPLET: c_int = 127;
}

/// A call of an applet.
pub(crate) struct Job {
    applet: &'static Applet,
    pub(crate) operands: &'static [Word],
    /// Whether the applet's option was given.
    pub(crate) option: bool,
    /// The environment, as the kernel gave it.
    pub(crate) variables: &'static [Word],
    pub(crate) out: Lines,
    failed: bool,
}

impl Job {
    pub(crate) fn new(applet: &'static Applet, operands: &'static [Word], variables: &'static [Word]) -> Self {
        Self { applet, operands, option: false, variables, out: Lines::stdout(), failed: false }
    }

    /// The value of a result, or a message about what it failed on: `rtbox: cp a b: ENOENT: No such file or directory`.
    pub(crate) fn check<T>(&mut self, operands: &[Word], result: Result<T>) -> Option<T> {
        result.map_err(|errno| self.complain(operands, errno, b"")).ok()
    }

    /// Does something with each operand, also after it failed for one of them.
    pub(crate) fn each(&mut self, mut work: impl FnMut(Word) -> Result<()>) -> c_int {
        for operand in self.operands {
            self.check(&[*operand], work(*operand));
        }
        code::SUCCESS
    }

    /// Says that something failed. The hint says what the error means here.
    #[cold]
    pub(crate) fn complain(&mut self, operands: &[Word], errno: Errno, hint: &[u8]) {
        self.message(operands, |message| {
            message.push_errno(errno);
            message.push(hint);
        });
    }

    /// Says that something failed, in the words of `describe`.
    #[cold]
    pub(crate) fn message(&mut self, operands: &[Word], describe: impl FnOnce(&mut Lines)) {
        self.failed = true;
        // What was printed before comes before it on a terminal too. An error shows at the end.
        let _ = self.out.flush();
        let mut message = Lines::stderr();
        message.push(b"rtbox: ");
        message.push(self.applet.name.as_bytes());
        for operand in operands {
            message.push(b" ");
            message.push_name(Arg::bytes(operand));
        }
        message.push(b": ");
        describe(&mut message);
        message.end();
        // Nobody is left to tell.
        let _ = message.flush();
    }

    /// Writes what is left to print. The exit code: the applet's, or 1 when that is 0 and something failed.
    pub(crate) fn finish(mut self, code: c_int) -> c_int {
        if let Err(errno) = self.out.flush() {
            self.message(&[], |message| {
                message.push(b"standard output: ");
                message.push_errno(errno);
            });
        }
        if code == code::SUCCESS && self.failed { code::FAILURE } else { code }
    }
}
