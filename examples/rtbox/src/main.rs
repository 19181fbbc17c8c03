//! rtbox: the operations of `ffi_syscalls` as one program without a libc.
//!
//! The first argument names the applet, or the program's own name does, when it is called through a link. Everything
//! that is said of an applet, and how many operands it takes, is in one table: [`APPLETS`].

#![no_std]
#![no_main]

mod commands;
mod facts;
mod files;
mod help;
mod job;
mod output;
mod words;

use core::ffi::{c_char, c_int};

use job::{Job, code};
use words::{Word, words};

/// One operation as a command.
struct Applet {
    name: &'static str,
    /// The arguments, as they are shown behind the name.
    usage: &'static str,
    /// What it does, in a line.
    summary: &'static str,
    /// What else one must know to use it: whole lines.
    details: &'static str,
    /// The option that it takes, if any.
    option: Option<&'static [u8]>,
    /// The smallest and the greatest number of operands.
    operands: (usize, usize),
    /// Does the work. The result is the exit code, unless something failed on the way: see [`Job::finish`].
    run: fn(&mut Job) -> c_int,
}

const ANY: usize = usize::MAX;

/// What an applet is without the fields that say what it is.
const PLAIN: Applet =
    Applet { name: "", usage: "", summary: "", details: "", option: None, operands: (0, 0), run: |_| code::SUCCESS };

static APPLETS: [Applet; 19] = [
    Applet {
        name: "cat",
        usage: "[FILE...]",
        summary: "print files",
        details: "A FILE - is the standard input, and so is none at all. Each file is read to its end before it is\n\
                  printed.\n",
        operands: (0, ANY),
        run: files::cat,
        ..PLAIN
    },
    Applet {
        name: "write",
        usage: "[-n] FILE [TEXT...]",
        summary: "make a text the content of a file",
        details: "TEXTs are written as one line, with a space between them; -n leaves out the newline at its end.\n\
                  Without a TEXT the standard input is written, as it is. FILE is created when missing.\n",
        option: Some(b"-n"),
        operands: (1, ANY),
        run: files::write,
    },
    Applet {
        name: "append",
        usage: "[-n] FILE [TEXT...]",
        summary: "add a text to the end of a file",
        details: "TEXTs are added as one line, with a space between them; -n leaves out the newline at its end.\n\
                  Without a TEXT the standard input is added, as it is. FILE is created when missing. Lines of up\n\
                  to 64 KiB that several processes append do not mix.\n",
        option: Some(b"-n"),
        operands: (1, ANY),
        run: files::append,
    },
    Applet {
        name: "cp",
        usage: "SOURCE DESTINATION",
        summary: "copy a file",
        details: "Content and permission bits are copied. DESTINATION is the name of the copy, never a directory to\n\
                  put it into; a file of that name is overwritten.\n",
        operands: (2, 2),
        run: files::cp,
        ..PLAIN
    },
    Applet {
        name: "rm",
        usage: "FILE...",
        summary: "remove files",
        details: "Symbolic links are removed, not what they lead to; directories are not removed.\n",
        operands: (1, ANY),
        run: files::rm,
        ..PLAIN
    },
    Applet {
        name: "ls",
        usage: "[DIRECTORY...]",
        summary: "list directories",
        details: "All names but . and .. are listed, in the order of the file system, a line each; of the working\n\
                  directory when none is given.\n",
        operands: (0, ANY),
        run: files::ls,
        ..PLAIN
    },
    Applet {
        name: "mkdir",
        usage: "[-p] DIRECTORY...",
        summary: "make directories",
        details: "-p makes missing parents too, and is content with a directory that exists.\n",
        option: Some(b"-p"),
        operands: (1, ANY),
        run: files::mkdir,
    },
    Applet {
        name: "size",
        usage: "FILE...",
        summary: "print the sizes of files in bytes",
        details: "Of several files each line has the name too: SIZE FILE.\n",
        operands: (1, ANY),
        run: files::size,
        ..PLAIN
    },
    Applet {
        name: "mtime",
        usage: "FILE...",
        summary: "print when files were last changed",
        details: "In seconds since 1970 (UTC), negative before. Of several files each line has the name too:\n\
                  SECONDS FILE.\n",
        operands: (1, ANY),
        run: files::mtime,
        ..PLAIN
    },
    Applet {
        name: "exists",
        usage: "PATH...",
        summary: "find out whether paths lead to anything",
        details: "The exit code is 0 when all do, 1 when not; nothing is printed. A dangling symbolic link leads\n\
                  nowhere. There is a message, and exit code 1, when it cannot be known.\n",
        operands: (1, ANY),
        run: files::exists,
        ..PLAIN
    },
    Applet {
        name: "lock",
        usage: "FILE COMMAND [ARGUMENT...]",
        summary: "run a command while holding a lock on a file",
        details: "FILE is created when missing. When somebody else has locked it, COMMAND is not run and the exit\n\
                  code is 1; there is no waiting. It is the lock of flock(1), given up when COMMAND has ended.\n\
                  The exit code is otherwise as of run.\n",
        operands: (2, ANY),
        run: commands::lock,
        ..PLAIN
    },
    Applet {
        name: "pwd",
        summary: "print the working directory",
        details: "As the kernel knows it: symbolic links are resolved.\n",
        run: facts::pwd,
        ..PLAIN
    },
    Applet {
        name: "env",
        usage: "[NAME... | NAME=VALUE... [COMMAND [ARGUMENT...]]]",
        summary: "print variables, or set some and run a command",
        details: "NAMEs: their values are printed, a line each; the exit code is 1 when one is not set.\n\
                  NAME=VALUEs: these variables are set and COMMAND is run; the exit code is as of run.\n\
                  Without NAMEs and COMMAND: all variables are printed, those that are set included.\n",
        operands: (0, ANY),
        run: commands::env,
        ..PLAIN
    },
    Applet {
        name: "home",
        summary: "print the user's home directory",
        details: "HOME when it is an absolute path, else what /etc/passwd says.\n",
        run: facts::home,
        ..PLAIN
    },
    Applet {
        name: "run",
        usage: "COMMAND [ARGUMENT...]",
        summary: "run a command and wait for its end",
        details: "COMMAND is looked for in PATH unless it contains a slash. The exit code is the command's; 128+N when\n\
                  signal N ended it; 127 when it was not found, 126 when it could not be executed, 125 when no\n\
                  process could be started.\n",
        operands: (1, ANY),
        run: commands::run,
        ..PLAIN
    },
    Applet {
        name: "nproc",
        summary: "print how many processors can be used",
        details: "Those that the process may run on, or fewer when a control group limits its share, rounded up.\n",
        run: facts::nproc,
        ..PLAIN
    },
    Applet { name: "hostname", summary: "print the host name", run: facts::hostname, ..PLAIN },
    Applet { name: "pid", summary: "print the process id of rtbox itself", run: facts::pid, ..PLAIN },
    Applet {
        name: "help",
        usage: "[APPLET]",
        summary: "say how to use rtbox or an applet",
        operands: (0, 1),
        run: help::help,
        ..PLAIN
    },
];

impl Applet {
    fn named(name: &[u8]) -> Option<&'static Self> {
        APPLETS.iter().find(|applet| applet.name.as_bytes() == name)
    }
}

/// Called by the library's `_start`.
///
/// # Safety
/// Both arrays are the kernel's: null pointers end them, and they stay as long as the program runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(_argc: c_int, argv: *const *const c_char, envp: *const *const c_char) -> c_int {
    // SAFETY: the caller's.
    let arguments = unsafe { words(argv) };
    // SAFETY: the caller's.
    let variables = unsafe { words(envp) };
    // The kernel lets a program be started without even a name.
    let (name, operands) =
        arguments.split_first().map_or((b"".as_slice(), arguments), |(name, rest)| (name.bytes(), rest));
    match Applet::named(name.rsplit(|&byte| byte == b'/').next().unwrap_or_default()) {
        Some(applet) => start(applet, operands, variables),
        None => start_named(operands, variables),
    }
}

/// The first argument says what to do.
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

/// Takes the options off the operands, counts these, and runs the applet.
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
