//! Runs one call of the library under ptrace(2), and makes system calls of it fail.
//!
//! The program under test stops itself before the call and behind it (tests/c/faults.c). Between the two every system
//! call is seen twice: before the kernel does it, where its number can be taken away or its count made smaller, and
//! behind, where its result can be replaced. The children that the call starts are traced as well, until they execute
//! a program.

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

use super::registers::{self, Request};
use super::scenarios::{Answer, Place, Scenario, Verdict};
use super::state::{Memory, State};
use super::watchdog::Watch;
use workbench::cannot_run::{self, CannotRun};

/// A system call that was made.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which process: 0 is the caller's, the others come in the order in which they were started.
    pub process: usize,
    /// The how manieth of that process's calls it is.
    pub index: usize,
    pub number: Sysno,
    pub arguments: [u64; 6],
    /// What the process was told, if the call returned.
    pub result: i64,
}

/// What happens to a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is not made, but for close(2), and fails with this.
    Fail(i32),
    /// It moves at most this many bytes.
    Clamp(u64),
    /// It is not made, and says that nothing was moved.
    Nothing,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    Once,
    /// This call and those of its kind that come next, so many in all.
    Times(usize),
    /// This call and all later ones of its kind, whichever process makes them.
    Always,
}

/// A system call, by where it comes, and what happens to it.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub process: usize,
    pub index: usize,
    /// What it was when it was learned.
    pub number: Sysno,
    pub action: Action,
    pub repeat: Repeat,
}

/// What came of a run.
pub struct Run {
    pub calls: Vec<Call>,
    pub first: Verdict,
    /// That of the second call, which nothing disturbs.
    pub second: Verdict,
    /// What the process had before both, and what it has when all that they returned was given back.
    pub before: State,
    pub state: State,
}

/// A process that is traced.
#[derive(Default)]
struct Process {
    index: usize,
    made: usize,
    /// The call that it is in: its place in the list, and what happens behind it.
    inside: Option<(usize, Behind)>,
}

/// What is to be done when a call returns.
#[derive(Clone, Copy, Debug)]
enum Behind {
    Nothing,
    /// It is to have this result.
    Replace(i64),
    /// An argument is to be what it was: a program relies on that.
    Restore(usize, u64),
}

struct Tracer<'a> {
    subject: Pid,
    processes: BTreeMap<Pid, Process>,
    /// Children that have stopped before their parent has said that they are its.
    early: Vec<Pid>,
    started: usize,
    /// Whether system calls are looked at now.
    looks: bool,
    calls: Vec<Call>,
    faults: &'a [Fault],
    /// How often each fault was applied, once its call has come.
    met: Vec<Option<usize>>,
}

/// No call of the library's makes so many, under any fault.
const MANY: usize = 100_000;
/// No run takes so long, but one that does not end.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a system has to allow where it refuses what is done here.
const REMEDY: &str =
    "What would change it: a system that allows it; for a container, say docker run --security-opt seccomp=unconfined";

/// Has what this thread starts lie at the same addresses each time, and so make the same calls for memory.
pub fn fix_addresses() -> Result<()> {
    let set = || Ok(personality::set(personality::get()? | Persona::ADDR_NO_RANDOMIZE).map(drop)?);
    set().map_err(|error: io::Error| unless_granted("addresses that do not change, personality(2)", error.into()))
}

/// What goes wrong when something is tried that a system may refuse.
fn unless_granted(what: &str, error: anyhow::Error) -> anyhow::Error {
    if cannot_run::is_refusal(&error) {
        CannotRun(format!("{what}: {error:#}. {REMEDY}")).into()
    } else {
        error.context(what.to_owned())
    }
}

/// An error that says why, if no program can be traced here: one is, to its first instruction.
pub fn must_trace() -> Result<()> {
    let trace = || {
        let mut command = Command::new("true");
        // SAFETY: a system call, which may be made between fork and exec, and takes no memory.
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

/// Makes the call of a scenario with these faults. An error: the process did not come to its end.
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
        // The last is the program's own, by which it stops.
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

    /// Lets the program go on to its next stop.
    fn go_on(&mut self) -> Result<()> {
        self.resume(self.subject, None)?;
        self.wait_for_stop()
    }

    /// Lets a process go on, with a signal if it was about to get one.
    fn resume(&self, pid: Pid, signal: Option<Signal>) -> Result<()> {
        match if self.looks { ptrace::syscall(pid, signal) } else { ptrace::cont(pid, signal) } {
            // A process that was killed meanwhile says so at the next wait.
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn answer(&self, scenario: &Scenario) -> Result<Answer> {
        let address = registers::request(self.subject)?.arguments[2];
        let memory = Memory::of(self.subject.as_raw())?;
        Answer::read(&memory, address).with_context(|| format!("what {} returned", scenario.function))
    }

    /// Attends to all processes until the program under test has stopped itself.
    fn wait_for_stop(&mut self) -> Result<()> {
        loop {
            // Of this thread's processes alone.
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
            // How a new child begins.
            WaitStatus::Stopped(_, Signal::SIGSTOP) => {}
            WaitStatus::Stopped(_, signal) => return self.resume(pid, Some(signal)),
            WaitStatus::Exited(..) | WaitStatus::Signaled(..) => {
                self.processes.remove(&pid);
                ensure!(pid != self.subject, "{status:?}, in the middle of the call");
                ensure!(matches!(status, WaitStatus::Exited(..)), "a child of the library's: {status:?}");
                return Ok(());
            }
            _ => {}
        }
        self.resume(pid, None)
    }

    fn system_call(&mut self, pid: Pid) -> Result<()> {
        let process = self.processes.get_mut(&pid).context("a stranger's system call")?;
        if let Some((call, behind)) = process.inside.take() {
            match behind {
                Behind::Nothing => {}
                Behind::Replace(result) => registers::set_result(pid, result)?,
                Behind::Restore(index, value) => registers::set_argument(pid, index, value)?,
            }
            if let Some(call) = self.calls.get_mut(call) {
                call.result = registers::result(pid)?;
            }
            return Ok(());
        }
        let request = registers::request(pid)?;
        let number = Sysno::new(usize::try_from(request.number)?).context("a system call without a name")?;
        let (index, place) = (process.made, self.calls.len());
        let call = Call { process: process.index, index, number, arguments: request.arguments, result: 0 };
        process.made += 1;
        ensure!(place < MANY, "{number} again and again: {MANY} calls, and no end");
        let action = self.action_for(&call)?;
        self.calls.push(call);
        let behind = action.map_or(Ok(Behind::Nothing), |action| apply(pid, &request, number, action))?;
        if let Some(process) = self.processes.get_mut(&pid) {
            process.inside = Some((place, behind));
        }
        Ok(())
    }

    /// What is to happen to a call.
    fn action_for(&mut self, call: &Call) -> Result<Option<Action>> {
        for (fault, met) in self.faults.iter().zip(&mut self.met) {
            if met.is_none() && (fault.process, fault.index) == (call.process, call.index) {
                ensure!(call.number == fault.number, "{} in the place of {}", call.number, fault.number);
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

    /// Kills the processes of the run, and waits until none is left.
    fn end(&self) -> Result<()> {
        for &pid in self.processes.keys().chain(&self.early) {
            // Nobody but this thread waits for them, so that they are what they were; they may have ended.
            let _ = kill(pid, Signal::SIGKILL);
        }
        loop {
            match waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)) {
                // A child that nobody had heard of yet.
                Ok(WaitStatus::Stopped(pid, _)) => kill(pid, Signal::SIGKILL)?,
                Ok(_) => {}
                Err(Errno::ECHILD) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Does to a call what is to happen to it before it is made; what is to be done behind it.
fn apply(pid: Pid, request: &Request, number: Sysno, action: Action) -> Result<Behind> {
    const NONE: u64 = u64::MAX;
    Ok(match action {
        // A close that fails closes all the same.
        Action::Fail(errno) if number == Sysno::close => Behind::Replace(-i64::from(errno)),
        Action::Fail(errno) => {
            registers::set_number(pid, NONE)?;
            Behind::Replace(-i64::from(errno))
        }
        Action::Nothing => {
            registers::set_number(pid, NONE)?;
            Behind::Replace(0)
        }
        Action::Clamp(most) => {
            let index = count_argument(number).context("a call that moves nothing")?;
            let count = *request.arguments.get(index).context("no such argument")?;
            registers::set_argument(pid, index, count.min(most))?;
            Behind::Restore(index, count)
        }
    })
}

/// Which argument of a call says how many bytes it may move.
pub fn count_argument(number: Sysno) -> Option<usize> {
    match number {
        Sysno::read | Sysno::write | Sysno::getdents64 | Sysno::pread64 | Sysno::pwrite64 => Some(2),
        Sysno::copy_file_range => Some(4),
        _ => None,
    }
}
