//! One call of an applet: its operands, output, messages and exit code.

use core::ffi::c_int;

use ffi_syscalls::{Arg, Errno, Result};

use crate::Applet;
use crate::output::Lines;
use crate::words::Word;

/// Exit codes of rtbox itself.
pub(crate) mod code {
    use core::ffi::c_int;

    pub(crate) const SUCCESS: c_int = 0;
    /// An operation failed, and a message reported which and why.
    pub(crate) const FAILURE: c_int = 1;
    /// The arguments do not match the usage.
    pub(crate) const MISUSE: c_int = 2;
    /// rtbox itself failed before it could execute a command.
    pub(crate) const NOT_STARTED: c_int = 125;
    /// The applet is unknown. Shells return this code for unknown commands.
    pub(crate) const NO_APPLET: c_int = 127;
}

/// The exit codes of an applet that did not do its work.
pub(crate) struct Codes {
    /// An operation failed.
    pub(crate) failure: c_int,
    /// The arguments do not match the usage.
    pub(crate) misuse: c_int,
}

/// A call of an applet.
pub(crate) struct Job {
    applet: &'static Applet,
    pub(crate) operands: &'static [Word],
    /// True if the option of the applet was given.
    pub(crate) option: bool,
    /// The environment that the kernel passed.
    pub(crate) variables: &'static [Word],
    pub(crate) out: Lines,
    failed: bool,
}

impl Job {
    pub(crate) fn new(applet: &'static Applet, operands: &'static [Word], variables: &'static [Word]) -> Self {
        Self { applet, operands, option: false, variables, out: Lines::stdout(), failed: false }
    }

    /// Returns the value of a result, or reports its error: `rtbox: cp a b: ENOENT: No such file or directory`.
    pub(crate) fn check<T>(&mut self, operands: &[Word], result: Result<T>) -> Option<T> {
        result.map_err(|errno| self.report_error(operands, errno, b"")).ok()
    }

    /// Calls `work` with each operand, also after a failure.
    pub(crate) fn each(&mut self, mut work: impl FnMut(Word) -> Result<()>) -> c_int {
        for operand in self.operands {
            self.check(&[*operand], work(*operand));
        }
        code::SUCCESS
    }

    /// Reports a failure. The hint explains the error in this context.
    #[cold]
    pub(crate) fn report_error(&mut self, operands: &[Word], errno: Errno, hint: &[u8]) {
        self.report(operands, |message| {
            message.push_errno(errno);
            message.push(hint);
        });
    }

    /// Reports an error that does not change the exit code.
    #[cold]
    pub(crate) fn warn(&mut self, operands: &[Word], errno: Errno, hint: &[u8]) {
        let failed = self.failed;
        self.report_error(operands, errno, hint);
        self.failed = failed;
    }

    /// Reports the failure of a standard stream.
    #[cold]
    pub(crate) fn report_stream(&mut self, stream: &[u8], errno: Errno) {
        self.report(&[], |message| {
            message.push(stream);
            message.push(b": ");
            message.push_errno(errno);
        });
    }

    /// Reports a failure. `describe` writes the text.
    #[cold]
    pub(crate) fn report(&mut self, operands: &[Word], describe: impl FnOnce(&mut Lines)) {
        self.failed = true;
        // Keep the order of output and messages on a terminal. `finish` reports an error.
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
        // A failure of standard error cannot be reported.
        let _ = message.flush();
    }

    /// Writes the rest of the output. Returns the exit code: that of the applet, or 1 if it is 0 and something failed.
    pub(crate) fn finish(mut self, code: c_int) -> c_int {
        if let Err(errno) = self.out.flush() {
            self.report_stream(b"standard output", errno);
        }
        if code == code::SUCCESS && self.failed { self.applet.codes.failure } else { code }
    }
}
