//! Applets that run a command.

use core::ffi::c_int;

use ffi_syscalls::file::FileLock;
use ffi_syscalls::process::{self, Outcome};
use ffi_syscalls::{Errno, Result, env, file};

use crate::child;
use crate::job::{Job, code};
use crate::sys::file::bequeath;
use crate::words::Word;

/// Runs a command in a child.
pub(crate) fn run(job: &mut Job) -> c_int {
    let result = start(job, job.operands, None);
    report_start(job, job.operands, result)
}

/// Runs a command in a child while holding a lock.
pub(crate) fn lock(job: &mut Job) -> c_int {
    let Some((file, command)) = job.operands.split_first() else { return code::MISUSE };
    let lock = match file::lock(*file) {
        Err(errno @ Errno::EAGAIN) => {
            job.report_error(&[*file], errno, b" (another process holds the lock)");
            return code::FAILURE;
        }
        lock => lock,
    };
    let Some(lock) = job.check(&[*file], lock) else { return code::FAILURE };
    let descriptor = lock.into_raw();
    let result = start(job, command, Some(descriptor));
    // SAFETY: the descriptor is that of the lock, and nothing else in this process owns it.
    let unlocked = unsafe { FileLock::from_raw(descriptor) }.unlock();
    if let Err(errno) = unlocked {
        job.warn(&[*file], errno, b" (when unlocking, after the command)");
    }
    report_start(job, command, result)
}

/// Starts a command in a child, and waits for its end. The command inherits the descriptor of a lock, and thereby holds
/// the lock even if rtbox is killed.
fn start(job: &mut Job, command: &'static [Word], lock: Option<i32>) -> Result<Outcome> {
    // Print what is buffered before the command prints. `finish` reports an error.
    let _ = job.out.flush();
    child::run(|| {
        // SAFETY: this process, the child, uses the lock in no other way.
        let inherited = lock.map_or(Ok(()), |descriptor| unsafe { bequeath(descriptor) });
        if let Err(errno) = inherited {
            job.report_error(name_in(command), errno, b" (it cannot inherit the lock)");
            return code::NOT_STARTED;
        }
        execute(job, command)
    })
}

/// Returns the name of a command, without its arguments.
fn name_in(command: &[Word]) -> &[Word] {
    command.get(..1).unwrap_or(command)
}

/// Returns the exit code that a shell would, or reports why there is no child.
fn report_start(job: &mut Job, command: &[Word], result: Result<Outcome>) -> c_int {
    match result {
        Ok(outcome) => outcome.code(),
        Err(errno) => {
            job.report_error(name_in(command), errno, b" (no process could be started)");
            code::NOT_STARTED
        }
    }
}

/// Executes a command in place of rtbox. Reports why that failed, and returns the exit code that a shell would.
fn execute(job: &mut Job, words: &'static [Word]) -> c_int {
    let (command, arguments) = words.split_first_chunk::<1>().map_or((words, words), |(first, rest)| (first, rest));
    let result = command.first().map_or(Err(Errno::EINVAL), |name| process::exec(*name, arguments));
    let is_path = command.iter().any(|name| name.bytes().contains(&b'/'));
    let (errno, hint): (_, &[u8]) = match result {
        Ok(Outcome::NotFound(errno)) if !is_path => (errno, b" (not found in PATH)"),
        Ok(Outcome::NotExecutable(errno @ Errno::ENOENT)) => {
            (errno, b" (it needs an interpreter or loader that is missing)")
        }
        Ok(Outcome::NotFound(errno) | Outcome::NotExecutable(errno)) | Err(errno) => (errno, b""),
        Ok(outcome) => return outcome.code(),
    };
    job.report_error(command, errno, hint);
    result.map_or(code::NOT_STARTED, Outcome::code)
}

/// Sets variables, and executes a command in place of rtbox or prints all variables.
pub(crate) fn env(job: &mut Job) -> c_int {
    let is_setting = |word: &Word| word.bytes().contains(&b'=');
    let count = job.operands.iter().take_while(|&word| is_setting(word)).count();
    let (settings, command) = job.operands.split_at_checked(count).unwrap_or_default();
    for setting in settings {
        let (name, value) = split(*setting);
        if job.check(&[*setting], env::set(name, value)).is_none() {
            return code::NOT_STARTED;
        }
    }
    if !command.is_empty() {
        return execute(job, command);
    }
    print_all(job, settings);
    code::SUCCESS
}

/// Prints the values of variables, or all variables.
pub(crate) fn printenv(job: &mut Job) -> c_int {
    if job.operands.is_empty() {
        print_all(job, &[]);
    }
    for name in job.operands {
        match env::get(*name) {
            Err(Errno::ENOENT) => job.report(&[*name], |message| message.push(b"not set")),
            value => {
                if let Some(value) = job.check(&[*name], value) {
                    job.out.line(&[&value]);
                }
            }
        }
    }
    code::SUCCESS
}

/// Splits a setting into name and value.
fn split(setting: Word) -> (&'static [u8], &'static [u8]) {
    let setting = setting.bytes();
    let name = setting.split(|&byte| byte == b'=').next().unwrap_or_default();
    (name, setting.get(name.len() + 1..).unwrap_or_default())
}

/// Prints all variables: those of the kernel with their current values, then those that were added.
fn print_all(job: &mut Job, settings: &[Word]) {
    let named = |words: &[Word], name: &[u8]| words.iter().any(|word| split(*word).0 == name);
    for (i, variable) in job.variables.iter().enumerate() {
        let (name, _) = split(*variable);
        if !named(settings, name) {
            job.out.line(&[variable.bytes()]);
        } else if !named(job.variables.get(..i).unwrap_or_default(), name) {
            print_variable(job, *variable, name);
        }
    }
    for (i, setting) in settings.iter().enumerate() {
        let (name, _) = split(*setting);
        if !named(job.variables, name) && !named(settings.get(..i).unwrap_or_default(), name) {
            print_variable(job, *setting, name);
        }
    }
}

fn print_variable(job: &mut Job, operand: Word, name: &[u8]) {
    if let Some(value) = job.check(&[operand], env::get(name)) {
        job.out.line(&[name, b"=", &value]);
    }
}
