//! The faults of each system call.
//!
//! A run without faults shows the system calls of a scenario. A fault that leads to other calls is followed by faults of
//! those. A call that another scenario of the function has reached in the same way gets few faults.

use std::collections::{BTreeMap, BTreeSet};

use nix::errno::Errno;
use syscalls::Sysno;

use super::scenario::Scenario;
use super::tracer::{Action, Call, Fault, Repeat, Run, count_argument};

/// The errors that every call fails with, in its manual page or not: file systems, sandboxes and security modules return
/// others.
#[rustfmt::skip]
const REASONS: &[i32] = &[
    libc::EINTR, libc::ENOMEM, libc::EMFILE, libc::ENFILE, libc::ENOSPC, libc::EDQUOT, libc::EFBIG, libc::EIO,
    libc::EPERM, libc::EACCES, libc::ENOSYS, libc::EINVAL, libc::ESRCH, libc::EAGAIN, libc::ENOENT, libc::EEXIST,
    libc::ENOTDIR, libc::EISDIR, libc::EROFS, libc::ELOOP, libc::ENAMETOOLONG, libc::EBUSY, libc::ETXTBSY,
    libc::ENOEXEC, libc::E2BIG, libc::EXDEV, libc::EOPNOTSUPP, libc::EOVERFLOW, libc::ESTALE, libc::ENODEV, libc::ENXIO,
    libc::EPIPE, libc::ECHILD, libc::EDEADLK, libc::ENOLCK, libc::ETIMEDOUT, libc::EFAULT, libc::ESPIPE,
];

/// The errors of calls after a first fault, and of those that fail from some call on.
const FEW_REASONS: &[i32] =
    &[libc::ENOMEM, libc::EIO, libc::EPERM, libc::EACCES, libc::ENOSYS, libc::EINVAL, libc::ENOENT];

/// Calls that cannot fail.
const CANNOT_FAIL: &[Sysno] = &[
    Sysno::getpid,
    Sysno::gettid,
    Sysno::getuid,
    Sysno::geteuid,
    Sysno::getgid,
    Sysno::getegid,
    Sysno::exit,
    Sysno::exit_group,
];

/// Calls that no signal interrupts, and their errors: their own, and those of a sandbox. A run makes dozens of the first
/// two; the program stops itself with the third.
const ABOUT_SIGNALS: &[Sysno] = &[Sysno::rt_sigaction, Sysno::rt_sigprocmask, Sysno::kill];
const REASONS_OF_THESE: &[i32] = &[libc::EINVAL, libc::EFAULT, libc::EPERM, libc::ENOSYS, libc::ESRCH];

/// The size of the message from a child to its parent, which a pipe transfers at once: see PIPE_BUF in pipe(7).
const WORD: i64 = 4;

/// The faults that are left out, and why.
pub const LEFT_OUT: &[&str] = &[
    "wait4 fails for ever, or with ECHILD too early, where the caller ignores SIGCHLD: the supervisor shares its memory, \
     and the caller waits until it is gone",
    "execve fails with ENOEXEC in rt_process_exec: the shell replaces the caller",
];

fn is_left_out(scenario: &Scenario, fault: &Fault) -> bool {
    if scenario.function == "rt_process_exec" && fault.number == Sysno::execve {
        return fault.action == Action::Fail(libc::ENOEXEC);
    }
    let is_caller = fault.process == 0 && matches!(scenario.setup, "ignores" | "not-waited");
    let is_lasting = fault.repeat != Repeat::Once || fault.action == Action::Fail(libc::ECHILD);
    is_caller && fault.number == Sysno::wait4 && fault.action != Action::Fail(libc::EINTR) && is_lasting
}

/// The faults of a run, in order.
pub type Case = Vec<Fault>;

/// Describes a case in one line.
pub fn describe(case: &[Fault]) -> String {
    let one = |fault: &Fault| {
        let whose = if fault.process == 0 { String::new() } else { format!(" of child {}", fault.process) };
        let what = match fault.action {
            Action::Fail(errno) => format!("fails with {:?}", Errno::from_raw(errno)),
            Action::Clamp(most) => format!("moves at most {most} bytes"),
            Action::Nothing => "moves nothing".to_owned(),
        };
        let repeat = match fault.repeat {
            Repeat::Once => String::new(),
            Repeat::Times(times) => format!(", {times} times"),
            Repeat::Always => ", and all of its kind from there on".to_owned(),
        };
        format!("call {}{whose}, {}, {what}{repeat}", fault.index, fault.number)
    };
    case.iter().map(one).collect::<Vec<_>>().join("; then ")
}

/// Returns all faults of one call.
pub fn of_call(call: &Call) -> Vec<Fault> {
    if CANNOT_FAIL.contains(&call.number) {
        return Vec::new();
    }
    let fault =
        |action, repeat| Fault { process: call.process, index: call.index, number: call.number, action, repeat };
    if ABOUT_SIGNALS.contains(&call.number) {
        return REASONS_OF_THESE.iter().map(|&errno| fault(Action::Fail(errno), Repeat::Once)).collect();
    }
    let mut faults: Vec<_> = REASONS.iter().map(|&errno| fault(Action::Fail(errno), Repeat::Once)).collect();
    faults.push(fault(Action::Fail(libc::EINTR), Repeat::Times(3)));
    faults.extend(FEW_REASONS.iter().map(|&errno| fault(Action::Fail(errno), Repeat::Always)));
    let is_word = |index: usize| call.arguments.get(index) == Some(&WORD.cast_unsigned());
    if let Some(index) = count_argument(call.number)
        && !is_word(index)
        && call.result > 1
    {
        // The longest record of a directory.
        let least = if call.number == Sysno::getdents64 { 280 } else { 1 };
        let part = |of: i64| Action::Clamp(of.unsigned_abs().max(least));
        let parts = [part(1), part(call.result / 2), part(call.result - 1)];
        faults.extend(parts.map(|part| fault(part, Repeat::Once)));
        faults.push(fault(part(call.result / 3), Repeat::Always));
        if matches!(call.number, Sysno::write | Sysno::pwrite64 | Sysno::copy_file_range) {
            faults.extend([Repeat::Once, Repeat::Always].map(|repeat| fault(Action::Nothing, repeat)));
        }
    }
    faults
}

/// Returns the faults of a call after another fault, or at a position that is not new.
pub fn of_later_call(call: &Call) -> Vec<Fault> {
    let wanted = |fault: &Fault| match (fault.action, fault.repeat) {
        (Action::Fail(errno), Repeat::Once) => errno == libc::EINTR || FEW_REASONS.contains(&errno),
        (Action::Clamp(_) | Action::Nothing, repeat) => repeat == Repeat::Once,
        _ => false,
    };
    of_call(call).into_iter().filter(wanted).collect()
}

/// The position of a call: its process, and the calls of this process before it, each with the sign of its result.
type Position = (usize, Vec<(Sysno, i64)>);

/// The positions of calls that the scenarios of a function have reached, each with the state of the caller.
#[derive(Default)]
pub struct Known(BTreeSet<(&'static str, Position)>);

/// The calls of a scenario, by process and index, whose position no other scenario has reached.
pub type New = BTreeSet<(usize, usize)>;

impl Known {
    /// Adds the calls of a run, and returns those whose position is new.
    ///
    /// The call that a fault met is left out of the positions of the others, since a repeated call leads nowhere new.
    pub fn add(&mut self, scenario: &Scenario, calls: &[Call], met: Option<&Fault>) -> New {
        let mut new = New::new();
        if scenario.is_slow {
            return new;
        }
        let mut before: BTreeMap<usize, Vec<(Sysno, i64)>> = BTreeMap::new();
        for call in calls {
            if met.is_some_and(|fault| (call.process, call.index) == (fault.process, fault.index)) {
                continue;
            }
            let before = before.entry(call.process).or_default();
            before.push((call.number, 0));
            if self.0.insert((scenario.setup, (call.process, before.clone()))) {
                new.insert((call.process, call.index));
            }
            if let Some(last) = before.last_mut() {
                last.1 = call.result.signum();
            }
        }
        new
    }
}

/// Returns the faults of the calls after the first fault, if that led to new ones.
pub fn following(scenario: &Scenario, first: &[Fault], run: &Run, known: &mut Known) -> Vec<Case> {
    let [fault] = first else { return Vec::new() };
    // After a failed wait, the calls of parent and child come in any order.
    if fault.repeat != Repeat::Once || fault.number == Sysno::wait4 {
        return Vec::new();
    }
    let new = known.add(scenario, &run.calls, Some(fault));
    let later = run.calls.iter().filter(|call| new.contains(&(call.process, call.index)));
    let later = later.flat_map(of_later_call).filter(|second| !is_left_out(scenario, second));
    later.map(|second| vec![*fault, second]).collect()
}

/// Returns the faults of every call of a run without faults: all of them for a new call.
pub fn first_faults(scenario: &Scenario, learned: &Run, new: &New) -> Vec<Case> {
    let of_call =
        |call: &Call| if new.contains(&(call.process, call.index)) { of_call(call) } else { of_later_call(call) };
    let faults = learned.calls.iter().flat_map(of_call);
    faults.filter(|fault| !is_left_out(scenario, fault)).map(|fault| vec![fault]).collect()
}
