//! rtbox: the operations of `ffi_syscalls` as one program without a libc.
//!
//! The first argument selects the applet. A link to rtbox selects it by the name of the link. The table [`APPLETS`] holds
//! the help text, the option and the number of operands of every applet.

#![no_std]
#![no_main]

mod child;
mod commands;
mod facts;
mod files;
mod help;
mod job;
mod output;
mod stream;
mod sys;
mod words;

use core::ffi::{c_char, c_int};

use job::{Codes, Job, code};
use words::{Word, words};

/// One operation as a command.
struct Applet {
    name: &'static str,
    /// The arguments, as the usage line shows them after the name.
    usage: &'static str,
    /// One line for the overview.
    summary: &'static str,
    /// More lines for the help of the applet, each ending with a newline.
    details: &'static str,
    /// The option that it takes, if any.
    option: Option<&'static [u8]>,
    /// The smallest and the greatest number of operands.
    operands: (usize, usize),
    codes: Codes,
    /// Runs the applet. [`Job::finish`] turns the result into the exit code.
    run: fn(&mut Job) -> c_int,
}

const ANY: usize = usize::MAX;

/// Default values for the fields of an applet.
const DEFAULT: Applet = Applet {
    name: "",
    usage: "",
    summary: "",
    details: "",
    option: None,
    operands: (0, 0),
    codes: Codes { failure: code::FAILURE, misuse: code::MISUSE },
    run: |_| code::SUCCESS,
};

static APPLETS: [Applet; 20] = [
    Applet {
        name: "cat",
        usage: "[FILE...]",
        summary: "print files",
        details: "With no FILE, or when FILE is -, standard input is read. Bytes are printed as they arrive.\n",
        operands: (0, ANY),
        run: files::cat,
        ..DEFAULT
    },
    Applet {
        name: "write",
        usage: "[-n] FILE [TEXT...]",
        summary: "write texts or standard input to a file",
        details: "TEXTs are written as one line, separated by spaces; -n omits the newline at the end. Without a TEXT,\n\
                  standard input is copied as it arrives; FILE keeps its content until the first bytes do. FILE is\n\
                  created if missing.\n",
        option: Some(b"-n"),
        operands: (1, ANY),
        run: files::write,
        ..DEFAULT
    },
    Applet {
        name: "append",
        usage: "[-n] FILE [TEXT...]",
        summary: "append texts or standard input to a file",
        details: "TEXTs are appended as one line, separated by spaces; -n omits the newline at the end. Without a TEXT,\n\
                  standard input is copied as it arrives. FILE is created if missing. Lines of up to 64 KiB that\n\
                  several processes append do not mix.\n",
        option: Some(b"-n"),
        operands: (1, ANY),
        run: files::append,
        ..DEFAULT
    },
    Applet {
        name: "cp",
        usage: "SOURCE DESTINATION",
        summary: "copy a file",
        details: "Copies content and permission bits. DESTINATION is the name of the copy, never a directory to put it\n\
                  into. An existing file is overwritten.\n",
        operands: (2, 2),
        run: files::cp,
        ..DEFAULT
    },
    Applet {
        name: "rm",
        usage: "FILE...",
        summary: "remove files",
        details: "Symbolic links are removed, not their targets. Directories are not removed.\n",
        operands: (1, ANY),
        run: files::rm,
        ..DEFAULT
    },
    Applet {
        name: "ls",
        usage: "[DIRECTORY...]",
        summary: "list directories",
        details: "Prints all names except . and .., one per line, in the order of the file system. Without a DIRECTORY,\n\
                  the working directory is listed.\n",
        operands: (0, ANY),
        run: files::ls,
        ..DEFAULT
    },
    Applet {
        name: "mkdir",
        usage: "[-p] DIRECTORY...",
        summary: "create directories",
        details: "-p creates missing parents too, and does not fail if the directory exists.\n",
        option: Some(b"-p"),
        operands: (1, ANY),
        run: files::mkdir,
        ..DEFAULT
    },
    Applet {
        name: "size",
        usage: "FILE...",
        summary: "print the sizes of files in bytes",
        details: "With several files, each line includes the name: SIZE FILE.\n",
        operands: (1, ANY),
        run: files::size,
        ..DEFAULT
    },
    Applet {
        name: "mtime",
        usage: "FILE...",
        summary: "print the modification times of files",
        details: "Times are seconds since 1970 (UTC), negative before. With several files, each line includes the name:\n\
                  SECONDS FILE.\n",
        operands: (1, ANY),
        run: files::mtime,
        ..DEFAULT
    },
    Applet {
        name: "exists",
        usage: "PATH...",
        summary: "check that paths exist",
        details: "Symbolic links are followed. The exit code is 0 if all paths exist and 1 if not; nothing is printed. If\n\
                  a path cannot be checked, a message is printed and the exit code is 1.\n",
        operands: (1, ANY),
        run: files::exists,
        ..DEFAULT
    },
    Applet {
        name: "lock",
        usage: "FILE COMMAND [ARGUMENT...]",
        summary: "run a command while holding a lock on a file",
        details: "FILE is created if missing. If another process holds the lock, COMMAND is not run and the exit code\n\
                  is 1: lock never waits. The lock is compatible with flock(1) and is released when COMMAND ends:\n\
                  COMMAND inherits it, and holds it also if rtbox is killed. Signals and the exit code are those of\n\
                  run.\n",
        operands: (2, ANY),
        run: commands::lock,
        ..DEFAULT
    },
    Applet {
        name: "pwd",
        summary: "print the working directory",
        details: "Symbolic links are resolved.\n",
        run: facts::pwd,
        ..DEFAULT
    },
    Applet {
        name: "env",
        usage: "[NAME=VALUE...] [COMMAND [ARGUMENT...]]",
        summary: "set variables and become a command",
        details: "COMMAND replaces rtbox: it keeps the process id, gets every signal itself, and returns its own exit\n\
                  code. The exit code is 127 if it was not found, 126 if it could not be executed, 125 after another\n\
                  failure. Without COMMAND, prints all variables, including those set by NAME=VALUEs.\n",
        operands: (0, ANY),
        codes: Codes { failure: code::NOT_STARTED, misuse: code::NOT_STARTED },
        run: commands::env,
        ..DEFAULT
    },
    Applet {
        name: "printenv",
        usage: "[NAME...]",
        summary: "print variables",
        details: "Prints the values of the NAMEs, one per line; the exit code is 1 if one is not set. Without a NAME,\n\
                  prints all variables.\n",
        operands: (0, ANY),
        run: commands::printenv,
        ..DEFAULT
    },
    Applet {
        name: "home",
        summary: "print the home directory of the user",
        details: "This is HOME if it is an absolute path, else the entry of the user in /etc/passwd.\n",
        run: facts::home,
        ..DEFAULT
    },
    Applet {
        name: "run",
        usage: "COMMAND [ARGUMENT...]",
        summary: "run a command and wait for its end",
        details: "COMMAND is searched in PATH unless it contains a slash. Signals are passed on to it; as process 1, run\n\
                  also removes the orphans that end. The exit code is that of COMMAND; 128+N if signal N ended it; 127\n\
                  if it was not found, 126 if it could not be executed, 125 if no process could be started.\n",
        operands: (1, ANY),
        run: commands::run,
        ..DEFAULT
    },
    Applet {
        name: "nproc",
        summary: "print the number of usable processors",
        details: "Counts the processors that the process may run on. A quota of its control group, rounded up, limits\n\
                  the number.\n",
        run: facts::nproc,
        ..DEFAULT
    },
    Applet { name: "hostname", summary: "print the host name", run: facts::hostname, ..DEFAULT },
    Applet { name: "pid", summary: "print the process id of rtbox itself", run: facts::pid, ..DEFAULT },
    Applet {
        name: "help",
        usage: "[APPLET]",
        summary: "print help for rtbox or an applet",
        operands: (0, 1),
        run: help::help,
        ..DEFAULT
    },
];

impl Applet {
    fn named(name: &[u8]) -> Option<&'static Self> {
        APPLETS.iter().find(|applet| applet.name.as_bytes() == name)
    }
}

/// The entry point that `_start` of the library calls.
///
/// # Safety
/// Both arrays must end with a null pointer and live as long as the program, as those of the kernel do.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(_argc: c_int, argv: *const *const c_char, envp: *const *const c_char) -> c_int {
    // SAFETY: `_start` passes the argument array of the kernel.
    let arguments = unsafe { words(argv) };
    // SAFETY: `_start` passes the environment array of the kernel.
    let variables = unsafe { words(envp) };
    // The argument array may be empty: execve(2) does not require a program name.
    let (name, operands) =
        arguments.split_first().map_or((b"".as_slice(), arguments), |(name, rest)| (name.bytes(), rest));
    match Applet::named(name.rsplit(|&byte| byte == b'/').next().unwrap_or_default()) {
        Some(applet) => start(applet, operands, variables),
        None => start_named(operands, variables),
    }
}

/// Runs the applet that the first argument names, or prints help.
fn start_named(arguments: &'static [Word], variables: &'static [Word]) -> c_int {
    let Some((name, operands)) = arguments.split_first() else {
        return help::missing_applet();
    };
    match (name.bytes(), Applet::named(name.bytes())) {
        (_, Some(applet)) => start(applet, operands, variables),
        (b"--help" | b"-h", _) => help::overview(),
        (b"--version" | b"-V", _) => help::version(),
        (b"--list", _) => help::list(),
        (name, None) => help::unknown_applet(name),
    }
}

/// Parses the options, checks the number of operands and runs the applet.
fn start(applet: &'static Applet, arguments: &'static [Word], variables: &'static [Word]) -> c_int {
    let mut job = Job::new(applet, arguments, variables);
    while let Some((first, rest)) = job.operands.split_first() {
        let word = first.bytes();
        if !word.starts_with(b"-") || word == b"-" {
            break;
        }
        job.operands = rest;
        match word {
            b"--" => break,
            b"--help" => return help::applet(applet),
            _ if Some(word) == applet.option => job.option = true,
            _ => return help::misuse(applet, &[b"unknown option ", word]),
        }
    }
    let (least, most) = applet.operands;
    match job.operands.len() {
        count if count < least => help::misuse(applet, &[b"too few arguments"]),
        count if count > most => help::misuse(applet, &[b"too many arguments"]),
        _ => {
            let code = (applet.run)(&mut job);
            job.finish(code)
        }
    }
}
