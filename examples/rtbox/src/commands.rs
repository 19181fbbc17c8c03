//! Applets that run a command.

use core::ffi::c_int;

use ffi_syscalls::process::{self, Outcome};
use ffi_syscalls::{Errno, env, file};

use crate::job::{Job, code};
use crate::words::Word;

/// Runs a command.
pub(crate) fn run(job: &mut Job) -> c_int {
    execute(job, job.operands).report(job)
}

/// Runs a command while holding a lock.
pub(crate) fn lock(job: &mut Job) -> c_int {
    let Some((file, command)) = job.operands.split_first() else { return code::MISUSE };
    let lock = match file::lock(*file) {
        Err(errno @ Errno::EAGAIN) => {
            job.report_error(&[*file], errno, b" (somebody else has locked it)");
            return code::FAILURE;
        }
        lock => lock,
    };
    let Some(lock) = job.check(&[*file], lock) else { return code::FAILURE };
    let ending = execute(job, command);
    // Unlock before any message: if standard error is closed, the lock may have its descriptor.
    let unlocked = lock.unlock();
    job.check(&[*file], unlocked);
    ending.report(job)
}

/// Prints variables, or sets some and runs a command.
pub(crate) fn env(job: &mut Job) -> c_int {
    let is_setting = |word: &Word| word.bytes().contains(&b'=');
    let count = job.operands.iter().take_while(|&word| is_setting(word)).count();
    let (settings, rest) = job.operands.split_at_checked(count).unwrap_or_default();
    if settings.is_empty() && !rest.is_empty() {
        return print_values(job);
    }
    for setting in settings {
        let (name, value) = split(*setting);
        if job.check(&[*setting], env::set(name, value)).is_none() {
            return if rest.is_empty() { code::FAILURE } else { code::NOT_STARTED };
        }
    }
    if rest.is_empty() {
        print_all(job, settings);
        return code::SUCCESS;
    }
    execute(job, rest).report(job)
}

/// Splits a setting into name and value.
fn split(setting: Word) -> (&'static [u8], &'static [u8]) {
    let setting = setting.bytes();
    let name = setting.split(|&byte| byte == b'=').next().unwrap_or_default();
    (name, setting.get(name.len() + 1..).unwrap_or_default())
}

fn print_values(job: &mut Job) -> c_int {
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

/// A command and its result.
struct Ending {
    command: &'static [Word],
    result: ffi_syscalls::Result<Outcome>,
}

/// Runs a command, given by its name and arguments.
fn execute(job: &mut Job, words: &'static [Word]) -> Ending {
    // Print what is buffered before the command prints. `finish` reports an error.
    let _ = job.out.flush();
    let (command, arguments) = words.split_first_chunk::<1>().map_or((words, words), |(first, rest)| (first, rest));
    let result = command.first().map_or(Err(Errno::EINVAL), |name| process::run(*name, arguments));
    Ending { command, result }
}

impl Ending {
    /// Reports why the command did not run, if so. Returns the exit code that a shell would.
    fn report(self, job: &mut Job) -> c_int {
        let by_path = self.command.iter().any(|name| name.bytes().contains(&b'/'));
        let (errno, hint): (_, &[u8]) = match self.result {
            Ok(Outcome::NotFound(errno)) if !by_path => (errno, b" (not found in PATH)"),
            Ok(Outcome::NotExecutable(errno @ Errno::ENOENT)) => {
                (errno, b" (it needs an interpreter or loader that is missing)")
            }
            Ok(Outcome::NotFound(errno) | Outcome::NotExecutable(errno)) => (errno, b""),
            Ok(outcome) => return outcome.code(),
            Err(errno) => (errno, b" (no process could be started)"),
        };
        job.report_error(self.command, errno, hint);
        self.result.map_or(code::NOT_STARTED, Outcome::code)
    }
}
