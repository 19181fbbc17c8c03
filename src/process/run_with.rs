//! Running a program with options: captured streams, an input, a time limit.

use super::argv::Argv;
use super::exec::Program;
use super::options::Options;
use super::setup::Setup;
use super::spawn::{Started, run_program, wait_for_supervisor};
use super::status::Outcome;
use super::streams::{Streams, request};
use super::watch::{Pause, Watch, now};
use crate::env::{self, EntriesOf as Entries};
use crate::errno::{Errno, Result};
use crate::list::List;
use crate::sys::{self, WaitStatus};
use crate::text::Text;

/// How a program ended that was run with options, and what it wrote.
#[derive(Debug)]
#[non_exhaustive]
pub struct Output {
    /// How the program ended, or why it did not start.
    pub outcome: Outcome,
    /// True if its time was over.
    pub timed_out: bool,
    /// True if a stream had more than was to be kept.
    pub truncated: bool,
    /// The text of its standard output, if that was captured.
    pub out: Option<Text>,
    /// The text of its standard error, if that was captured.
    pub err: Option<Text>,
}

impl Output {
    /// Returns the number of [`Outcome::code`], and 124 if the time was over.
    ///
    /// # Examples
    /// ```
    /// use core::time::Duration;
    /// use ffi_syscalls::process::Command;
    ///
    /// let output = Command::new("sleep").arg("1000").timeout(Duration::from_millis(10)).run()?;
    /// assert_eq!(output.code(), 124);
    /// # Ok::<(), ffi_syscalls::Errno>(())
    /// ```
    #[must_use]
    pub fn code(&self) -> i32 {
        if self.timed_out { 124 } else { self.outcome.code() }
    }
}

/// Returns the environment that the options give, or a copy of the library's, which goes to `copy`.
pub(super) fn environment<'a>(options: &Options<'a>, copy: &'a mut Option<List>) -> Result<Entries<'a>> {
    match options.env {
        Some(entries) => Ok(entries),
        None => Ok(Entries::of(copy.insert(env::snapshot()?))),
    }
}

/// Runs a program with options, and waits for its end.
///
/// The arguments are consumed, as by [`run_argv`](super::spawn::run_argv).
pub(crate) fn run_argv_with(mut argv: Argv<'_>, options: &Options<'_>) -> Result<Output> {
    let mut copy = None;
    let entries = environment(options, &mut copy)?;
    let mut program = Program::with_environment(&mut argv, entries, options.env.is_some());
    let mut streams = Streams::open(options)?;
    let setup = Setup::new(options, streams.ends(), streams.others());
    let (mut failure, mut timed_out) = (None, false);
    let report = run_program(&mut program, &setup, &mut |started| {
        let mut watch = Watch::new(started.pid, options);
        let status = follow(&started, &setup, &mut streams, &mut watch, &mut failure);
        timed_out = watch.timed_out;
        status
    })?;
    // A program that did not start explains more.
    let outcome = report.outcome()?;
    if let (Some(errno), None) = (failure, outcome.error()) {
        return Err(errno);
    }
    let (out, err, truncated) = streams.into_texts()?;
    Ok(Output { outcome, timed_out: timed_out || report.timed_out(), truncated, out, err })
}

/// Follows a child, or its supervisor, to its end. If the streams fail, the child is killed.
fn follow(
    started: &Started<'_>,
    setup: &Setup<'_>,
    streams: &mut Streams<'_>,
    watch: &mut Watch,
    failure: &mut Option<Errno>,
) -> Result<WaitStatus> {
    if started.is_supervised {
        // The supervisor keeps the limit, since it alone can reap the child.
        watch.forget_limit();
        while !started.has_copies && !setup.has_started() && watch.ended.is_none() {
            sys::sleep_milliseconds(1);
            watch.look(now());
        }
    }
    streams.release_ends(started.is_supervised && !started.has_copies && setup.has_started());
    let result = communicate(streams, watch);
    streams.finish();
    if let Err(errno) = result {
        *failure = Some(errno);
        if !started.is_supervised {
            watch.kill();
        }
    }
    if started.is_supervised { wait_for_supervisor(started.pid) } else { watch.reap() }
}

/// Moves the bytes of all streams until they end and the child does, or its time and the grace are over.
fn communicate(streams: &mut Streams<'_>, watch: &mut Watch) -> Result<()> {
    let is_needed = !streams.is_done() || watch.next_signal().is_some();
    // Without such a descriptor the child is looked at again and again.
    let mut process = if is_needed { sys::open_process(watch.child).ok() } else { None };
    let mut pause = Pause::START;
    streams.begin()?;
    // If the kernel reaps the child, the descriptor could be another's. It is not if the child is still there.
    watch.look(now());
    loop {
        let time = now();
        watch.advance(time);
        if is_over(streams, watch, time) {
            return streams.drain();
        }
        let [out, err, input] = streams.requests();
        let is_waiting = watch.ended.is_none();
        let end = process.as_ref().filter(|_| is_waiting).map_or(-1, sys::Fd::raw);
        let mut requests = [out, err, input, request(end, sys::POLLIN)];
        let polls = is_waiting && process.is_none();
        sys::poll(&mut requests, limit(watch, time, polls.then(|| pause.next())))?;
        let [out, err, input, end] = requests.map(|request| request.revents != 0);
        if end || polls {
            watch.look(now());
        }
        if end && watch.ended.is_none() {
            process = None;
        }
        let had_output = streams.has_output();
        streams.transfer([out, err, input])?;
        if had_output && !streams.has_output() {
            pause = Pause::START;
        }
    }
}

/// Returns whether there is no more to do than to reap the child.
fn is_over(streams: &Streams<'_>, watch: &Watch, time: u64) -> bool {
    match watch.ended {
        Some(ended) => !streams.has_output() || time >= ended.saturating_add(watch.grace),
        None => streams.is_done() && watch.next_signal().is_none(),
    }
}

/// Returns the milliseconds until the next signal or the end of the grace, at most a pause.
fn limit(watch: &Watch, time: u64, pause: Option<u32>) -> Option<u32> {
    let at = match watch.ended {
        Some(ended) => Some(ended.saturating_add(watch.grace)),
        None => watch.next_signal(),
    };
    let rest = at.map(|at| u32::try_from(at.saturating_sub(time)).unwrap_or(u32::MAX));
    [rest, pause].into_iter().flatten().min()
}
