//! The rules that every run must obey, and their exceptions.

use anyhow::{Result, ensure};
use ffi_syscalls_arch::nr::NEWFSTATAT;
use nix::errno::Errno;
use syscalls::Sysno;

use super::answer::Verdict;
use super::scenario::Scenario;
use super::tracer::{Action, Call, Fault, Run};

/// A rule that cannot hold when certain calls fail.
pub struct Exception {
    /// The functions; all if empty.
    functions: &'static [&'static str],
    /// The failing calls, and their errors; all errors if empty.
    numbers: &'static [Sysno],
    reasons: &'static [i32],
    /// Set if another call must have failed before.
    is_second: bool,
    /// The rules that are not checked.
    about: &'static [About],
    /// The reason why they cannot hold.
    pub reason: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// The amount of mapped memory.
    Memory,
    Children,
    Signals,
    /// The effects of the call, and that it returns an error.
    Outcome,
    /// The returned value.
    Answer,
    /// The call whose error it returns.
    Reason,
    /// The result of the next call.
    Next,
}

/// The functions that start a program.
const RUNNING: &[&str] = &[
    "rt_process_wait",
    "rt_process_run",
    "rt_process_exec",
    "rt_shell",
    "rt_process_run_with",
    "rt_process_output",
    "rt_process_spawn",
];

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
        functions: &["rt_file_copy"],
        numbers: &[Sysno::openat, Sysno::fcntl],
        reasons: &[libc::EEXIST],
        is_second: false,
        about: &[About::Outcome],
        reason: "EEXIST means that another process created the destination, which stays when the copy fails (fcntl never \
                 fails so)",
    },
    Exception {
        functions: &["rt_file_atomic_write", "rt_file_atomic_write_bytes", "rt_file_move"],
        numbers: &[Sysno::unlinkat],
        reasons: &[],
        is_second: true,
        about: &[About::Outcome],
        reason: "the call has failed, and the removal of its temporary file fails as well: it stays",
    },
    Exception {
        functions: &["rt_file_atomic_write"],
        numbers: &[NEWFSTATAT],
        reasons: &[libc::ENOENT],
        is_second: false,
        about: &[About::Outcome],
        reason: "newfstatat fails with ENOENT: another process removed the file or the link, and a new file is created",
    },
    Exception {
        functions: &["rt_file_move"],
        numbers: &[NEWFSTATAT, Sysno::fstat, Sysno::readlinkat],
        reasons: &[libc::ENOENT],
        is_second: false,
        about: &[About::Outcome],
        reason: "newfstatat or readlinkat fails with ENOENT: another process removed a name, so there is nothing left to \
                 do (fstat never fails so)",
    },
    Exception {
        functions: &["rt_file_temp", "rt_dir_temp"],
        numbers: &[Sysno::unlinkat],
        reasons: &[],
        is_second: true,
        about: &[About::Outcome],
        reason: "there is no memory for the path of what was created, and its removal fails as well: it stays",
    },
    Exception {
        functions: &["rt_file_sync"],
        numbers: &[Sysno::openat, Sysno::fcntl],
        reasons: &[libc::EISDIR],
        is_second: false,
        about: &[About::Reason],
        reason: "openat fails with EISDIR for what is no directory: the error is that of opening a directory (fcntl \
                 never fails so)",
    },
    Exception {
        functions: &["rt_dir_walk"],
        numbers: &[Sysno::getdents64, Sysno::openat, Sysno::mmap],
        reasons: &[libc::ENOENT],
        is_second: false,
        about: &[About::Outcome, About::Answer],
        reason: "openat or getdents64 fails with ENOENT: the directory was removed, and the list is that of the others \
                 (mmap never fails so)",
    },
    Exception {
        functions: &["rt_glob_pattern"],
        numbers: &[NEWFSTATAT, Sysno::getdents64, Sysno::openat, Sysno::mmap, Sysno::fcntl],
        reasons: &[],
        is_second: false,
        about: &[About::Outcome, About::Answer],
        reason: "what cannot be looked up or read is left out of the paths (mmap and fcntl fail otherwise)",
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
        reason: "newfstatat fails, and so the type of the existing file is unknown: the error is that of mkdirat, EEXIST",
    },
    Exception {
        functions: &["rt_dir_create"],
        numbers: &[NEWFSTATAT, Sysno::openat, Sysno::fstat, Sysno::fchmod, Sysno::fchmodat],
        reasons: &[],
        is_second: false,
        about: &[About::Reason],
        reason: "a new parent whose owner may not write keeps its mode: the error is that of mkdirat in it, EACCES",
    },
    Exception {
        functions: &["rt_dir_remove_all"],
        numbers: &[Sysno::unlinkat, Sysno::openat, Sysno::getdents64],
        reasons: &[libc::ENOENT, libc::ENOTDIR, libc::EISDIR],
        is_second: false,
        about: &[About::Outcome, About::Reason],
        reason: "unlinkat, openat or getdents64 fails with ENOENT, which means that another process removed the file, or \
                 with ENOTDIR or EISDIR, which mean that it put another kind of file there: the file stays, or the error \
                 is that of the next attempt",
    },
    Exception {
        functions: &["rt_path_canonical"],
        numbers: &[Sysno::readlinkat],
        reasons: &[libc::EINVAL],
        is_second: false,
        about: &[About::Outcome],
        reason: "readlinkat fails with EINVAL, which means that the file is no link: the path is resolved that far",
    },
    Exception {
        functions: &["rt_file_lock", "rt_file_lock_timeout", "rt_file_lock_shared"],
        numbers: &[Sysno::openat, Sysno::fcntl],
        reasons: &[libc::EISDIR],
        is_second: false,
        about: &[About::Reason],
        reason: "openat fails with EISDIR for what is no directory: the error is that of opening a directory (fcntl \
                 never fails so)",
    },
    Exception {
        functions: &["rt_file_lock", "rt_file_lock_timeout", "rt_file_lock_shared"],
        numbers: &[NEWFSTATAT],
        reasons: &[libc::ENOENT],
        is_second: false,
        about: &[About::Answer],
        reason: "newfstatat fails with ENOENT each time: the file is replaced again and again, and the error is EAGAIN",
    },
    Exception {
        functions: RUNNING,
        numbers: &[Sysno::execve],
        reasons: &[],
        is_second: false,
        about: &[About::Reason],
        reason: "execve fails for one of several candidates, or for the shell of a script: the error is that of another, \
                 or ENOEXEC of the script",
    },
    Exception {
        functions: RUNNING,
        numbers: &[Sysno::execve],
        reasons: &[libc::ENOEXEC],
        is_second: false,
        about: &[About::Outcome],
        reason: "execve fails with ENOEXEC: the program is run as a script, and the result is that of the shell",
    },
    Exception {
        functions: RUNNING,
        numbers: &[Sysno::rt_sigprocmask, Sysno::rt_sigaction],
        reasons: &[],
        is_second: false,
        about: &[About::Outcome, About::Reason],
        reason: "rt_sigprocmask or rt_sigaction fails, which it cannot with these arguments: the program gets the \
                 wrong mask or an ignored signal, or cannot be waited for",
    },
    Exception {
        functions: RUNNING,
        numbers: &[Sysno::rt_sigprocmask],
        reasons: &[],
        is_second: false,
        about: &[About::Signals, About::Next],
        reason: "rt_sigprocmask fails to restore the mask of the caller: signals stay blocked",
    },
    Exception {
        functions: RUNNING,
        numbers: &[Sysno::read, Sysno::write],
        reasons: &[],
        is_second: false,
        about: &[About::Outcome, About::Reason],
        reason: "the report of a child that cannot execute is not written or read, although an empty pipe always has \
                 room: the result is the exit code of the child, and ECHILD where the caller ignores SIGCHLD",
    },
    Exception {
        functions: &["rt_process_run_with"],
        numbers: &[Sysno::close],
        reasons: &[],
        is_second: false,
        about: &[About::Outcome],
        reason: "the close of a pipe fails: what was written to it is not lost",
    },
    Exception {
        functions: &["rt_process_run_with"],
        numbers: &[Sysno::rt_sigtimedwait],
        reasons: &[],
        is_second: false,
        about: &[About::Signals, About::Next],
        reason: "rt_sigtimedwait fails to take a SIGPIPE back: it stays blocked, so that it does not end the caller",
    },
    Exception {
        functions: &["rt_process_run_with", "rt_process_output", "rt_process_wait"],
        numbers: &[Sysno::clock_gettime],
        reasons: &[],
        is_second: false,
        about: &[About::Answer],
        reason: "clock_gettime fails, which it cannot with these arguments: the time is over too early",
    },
    Exception {
        functions: RUNNING,
        numbers: &[Sysno::wait4],
        reasons: &[],
        is_second: false,
        about: &[About::Children],
        reason: "wait4 fails, not by a signal: the child stays",
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

/// Returns whether a fault of the case is one of this call.
fn meets(case: &[Fault], number: Sysno) -> bool {
    case.iter().any(|fault| fault.number == number)
}

/// Returns the broken rules of a run, in words.
pub fn judge(function: &str, learned: &Run, case: &[Fault], run: &Run) -> Vec<String> {
    let mut wrong = Vec::new();
    let excused = |about: About| {
        EXCEPTIONS.iter().any(|exception| exception.about.contains(&about) && exception.covers(function, case))
    };
    match &run.first {
        Verdict::Right if hides_lost_data(case, &run.calls) && !excused(About::Outcome) => {
            wrong.push("it succeeded although a close failed".into())
        }
        Verdict::Right => {}
        _ if excused(About::Answer) => {}
        Verdict::Failed(0) | Verdict::Wrong(_) if excused(About::Outcome) => {}
        Verdict::Failed(errno) => wrong.extend(wrong_reason(case, run, *errno, excused(About::Reason))),
        Verdict::Wrong(what) => wrong.push(what.clone()),
    }
    if run.second != Verdict::Right && !excused(About::Next) {
        wrong.push(format!("the next call, without faults: {:?}", run.second));
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

/// Returns whether a failed close of a written descriptor was ignored: some file systems report failed writes there.
fn hides_lost_data(case: &[Fault], calls: &[Call]) -> bool {
    let closes = case.iter().filter_map(|fault| {
        let call = calls.iter().find(|call| (call.process, call.index) == (fault.process, fault.index))?;
        (call.number == Sysno::close && fault.action != Action::Fail(libc::EINTR)).then_some(call)
    });
    let writes_to = |call: &Call, closed: &Call| {
        let [first, _, third, ..] = call.arguments;
        let descriptor = match call.number {
            Sysno::write | Sysno::pwrite64 => first,
            Sysno::copy_file_range => third,
            _ => return false,
        };
        let is_before = call.process == closed.process && call.index < closed.index;
        is_before && descriptor == closed.arguments[0] && call.result > 0
    };
    closes.into_iter().any(|closed| calls.iter().any(|call| writes_to(call, closed)))
}

/// Calls that no signal interrupts. The others must be repeated after EINTR.
#[rustfmt::skip]
const NEVER_INTERRUPTED: &[Sysno] = &[
    Sysno::mmap, Sysno::munmap, Sysno::mremap, Sysno::madvise, Sysno::uname, Sysno::sched_getaffinity, Sysno::sysinfo,
    Sysno::rt_sigaction, Sysno::rt_sigprocmask, Sysno::clone, Sysno::pipe2, Sysno::execve, Sysno::prctl, Sysno::getcwd,
    Sysno::setpgid, Sysno::prlimit64,
];

/// Returns a message if the returned error is none that a call of this run failed with.
fn wrong_reason(case: &[Fault], run: &Run, errno: i32, may_be_other: bool) -> Option<String> {
    let moves_nothing = case.iter().any(|fault| fault.action == Action::Nothing);
    let is_given = |fault: &Fault| fault.action == Action::Fail(errno);
    let name = Errno::from_raw(errno);
    if errno == libc::EINTR {
        let excused = NEVER_INTERRUPTED.iter().any(|&number| meets(case, number));
        return (!excused).then(|| "it returned EINTR".to_owned());
    }
    if case.iter().any(is_given) || (moves_nothing && errno == libc::EIO) {
        return None;
    }
    // The real error of another call, in place of the injected one.
    let is_real = run.calls.iter().any(|call| call.result == -i64::from(errno));
    if is_real && may_be_other {
        return None;
    }
    let what = if is_real { "an error of another call" } else { "an error of no call" };
    Some(format!("it failed with {name:?}, {what}"))
}

/// Checks that a scenario without faults succeeds and leaves the resources unchanged, except the table of variables.
pub fn check_learned(scenario: &Scenario, learned: &Run) -> Result<()> {
    let found = (&learned.first, &learned.second);
    ensure!(found == (&Verdict::Right, &Verdict::Right), "without faults: {found:?}");
    let differences = learned.state.differences(&learned.before);
    let keeps = |difference: &String| {
        matches!(scenario.function, "rt_env_set" | "rt_env_unset") && difference.starts_with("blocks")
    };
    let lost = differences.iter().find(|difference| !keeps(difference));
    ensure!(lost.is_none(), "without faults it changes resources: {lost:?}");
    Ok(())
}
