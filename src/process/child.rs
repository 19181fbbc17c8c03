//! Children that the caller does not wait for at once.

use core::time::Duration;

use super::argv::Argv;
use super::exec::Program;
use super::options::{Options, milliseconds};
use super::run_with::environment;
use super::setup::Setup;
use super::spawn::start_program;
use super::status::{ExecReport, Outcome};
use super::streams::{Streams, request};
use super::watch::{Pause, now};
use crate::errno::{Errno, Result};
use crate::sys;

/// Starts a program, and returns its process ID.
pub(crate) fn spawn_argv(mut argv: Argv<'_>, options: &Options<'_>) -> Result<i32> {
    let mut copy = None;
    let entries = environment(options, &mut copy)?;
    let mut program = Program::with_environment(&mut argv, entries, options.env.is_some());
    let streams = Streams::open(options)?;
    let setup = Setup::new(options, streams.ends(), streams.others());
    let (pid, report) = start_program(&mut program, &setup, &|| setup.was_shared())?;
    match report.outcome()? {
        Outcome::NotFound(errno) | Outcome::NotExecutable(errno) => Err(errno),
        _ => Ok(pid),
    }
}

/// Waits for a child of [`Command::spawn`](super::Command::spawn) to end, and returns how it did, once.
///
/// Without a limit it waits as long as the child runs; a limit of 0 only looks.
///
/// # Errors
/// `ETIMEDOUT` if the child still runs after this time. `ECHILD` if it is no child of the caller's, was waited for
/// before, or was started while the caller ignores SIGCHLD. `EINVAL` if `pid` is 0 or below. See waitpid(2).
///
/// # Examples
/// ```
/// use ffi_syscalls::process::{self, Command, Outcome};
///
/// let pid = Command::new("sh").args(["-c", "exit 3"]).spawn()?;
/// assert_eq!(process::wait(pid, None)?, Outcome::Exited(3));
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
#[doc(alias = "rt_process_wait")]
pub fn wait(pid: i32, limit: Option<Duration>) -> Result<Outcome> {
    wait_milliseconds(pid, limit.map(milliseconds))
}

/// Waits at most this many milliseconds.
pub(crate) fn wait_milliseconds(pid: i32, limit: Option<u64>) -> Result<Outcome> {
    if pid <= 0 {
        return Err(Errno::EINVAL);
    }
    let Some(limit) = limit else { return ExecReport::waited(sys::wait(pid)).outcome() };
    let deadline = now().saturating_add(limit);
    let mut process = None;
    let mut pause = Pause::START;
    for round in 0_u32.. {
        if let Some(status) = sys::wait_now(pid)? {
            return ExecReport::waited(Ok(status)).outcome();
        }
        let rest = u32::try_from(deadline.saturating_sub(now())).unwrap_or(u32::MAX);
        if rest == 0 {
            break;
        }
        if round == 0 {
            process = sys::open_process(pid).ok();
        }
        let mut requests = [request(process.as_ref().map_or(-1, sys::Fd::raw), sys::POLLIN)];
        if process.is_none() {
            sys::sleep_milliseconds(pause.next().min(rest));
        } else if sys::poll(&mut requests, Some(rest)).is_err() || (round > 0 && requests.map(|it| it.revents) != [0]) {
            // It does not tell when the child ends.
            process = None;
        }
    }
    Err(Errno::ETIMEDOUT)
}

/// Returns whether a child still runs. It is false once the child has ended, waited for or not.
///
/// # Errors
/// `ECHILD` if it is no child of the caller's, or was waited for. `EINVAL` if `pid` is 0 or below. See waitid(2).
///
/// # Examples
/// ```
/// use ffi_syscalls::process::{self, Command};
///
/// let pid = Command::new("sleep").arg("1000").spawn()?;
/// assert!(process::is_running(pid)?);
/// process::kill(pid, 9)?;
/// process::wait(pid, None)?;
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
#[doc(alias = "rt_process_is_running")]
pub fn is_running(pid: i32) -> Result<bool> {
    if pid <= 0 { Err(Errno::EINVAL) } else { Ok(!sys::has_ended(pid)?) }
}

/// Sends a signal to a process; 0 only checks that it exists. See kill(2).
///
/// A process that has ended and was waited for may have given its number to another one.
///
/// # Errors
/// Those of kill(2): `ESRCH` if there is no such process, `EPERM` if the caller may not send it a signal, `EINVAL` if
/// there is no such signal. `EINVAL` if `pid` is 0 or below.
///
/// # Examples
/// ```
/// use ffi_syscalls::process::{self, Command, Outcome};
///
/// let pid = Command::new("sleep").arg("1000").spawn()?;
/// process::kill(pid, 15)?;
/// assert_eq!(process::wait(pid, None)?, Outcome::Signaled(15));
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
#[doc(alias = "rt_process_kill")]
pub fn kill(pid: i32, signal: i32) -> Result<()> {
    if pid <= 0 { Err(Errno::EINVAL) } else { sys::kill(pid, signal) }
}
