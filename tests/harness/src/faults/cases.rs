//! Which faults a call is put through, and what must come of each.
//!
//! What there is to disturb is learned from a run that nothing disturbs. From there it goes on by itself: a fault that
//! makes the library take another way is followed by faults of the calls on that way.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use nix::errno::Errno;
use syscalls::Sysno;

use super::registers::NEWFSTATAT;
use super::scenarios::{Scenario, Verdict};
use super::tracer::{Action, Call, Fault, Repeat, Run, count_argument};

/// Reasons that calls have for failing; each call is given each of them, whether its manual page names it or not: a
/// file system, a sandbox or a security module may have it.
const REASONS: &[i32] = &[
    libc::EINTR,
    libc::ENOMEM,
    libc::EMFILE,
    libc::ENFILE,
    libc::ENOSPC,
    libc::EDQUOT,
    libc::EFBIG,
    libc::EIO,
    libc::EPERM,
    libc::EACCES,
    libc::ENOSYS,
    libc::EINVAL,
    libc::ESRCH,
    libc::EAGAIN,
    libc::ENOENT,
    libc::EEXIST,
    libc::ENOTDIR,
    libc::EISDIR,
    libc::EROFS,
    libc::ELOOP,
    libc::ENAMETOOLONG,
    libc::EBUSY,
    libc::ETXTBSY,
    libc::ENOEXEC,
    libc::E2BIG,
    libc::EXDEV,
    libc::EOPNOTSUPP,
    libc::EOVERFLOW,
    libc::ESTALE,
    libc::ENODEV,
    libc::ENXIO,
    libc::EPIPE,
    libc::ECHILD,
    libc::EDEADLK,
    libc::ENOLCK,
    libc::ETIMEDOUT,
    libc::EFAULT,
    libc::ESPIPE,
];

/// For the calls behind a first fault, and for those that fail from some call on.
const FEW_REASONS: &[i32] =
    &[libc::ENOMEM, libc::EIO, libc::EPERM, libc::EACCES, libc::ENOSYS, libc::EINVAL, libc::ENOENT];

/// Calls that have no way to fail, and that nobody looks at the result of.
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

/// Calls that no signal interrupts; for the others EINTR is no reason to give up.
const NEVER_INTERRUPTED: &[Sysno] = &[
    Sysno::mmap,
    Sysno::munmap,
    Sysno::madvise,
    Sysno::uname,
    Sysno::sched_getaffinity,
    Sysno::sysinfo,
    Sysno::rt_sigaction,
    Sysno::rt_sigprocmask,
    Sysno::clone,
    Sysno::pipe2,
    Sysno::execve,
    Sysno::prctl,
    Sysno::getcwd,
];

/// Calls of which there are dozens in a row, about signals, and the reasons that they can have: their own, and those of
/// a sandbox.
const ABOUT_SIGNALS: &[Sysno] = &[Sysno::rt_sigaction, Sysno::rt_sigprocmask];
const REASONS_OF_THESE: &[i32] = &[libc::EINVAL, libc::EFAULT, libc::EPERM, libc::ENOSYS];

/// A word goes through the pipe between a child and its parent at once: see pipe(7), PIPE_BUF.
const WORD: i64 = 4;

/// A fault that is left out, since nothing could be said of what comes of it; why.
pub const LEFT_OUT: &str = "wait4 fails for ever, or says ECHILD too early, where the caller ignores SIGCHLD: the child \
                            that waits in its place shares its memory, and is waited for until it is gone";

fn is_left_out(setup: &str, fault: &Fault) -> bool {
    let is_caller = fault.process == 0 && matches!(setup, "ignores" | "not-waited");
    let is_lasting = fault.repeat != Repeat::Once || fault.action == Action::Fail(libc::ECHILD);
    is_caller && fault.number == Sysno::wait4 && fault.action != Action::Fail(libc::EINTR) && is_lasting
}

/// Faults, one after the other, that a run is put through.
pub type Case = Vec<Fault>;

/// What a case is, as a line for people.
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

/// All faults of one call.
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
        // No record of a directory is longer.
        let least = if call.number == Sysno::getdents64 { 280 } else { 1 };
        let part = |of: i64| Action::Clamp(of.unsigned_abs().max(least));
        let parts = [part(1), part(call.result / 2), part(call.result - 1)];
        faults.extend(parts.map(|part| fault(part, Repeat::Once)));
        faults.push(fault(part(call.result / 3), Repeat::Always));
        if matches!(call.number, Sysno::write | Sysno::copy_file_range) {
            faults.extend([Repeat::Once, Repeat::Always].map(|repeat| fault(Action::Nothing, repeat)));
        }
    }
    faults
}

/// The faults of a call that comes behind another fault, or in a scenario that takes long.
pub fn of_later_call(call: &Call) -> Vec<Fault> {
    let wanted = |fault: &Fault| match (fault.action, fault.repeat) {
        (Action::Fail(errno), Repeat::Once) => errno == libc::EINTR || FEW_REASONS.contains(&errno),
        (Action::Clamp(_) | Action::Nothing, repeat) => repeat == Repeat::Once,
        _ => false,
    };
    of_call(call).into_iter().filter(wanted).collect()
}

/// The way that a run took: which process made which calls.
pub type Way = Vec<(usize, Sysno)>;

/// The way, without the call that a fault met: one that is made again leads the same way.
pub fn way(calls: &[Call], fault: Option<&Fault>) -> Way {
    let is_met = |call: &&Call| fault.is_some_and(|fault| (call.process, call.index) == (fault.process, fault.index));
    let mut way: Way = calls.iter().filter(|call| !is_met(call)).map(|call| (call.process, call.number)).collect();
    // Processes that run at the same time come in any order.
    way.sort_by_key(|&(process, _)| process);
    way
}

/// What cannot be promised when a call fails, and is not looked at then.
pub struct Exception {
    /// What was called; anything if nothing is named.
    functions: &'static [&'static str],
    /// The calls, and the reasons for which they fail; all if none is named.
    numbers: &'static [Sysno],
    reasons: &'static [i32],
    /// Whether it is so only where another call has failed before.
    is_second: bool,
    /// What is left out of the judgement.
    about: &'static [About],
    /// Why.
    pub reason: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// How much is mapped.
    Memory,
    Children,
    Signals,
    /// What the call did, and that it does not say why.
    Outcome,
    /// Whatever it returned.
    Answer,
    /// Which call's reason it is that is given.
    Reason,
    /// What the next call returns.
    Next,
}

pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        functions: &[],
        numbers: &[Sysno::munmap],
        reasons: &[],
        is_second: false,
        about: &[About::Memory],
        reason: "munmap fails: what the kernel does not take back stays mapped",
    },
    Exception {
        functions: &["rt_file_copy"],
        numbers: &[NEWFSTATAT, Sysno::unlinkat],
        reasons: &[],
        is_second: true,
        about: &[About::Outcome],
        reason: "a copy has failed, and the removal of its new destination fails as well: it stays",
    },
    Exception {
        functions: &["rt_dir_list"],
        numbers: &[Sysno::getdents64, Sysno::mmap],
        reasons: &[libc::ENOENT],
        is_second: false,
        about: &[About::Outcome],
        reason: "getdents64 fails with ENOENT: the directory was removed, and what was read is its list (mmap never \
                 fails so)",
    },
    Exception {
        functions: &["rt_dir_create"],
        numbers: &[NEWFSTATAT],
        reasons: &[],
        is_second: false,
        about: &[About::Reason],
        reason: "newfstatat fails, and so it is not known what has the name: mkdirat's own reason counts, EEXIST",
    },
    Exception {
        functions: &["rt_file_lock"],
        numbers: &[NEWFSTATAT],
        reasons: &[libc::ENOENT],
        is_second: false,
        about: &[About::Answer],
        reason: "newfstatat fails with ENOENT each time: the file is replaced again and again, and EAGAIN says so",
    },
    Exception {
        functions: &["rt_process_run"],
        numbers: &[Sysno::execve],
        reasons: &[],
        is_second: false,
        about: &[About::Reason],
        reason: "execve fails for one of several candidates, or for the shell of a script: another's reason counts, or \
                 the script's own, ENOEXEC",
    },
    Exception {
        functions: &["rt_process_run"],
        numbers: &[Sysno::execve],
        reasons: &[libc::ENOEXEC],
        is_second: false,
        about: &[About::Outcome],
        reason: "execve fails with ENOEXEC: the program is taken for a script, and how it ended is the shell's word",
    },
    Exception {
        functions: &["rt_process_run"],
        numbers: &[Sysno::rt_sigprocmask, Sysno::rt_sigaction],
        reasons: &[],
        is_second: false,
        about: &[About::Outcome, About::Reason],
        reason: "rt_sigprocmask or rt_sigaction fails, which it cannot with what it is given: the program finds a mask \
                 or an ignored signal that it should not, or nobody can wait for it",
    },
    Exception {
        functions: &["rt_process_run"],
        numbers: &[Sysno::rt_sigprocmask],
        reasons: &[],
        is_second: false,
        about: &[About::Signals, About::Next],
        reason: "rt_sigprocmask fails when it is to restore the caller's mask: signals stay blocked",
    },
    Exception {
        functions: &["rt_process_run"],
        numbers: &[Sysno::read, Sysno::write],
        reasons: &[],
        is_second: false,
        about: &[About::Outcome, About::Reason],
        reason: "the four bytes by which a child says why it did not begin are not written or read, where an empty \
                 pipe always has room: the exit code is the child's own, and ECHILD where the caller ignores SIGCHLD",
    },
    Exception {
        functions: &["rt_process_run"],
        numbers: &[Sysno::wait4],
        reasons: &[],
        is_second: false,
        about: &[About::Children],
        reason: "wait4 fails, and not for a signal: the child is left behind",
    },
];

impl Exception {
    fn covers(&self, function: &str, case: &[Fault]) -> bool {
        if !self.functions.is_empty() && !self.functions.contains(&function) {
            return false;
        }
        let covers = |(number, fault): (usize, &Fault)| {
            let has_reason = self.reasons.iter().any(|&errno| fault.action == Action::Fail(errno));
            self.numbers.contains(&fault.number)
                && (self.reasons.is_empty() || has_reason)
                && (!self.is_second || number > 0)
        };
        case.iter().enumerate().any(covers)
    }
}

/// Whether any of a case's faults is one of such a call.
fn meets(case: &[Fault], number: Sysno) -> bool {
    case.iter().any(|fault| fault.number == number)
}

/// What is wrong with a run, in words.
pub fn judge(function: &str, learned: &Run, case: &[Fault], run: &Run) -> Vec<String> {
    let mut wrong = Vec::new();
    let excused = |about: About| {
        EXCEPTIONS.iter().any(|exception| exception.about.contains(&about) && exception.covers(function, case))
    };
    match &run.first {
        Verdict::Right if hides_lost_data(case, &run.calls) => wrong.push("a close that lost data is a success".into()),
        Verdict::Right => {}
        _ if excused(About::Answer) => {}
        Verdict::Failed(0) | Verdict::Wrong(_) if excused(About::Outcome) => {}
        Verdict::Failed(errno) => wrong.extend(wrong_reason(case, run, *errno, excused(About::Reason))),
        Verdict::Wrong(what) => wrong.push(what.clone()),
    }
    if run.second != Verdict::Right && !excused(About::Next) {
        wrong.push(format!("the call after it, which nothing disturbed: {:?}", run.second));
    }
    for difference in run.state.differences(&learned.state) {
        let about = match difference.split(' ').next() {
            Some("mapped") => Some(About::Memory),
            Some("children:") => Some(About::Children),
            Some("signals:") => Some(About::Signals),
            _ => None,
        };
        if !about.is_some_and(&excused) {
            wrong.push(difference);
        }
    }
    wrong
}

/// Whether a close has failed of a descriptor that was written to: it is how some file systems say that a write did.
fn hides_lost_data(case: &[Fault], calls: &[Call]) -> bool {
    let closes = case.iter().filter_map(|fault| {
        let call = calls.iter().find(|call| (call.process, call.index) == (fault.process, fault.index))?;
        (call.number == Sysno::close && fault.action != Action::Fail(libc::EINTR)).then_some(call)
    });
    let writes_to = |call: &Call, closed: &Call| {
        let [first, _, third, ..] = call.arguments;
        let descriptor = match call.number {
            Sysno::write => first,
            Sysno::copy_file_range => third,
            _ => return false,
        };
        let is_before = call.process == closed.process && call.index < closed.index;
        is_before && descriptor == closed.arguments[0] && call.result > 0
    };
    closes.into_iter().any(|closed| calls.iter().any(|call| writes_to(call, closed)))
}

/// Whether the reason of a failure is none that a call of this run had.
fn wrong_reason(case: &[Fault], run: &Run, errno: i32, may_be_other: bool) -> Option<String> {
    let moves_nothing = case.iter().any(|fault| fault.action == Action::Nothing);
    let is_given = |fault: &Fault| fault.action == Action::Fail(errno);
    let name = Errno::from_raw(errno);
    if errno == libc::EINTR {
        let excused = NEVER_INTERRUPTED.iter().any(|&number| meets(case, number));
        return (!excused).then(|| "it gave up because a signal interrupted it".to_owned());
    }
    if case.iter().any(is_given) || (moves_nothing && errno == libc::EIO) {
        return None;
    }
    // Another call's own error, in place of the one that was made.
    let is_real = run.calls.iter().any(|call| call.result == -i64::from(errno));
    if is_real && may_be_other {
        return None;
    }
    let what = if is_real { "that of another call" } else { "which no call gave" };
    Some(format!("it failed with {name:?}, {what}"))
}

/// Faults of the calls behind the first, where that led another way.
pub fn behind(scenario: &Scenario, first: &[Fault], run: &Run, seen: &mut BTreeSet<Way>) -> Vec<Case> {
    let [fault] = first else { return Vec::new() };
    // What comes behind a child that nobody waits for comes at the same time as what that does.
    if scenario.is_slow
        || fault.repeat != Repeat::Once
        || fault.number == Sysno::wait4
        || !seen.insert(way(&run.calls, Some(fault)))
    {
        return Vec::new();
    }
    let met = run.calls.iter().position(|call| (call.process, call.index) == (fault.process, fault.index));
    let later = run.calls.iter().skip(met.map_or(usize::MAX, |met| met + 1));
    let later = later.flat_map(of_later_call).filter(|second| !is_left_out(scenario.setup, second));
    later.map(|second| vec![*fault, second]).collect()
}

/// The faults of every call of a run that nothing disturbed.
pub fn first_faults(scenario: &Scenario, learned: &Run) -> Vec<Case> {
    let of_call = if scenario.is_slow { of_later_call } else { of_call };
    let faults = learned.calls.iter().flat_map(of_call);
    faults.filter(|fault| !is_left_out(scenario.setup, fault)).map(|fault| vec![fault]).collect()
}

/// Checks that a scenario is right when nothing disturbs it, and leaves nothing behind; but a variable that was set.
pub fn check_learned(scenario: &Scenario, learned: &Run) -> Result<()> {
    let found = (&learned.first, &learned.second);
    ensure!(found == (&Verdict::Right, &Verdict::Right), "undisturbed, {found:?}");
    let differences = learned.state.differences(&learned.before);
    let keeps = |difference: &String| scenario.function == "rt_env_set" && difference.starts_with("blocks");
    let lost = differences.iter().find(|difference| !keeps(difference));
    ensure!(lost.is_none(), "undisturbed, it leaves something behind: {lost:?}");
    Ok(())
}
