//! Applets that print one fact.

use core::ffi::c_int;

use ffi_syscalls::{Errno, Result, Text, env, process, system};

use crate::job::{Job, code};

/// Prints the working directory.
pub(crate) fn pwd(job: &mut Job) -> c_int {
    print(job, env::cwd())
}

/// Prints the home directory.
pub(crate) fn home(job: &mut Job) -> c_int {
    match env::home() {
        Err(errno @ Errno::ENOENT) => job.report_error(&[], errno, b" (neither HOME nor /etc/passwd names one)"),
        home => return print(job, home),
    }
    code::SUCCESS
}

/// Prints the host name.
pub(crate) fn hostname(job: &mut Job) -> c_int {
    print(job, system::hostname())
}

/// Prints the number of processors.
pub(crate) fn nproc(job: &mut Job) -> c_int {
    job.out.push_number(i64::try_from(system::cpu_count()).unwrap_or(i64::MAX));
    job.out.end();
    code::SUCCESS
}

/// Prints the process id.
pub(crate) fn pid(job: &mut Job) -> c_int {
    job.out.push_number(i64::from(process::getpid()));
    job.out.end();
    code::SUCCESS
}

fn print(job: &mut Job, text: Result<Text>) -> c_int {
    if let Some(text) = job.check(&[], text) {
        job.out.line(&[&text]);
    }
    code::SUCCESS
}
