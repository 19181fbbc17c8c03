//! Help texts and messages about misuse, derived from the table of applets.

use core::ffi::c_int;

use crate::job::{Job, code};
use crate::output::Lines;
use crate::{APPLETS, Applet};

const VERSION: &[u8] = concat!("rtbox ", env!("CARGO_PKG_VERSION")).as_bytes();

const USAGE: &[u8] = b"usage: rtbox APPLET [ARGUMENT...]\n       \
    APPLET [ARGUMENT...]    if APPLET is a link to rtbox\n       \
    rtbox --list | --version | help [APPLET]";

const NOTES: &[u8] = b"Options precede the other arguments; -- ends them.\n\
    Exit codes: 0 success, 1 failure (a message reports the reason), 2 wrong usage, 127 unknown applet. lock, env\n\
    and run return the code of the command that they ran.";

/// Implements `rtbox help` and `rtbox help APPLET`.
pub(crate) fn help(job: &mut Job) -> c_int {
    match job.operands.first().map(|operand| operand.bytes()) {
        None => write_overview(&mut job.out),
        Some(name) => match Applet::named(name) {
            Some(applet) => write_applet(&mut job.out, applet),
            None => return unknown_applet(name),
        },
    }
    code::SUCCESS
}

/// Implements `rtbox --help`.
pub(crate) fn overview() -> c_int {
    print(write_overview)
}

/// Implements `rtbox APPLET --help`.
pub(crate) fn applet(applet: &Applet) -> c_int {
    print(|out| write_applet(out, applet))
}

/// Implements `rtbox --version`.
pub(crate) fn version() -> c_int {
    print(|out| out.line(&[VERSION]))
}

/// Implements `rtbox --list`: prints the names, one per line, for a script that creates links.
pub(crate) fn list() -> c_int {
    print(|out| {
        for applet in &APPLETS {
            out.line(&[applet.name.as_bytes()]);
        }
    })
}

/// Reports wrong usage of an applet, with its usage line.
#[cold]
pub(crate) fn misuse(applet: &Applet, problem: &[&[u8]]) -> c_int {
    let mut message = Lines::stderr();
    message.push(b"rtbox: ");
    message.push(applet.name.as_bytes());
    message.push(b": ");
    for part in problem {
        message.push(part);
    }
    message.end();
    write_usage(&mut message, applet);
    report(message, applet.codes.misuse)
}

/// Prints the overview to standard error, for a call without arguments.
#[cold]
pub(crate) fn missing_applet() -> c_int {
    let mut message = Lines::stderr();
    write_overview(&mut message);
    report(message, code::MISUSE)
}

/// Reports an unknown applet.
#[cold]
pub(crate) fn unknown_applet(name: &[u8]) -> c_int {
    let mut message = Lines::stderr();
    message.push(b"rtbox: ");
    message.push_name(name);
    message.line(&[b": no such applet; `rtbox help` shows those there are"]);
    report(message, code::NO_APPLET)
}

fn report(mut message: Lines, code: c_int) -> c_int {
    // A failure of standard error cannot be reported.
    let _ = message.flush();
    code
}

fn print(write: impl FnOnce(&mut Lines)) -> c_int {
    let mut out = Lines::stdout();
    write(&mut out);
    let Err(errno) = out.flush() else { return code::SUCCESS };
    let mut message = Lines::stderr();
    message.push(b"rtbox: standard output: ");
    message.push_errno(errno);
    message.end();
    report(message, code::FAILURE)
}

fn write_overview(out: &mut Lines) {
    out.line(&[VERSION, b": files, directories, environment, processes, system facts; straight from the kernel\n"]);
    out.line(&[USAGE, b"\n"]);
    for applet in &APPLETS {
        let name = applet.name.as_bytes();
        let space = b"          ".get(name.len()..).unwrap_or_default();
        out.line(&[b"  ", name, space, applet.summary.as_bytes()]);
    }
    out.line(&[b"\n`rtbox APPLET --help` describes an applet. ", NOTES]);
}

fn write_usage(out: &mut Lines, applet: &Applet) {
    let space: &[u8] = if applet.usage.is_empty() { b"" } else { b" " };
    out.line(&[b"usage: rtbox ", applet.name.as_bytes(), space, applet.usage.as_bytes()]);
}

fn write_applet(out: &mut Lines, applet: &Applet) {
    write_usage(out, applet);
    out.line(&[applet.name.as_bytes(), b": ", applet.summary.as_bytes()]);
    out.push(applet.details.as_bytes());
}
