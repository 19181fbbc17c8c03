//! Runs one call of the library under ptrace(2), and makes its system calls fail.
//!
//! The program under test stops itself before and after the call (tests/c/faults.c). Between these, each system call
//! stops twice: at its entry, where the tracer can remove its number or reduce its count, and at its exit, where the
//! tracer can replace its result. Children are traced too, until they execute a program.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::sys::personality::{self, Persona};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use syscalls::Sysno;

use super::answer::{Answer, Verdict};
use super::memory::Memory;
use super::place::Place;
use super::registers::{self, Request};
use super::scenario::Scenario;
use super::state::State;
use super::watchdog::Watch;
use workbench::cannot_run::{self, CannotRun};

/// A system call that was made.
#[derive(Clone, Debug)]
pub struct Call {
    /// The process: 0 is the caller, and children follow in the order in which they started.
    pub process: usize,
    /// The number of the call among those of its process.
    pub index: usize,
    pub number: Sysno,
    pub arguments: [u64; 6],
    /// The result, if the call returned.
    pub result: i64,
}

/// The fault of a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The call is not made, except close(2), and fails with this error.
    Fail(i32),
    /// The call transfers at most this many bytes.
    Clamp(u64),
    /// The call is not made, and returns 0.
    Nothing,
}

/// The number of calls that fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    Once,
    /// This many calls with the same number, from this one on.
    Times(usize),
    /// All calls with the same number from this one on, in every process.
    Always,
}

/// A system call, identified by its position, and its fault.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub process: usize,
    pub index: usize,
    /// Its number in the run without faults.
    pub number: Sysno,
    pub action: Action,
    pub repeat: Repeat,
}

/// The result of a run.
pub struct Run {
    pub calls: Vec<Call>,
    pub first: Verdict,
    /// The verdict on a second call, without faults.
    pub second: Verdict,
    /// The resources of the process before both calls, and after it freed what they returned.
    pub before: State,
    pub state: State,
}

/// A traced process.
#[derive(Default)]
struct Process {
    index: usize,
    made: usize,
    /// Its current system call: the index in the list, and what to do at the exit.
    inside: Option<(usize, AtExit)>,
}

/// The action at the exit of a call.
#[derive(Clone, Copy, Debug)]
enum AtExit {
    Nothing,
    /// Replace the result.
    Replace(i64),
    /// Restore an argument, which programs rely on.
    Restore(usize, u64),
}

struct Tracer<'a> {
    subject: Pid,
    processes: BTreeMap<Pid, Process>,
    /// Children that stopped before the event of their parent.
    early: Vec<Pid>,
    started: usize,
    /// Set while system calls stop.
    looks: bool,
    calls: Vec<Call>,
    faults: &'a [Fault],
    /// The number of times each fault was applied, after its call was met.
    met: Vec<Option<usize>>,
}

/// More system calls than any function makes, under any fault.
const MANY: usize = 100_000;
/// Longer than any run that ends.
const PATIENCE: Duration = Duration::from_secs(30);

/// The advice for a system that refuses tracing.
const REMEDY: &str =
    "To enable it: use a system that allows it; in a container, docker run --security-opt seccomp=unconfined";

/// Disables address randomization for the programs of this thread, so that they map memory by the same calls each time.
pub fn fix_addresses() -> Result<()> {
    let set = || Ok(personality::set(personality::get()? | Persona::ADDR_NO_RANDOMIZE).map(drop)?);
    set().map_err(|error: io::Error| unless_granted("addresses that do not change, personality(2)", error.into()))
}

/// Turns a refusal of the system into [`CannotRun`], and adds context to other errors.
fn unless_granted(what: &str, error: anyhow::Error) -> anyhow::Error {
    if cannot_run::is_refusal(&error) {
        CannotRun(format!("{what}: {error:#}. {REMEDY}")).into()
    } else {
        error.context(what.to_owned())
    }
}

/// Fails with [`CannotRun`] if this machine does not allow tracing: traces a program to its first instruction.
pub fn must_trace() -> Result<()> {
    let trace = || {
        let mut command = Command::new("true");
        // SAFETY: ptrace(2) may be called between fork and exec, and does not allocate.
        unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
        let mut child = command.spawn()?;
        let pid = Pid::from_raw(i32::try_from(child.id())?);
        let result = waitpid(pid, None).and_then(|_| ptrace::setoptions(pid, Options::PTRACE_O_TRACESYSGOOD));
        child.kill()?;
        child.wait()?;
        Ok(result.map_err(io::Error::from)?)
    };
    trace().map_err(|error: anyhow::Error| unless_granted("tracing, ptrace(2)", error))
}

/// Makes the call of a scenario with these faults. Fails if the process does not end.
pub fn run(scenario: &Scenario, place: &Place, watch: &Watch, faults: &[Fault]) -> Result<Run> {
    scenario.prepare(place)?;
    let mut command = Command::new(&place.program);
    command.arg(scenario.setup).arg(scenario.function).args(scenario.arguments);
    command.env_clear().envs(scenario.environment.iter().copied()).current_dir(&place.directory);
    let child = command.stdin(Stdio::null()).stdout(place.output()?).stderr(place.errors()?).spawn()?;
    watch.begin(child.id(), Instant::now() + PATIENCE);
    let subject = Pid::from_raw(i32::try_from(child.id())?);
    let mut tracer = Tracer {
        subject,
        processes: BTreeMap::from([(subject, Process::default())]),
        early: Vec::new(),
        started: 1,
        looks: false,
        calls: Vec::new(),
        faults,
        met: vec![None; faults.len()],
    };
    let result = tracer.observe(scenario, place);
    if result.is_err() && tracer.processes.contains_key(&subject) {
        watch.kill();
    }
    watch.end();
    tracer.end()?;
    result
}

impl Tracer<'_> {
    fn observe(&mut self, scenario: &Scenario, place: &Place) -> Result<Run> {
        self.wait_for_stop()?;
        let before = State::of(self.subject.as_raw())?;
        self.go_on()?;
        let options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL;
        let following = Options::PTRACE_O_TRACEFORK | Options::PTRACE_O_TRACEVFORK | Options::PTRACE_O_TRACECLONE;
        ptrace::setoptions(self.subject, options | following | Options::PTRACE_O_TRACEEXEC)?;
        self.looks = true;
        self.go_on()?;
        self.looks = false;
        // The last is that by which the program stops itself.
        self.calls.pop().context("no call was seen")?;
        let first = scenario.verdict(place, &self.answer(scenario)?)?;
        scenario.prepare(place)?;
        ptrace::setoptions(self.subject, Options::PTRACE_O_EXITKILL)?;
        let second = match self.go_on() {
            Ok(()) => scenario.verdict(place, &self.answer(scenario)?)?,
            Err(error) => bail!("the second call: {error:#}"),
        };
        self.go_on()?;
        let state = State::of(self.subject.as_raw())?;
        let is_met = |(fault, met): (&Fault, &Option<usize>)| {
            met.is_some().then_some(()).with_context(|| format!("{} was not made", fault.number))
        };
        self.faults.iter().zip(&self.met).try_for_each(is_met)?;
        Ok(Run { calls: std::mem::take(&mut self.calls), first, second, before, state })
    }

    /// Resumes the program until its next stop.
    fn go_on(&mut self) -> Result<()> {
        self.resume(self.subject, None)?;
        self.wait_for_stop()
    }

    /// Resumes a process, with the signal that it was about to receive.
    fn resume(&self, pid: Pid, signal: Option<Signal>) -> Result<()> {
        match if self.looks { ptrace::syscall(pid, signal) } else { ptrace::cont(pid, signal) } {
            // The next wait reports a process that was killed.
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn answer(&self, scenario: &Scenario) -> Result<Answer> {
        let address = registers::request(self.subject)?.arguments[2];
        let memory = Memory::of(self.subject.as_raw())?;
        Answer::read(&memory, address).with_context(|| format!("what {} returned", scenario.function))
    }

    /// Handles the events of all processes until the program stops itself.
    fn wait_for_stop(&mut self) -> Result<()> {
        loop {
            // Of this thread only.
            let status = waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD))?;
            let pid = status.pid().context("no process")?;
            if pid == self.subject && matches!(status, WaitStatus::Stopped(_, Signal::SIGSTOP)) {
                return Ok(());
            }
            self.attend(pid, status)?;
        }
    }

    fn attend(&mut self, pid: Pid, status: WaitStatus) -> Result<()> {
        const EXEC: i32 = ptrace::Event::PTRACE_EVENT_EXEC as i32;
        match status {
            WaitStatus::PtraceSyscall(_) => self.system_call(pid)?,
            WaitStatus::PtraceEvent(_, _, EXEC) => {
                self.processes.remove(&pid);
                ptrace::detach(pid, None)?;
                return Ok(());
            }
            WaitStatus::PtraceEvent(..) => {
                let child = Pid::from_raw(i32::try_from(ptrace::getevent(pid)?)?);
                self.processes.insert(child, Process { index: self.started, ..Process::default() });
                self.started += 1;
                if let Some(found) = self.early.iter().position(|&early| early == child) {
                    self.early.swap_remove(found);
                    self.resume(child, None)?;
                }
            }
            WaitStatus::Stopped(_, Signal::SIGSTOP) if !self.processes.contains_key(&pid) => {
                self.early.push(pid);
                return Ok(());
            }
            // The first stop of a new child.
            WaitStatus::Stopped(_, Signal::SIGSTOP) => {}
            WaitStatus::Stopped(_, signal) => return self.resume(pid, Some(signal)),
            WaitStatus::Exited(..) | WaitStatus::Signaled(..) => {
                self.processes.remove(&pid);
                ensure!(pid != self.subject, "{status:?} during the call");
                ensure!(matches!(status, WaitStatus::Exited(..)), "a child of the library: {status:?}");
                return Ok(());
            }
            _ => {}
        }
        self.resume(pid, None)
    }

    fn system_call(&mut self, pid: Pid) -> Result<()> {
        let process = self.processes.get_mut(&pid).context("a system call of an unknown process")?;
        if let Some((call, at_exit)) = process.inside.take() {
            match at_exit {
                AtExit::Nothing => {}
                AtExit::Replace(result) => registers::set_result(pid, result)?,
                AtExit::Restore(index, value) => registers::set_argument(pid, index, value)?,
            }
            if let Some(call) = self.calls.get_mut(call) {
                call.result = registers::result(pid)?;
            }
            return Ok(());
        }
        let request = registers::request(pid)?;
        let number = Sysno::new(usize::try_from(request.number)?).context("an unknown system call")?;
        let (index, place) = (process.made, self.calls.len());
        let call = Call { process: process.index, index, number, arguments: request.arguments, result: 0 };
        process.made += 1;
        ensure!(place < MANY, "more than {MANY} calls, the last of {number}");
        let action = self.action_for(&call)?;
        self.calls.push(call);
        let at_exit = action.map_or(Ok(AtExit::Nothing), |action| apply(pid, &request, number, action))?;
        if let Some(process) = self.processes.get_mut(&pid) {
            process.inside = Some((place, at_exit));
        }
        Ok(())
    }

    /// Returns the fault of a call.
    fn action_for(&mut self, call: &Call) -> Result<Option<Action>> {
        for (fault, met) in self.faults.iter().zip(&mut self.met) {
            if met.is_none() && (fault.process, fault.index) == (call.process, call.index) {
                ensure!(call.number == fault.number, "{} instead of {}", call.number, fault.number);
                *met = Some(0);
            }
            let Some(applied) = met else { continue };
            let most = match fault.repeat {
                Repeat::Once => 1,
                Repeat::Times(times) => times,
                Repeat::Always => usize::MAX,
            };
            if fault.number == call.number && *applied < most {
                *applied += 1;
                return Ok(Some(fault.action));
            }
        }
        Ok(None)
    }

    /// Kills the processes of the run, and waits for them.
    fn end(&self) -> Result<()> {
        for &pid in self.processes.keys().chain(&self.early) {
            // Only this thread waits for them, so their IDs are not reused. They may have ended already.
            let _ = kill(pid, Signal::SIGKILL);
        }
        loop {
            match waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)) {
                // A child whose start was not reported yet.
                Ok(WaitStatus::Stopped(pid, _)) => kill(pid, Signal::SIGKILL)?,
                Ok(_) => {}
                Err(Errno::ECHILD) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Applies a fault at the entry of a call. Returns what to do at its exit.
fn apply(pid: Pid, request: &Request, number: Sysno, action: Action) -> Result<AtExit> {
    const NONE: u64 = u64::MAX;
    Ok(match action {
        // A close that fails still closes.
        Action::Fail(errno) if number == Sysno::close => AtExit::Replace(-i64::from(errno)),
        Action::Fail(errno) => {
            registers::set_number(pid, NONE)?;
            AtExit::Replace(-i64::from(errno))
        }
        Action::Nothing => {
            registers::set_number(pid, NONE)?;
            AtExit::Replace(0)
        }
        Action::Clamp(most) => {
            let index = count_argument(number).context("a call that transfers no bytes")?;
            let count = *request.arguments.get(index).context("no such argument")?;
            registers::set_argument(pid, index, count.min(most))?;
            AtExit::Restore(index, count)
        }
    })
}

/// Returns the index of the argument that is a number of bytes.
pub fn count_argument(number: Sysno) -> Option<usize> {
    match number {
        Sysno::read | Sysno::write | Sysno::getdents64 | Sysno::pread64 | Sysno::pwrite64 => Some(2),
        Sysno::copy_file_range => Some(4),
        _ => None,
    }
}
