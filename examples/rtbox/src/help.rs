//! What rtbox says about itself, all of it from the table of applets.

use core::ffi::c_int;

use crate::job::{Job, code};
use crate::output::Lines;
use crate::{APPLETS, Applet};

const VERSION: &[u8] = concat!("rtbox ", env!("CARGO_PKG_VERSION")).as_bytes();

const USAGE: &[u8] = b"usage: rtbox APPLET [ARGUMENT...]\n       \
    APPLET [ARGUMENT...]    when APPLET is a link to rtbox\n       \
    rtbox --list | --version | help [APPLET]";

const NOTES: &[u8] = b"Options come before the other arguments; -- ends them.\n\
    Exit codes: 0 success, 1 something failed (the message says what and why), 2 wrong usage. lock, env and run\n\
    give the code of the command that they ran. 127: no such applet.";

/// `rtbox help`, `rtbox help APPLET`.
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

/// `rtbox --help`.
pub(crate) fn overview() -> c_int {
    print(write_overview)
}

/// `rtbox APPLET --help`.
pub(crate) fn applet(applet: &Applet) -> c_int {
    print(|out| write_applet(out, applet))
}

/// `rtbox --version`.
pub(crate) fn version() -> c_int {
    print(|out| out.line(&[VERSION]))
}

/// `rtbox --list`: the names, for a loop that makes links of them.
pub(crate) fn list() -> c_int {
    print(|out| {
        for applet in &APPLETS {
            out.line(&[applet.name.as_bytes()]);
        }
    })
}

/// Says how to use an applet, to somebody who did not.
#[cold]
pub(crate) fn misuse(applet: &Applet, complaint: &[&[u8]]) -> c_int {
    let mut message = Lines::stderr();
    message.push(b"rtbox: ");
    message.push(applet.name.as_bytes());
    message.push(b": ");
    for part in complaint {
        message.push(part);
    }
    message.end();
    write_usage(&mut message, applet);
    say(message, code::MISUSE)
}

/// What rtbox says when it is called without arguments.
#[cold]
pub(crate) fn missing_applet() -> c_int {
    let mut message = Lines::stderr();
    write_overview(&mut message);
    say(message, code::MISUSE)
}

/// What rtbox says when it has no such applet.
#[cold]
pub(crate) fn unknown_applet(name: &[u8]) -> c_int {
    let mut message = Lines::stderr();
    message.push(b"rtbox: ");
    message.push_name(name);
    message.line(&[b": no such applet; `rtbox help` shows those there are"]);
    say(message, code::NO_APPLET)
}

fn say(mut message: Lines, code: c_int) -> c_int {
    // Nobody is left to tell.
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
    say(message, code::FAILURE)
}

fn write_overview(out: &mut Lines) {
    out.line(&[VERSION, b": files, directories, environment, processes, system facts; nothing below but the kernel\n"]);
    out.line(&[USAGE, b"\n"]);
    for applet in &APPLETS {
        let name = applet.name.as_bytes();
        let space = b"          ".get(name.len()..).unwrap_or_default();
        out.line(&[b"  ", name, space, applet.summary.as_bytes()]);
    }
    out.line(&[b"\n`rtbox APPLET --help` says more of an applet. ", NOTES]);
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
