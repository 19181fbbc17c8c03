//! Running programs with options: compared with `std::process::Command`, and with the view of the kernel.

mod setup;
mod streams;
mod time;

use std::fs;
use std::process::{Command as StdCommand, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ffi_syscalls::process::Outcome::{Exited, NotExecutable, NotFound, Signaled};
use ffi_syscalls::process::{self, Command, Limit, Output};
use ffi_syscalls::{Errno, env};

use crate::run::signals::{counting_handler, handlers};
use crate::run::{NONE, USUAL_PATH, current_mask};
use crate::support::{
    self, assert_same_bytes, checked, count_descriptors, in_child, is_emulated, random_bytes, set_signal_handler,
};

/// Returns a command that runs a line of shell script with these arguments as `$1`, `$2` and so on.
fn sh<'a>(script: &str, args: &[&str]) -> Command<'a> {
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).args(args.iter().copied());
    command
}

fn captured(script: &str) -> Output {
    sh(script, &[]).capture_out().capture_err().run().unwrap()
}

fn text(text: &Option<ffi_syscalls::Text>) -> &str {
    text.as_ref().unwrap().to_str().unwrap()
}

/// Fails if the process has a child, be it running or a zombie.
#[track_caller]
fn assert_no_children() {
    // SAFETY: a null pointer is valid here and asks for no status.
    assert_eq!(unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) }, -1);
    assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::ECHILD));
}

/// The settings of SIGCHLD, two of which have the kernel discard the status of children.
const SIGCHLD: [(libc::sighandler_t, i32); 3] =
    [(libc::SIG_DFL, 0), (libc::SIG_IGN, 0), (libc::SIG_DFL, libc::SA_NOCLDWAIT)];
