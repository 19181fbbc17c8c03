//! Processes: the caller's own, running a program to its end, and becoming one.

mod argv;
mod child;
mod command;
#[cfg(feature = "freestanding")]
mod destructors;
mod exec;
mod exit;
mod options;
mod run_with;
mod search;
mod setup;
mod spawn;
mod status;
mod streams;
mod watch;

use crate::arg::Arg;
use crate::errno::Result;
use crate::sys;

#[cfg(feature = "exports")]
pub(crate) use argv::Argv;
#[cfg(not(feature = "exports"))]
use argv::Argv;
pub use child::{is_running, kill, wait};
#[cfg(feature = "exports")]
pub(crate) use child::{spawn_argv, wait_milliseconds};
#[cfg(feature = "exports")]
pub(crate) use command::output_of;
pub use command::{Command, Limit, output};
pub(crate) use exec::exec_argv;
pub use exit::exit;
#[cfg(feature = "exports")]
pub(crate) use options::Options;
pub use run_with::Output;
#[cfg(feature = "exports")]
pub(crate) use run_with::run_argv_with;
pub(crate) use spawn::run_argv;
pub use status::Outcome;

/// Returns the process ID of the caller. Each call asks the kernel, so the result is right after a fork too.
#[must_use]
pub fn getpid() -> i32 {
    sys::getpid()
}

/// Runs a program and waits for its end. Its first argument is `command`; `args` follow.
///
/// A command without a slash is searched in the `PATH` of the library's environment ([`mod@crate::env`]), as execvp(3)
/// does; without `PATH`, and in secure-execution mode, in `/bin` and `/usr/bin`. A script without `#!` is run by
/// `/bin/sh`. The program gets the caller's standard streams, working directory, umask, signal mask and ignored
/// signals, and the library's environment. SIGPIPE alone always gets its default disposition: a runtime that ignores it
/// does so for itself, not for its children.
///
/// The call also works if the caller ignores SIGCHLD, and changes no handler or mask that the caller could see.
///
/// # Errors
/// The program could not be started, or not waited for: `EAGAIN` if there are too many processes or memory is locked
/// ([Memory](crate#memory)), `ENOMEM`, `EMFILE`; `ECHILD` if other code in the process waited for it. `EINVAL` if a text
/// contains a NUL byte.
pub fn run<A: Arg>(command: impl Arg, args: &[A]) -> Result<Outcome> {
    run_argv(Argv::from_texts(command.bytes(), args.iter().map(Arg::bytes))?)
}

/// Runs a line of shell script by `/bin/sh -c`, and waits for its end, as [`run`] does.
///
/// # Errors
/// Those of [`run`].
///
/// # Examples
/// ```
/// use ffi_syscalls::process::{self, Outcome};
///
/// assert_eq!(process::shell("exit 3")?, Outcome::Exited(3));
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
#[doc(alias = "rt_shell")]
pub fn shell(command: impl Arg) -> Result<Outcome> {
    // A line may start with a hyphen, and is no option.
    let args: [&[u8]; 3] = [b"-c", b"--", command.bytes()];
    run_argv(Argv::from_texts(argv::SHELL.to_bytes(), args.into_iter())?)
}

/// Replaces the calling process by a program, and returns only if that fails. See execve(2).
///
/// Command, arguments and environment are those of [`run`]; the search in `PATH` and `/bin/sh` for a script without
/// `#!`, too. The program keeps the process ID, the standard streams, the working directory, the umask, the signal mask
/// and the ignored signals, except that SIGPIPE gets its default disposition. All other threads end.
///
/// Buffers of the caller, such as those of std's stdout, are lost unless they are flushed first. The destructors of the
/// caller do not run. A lock of [`crate::file::lock`] is released.
///
/// After a failure the process is as before. Until then SIGPIPE has its default disposition in all threads of a process
/// that ignores it.
///
/// Returns [`Outcome::NotFound`] or [`Outcome::NotExecutable`], as [`run`] does, and never another outcome.
///
/// # Errors
/// The program could not be looked for: `ENOMEM`; `EINVAL` if a text contains a NUL byte.
pub fn exec<A: Arg>(command: impl Arg, args: &[A]) -> Result<Outcome> {
    exec_argv(Argv::from_texts(command.bytes(), args.iter().map(Arg::bytes))?)
}
