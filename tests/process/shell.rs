//! Lines of shell script: compared with `sh -c` of std.

use std::process::Command;

use ffi_syscalls::process::Outcome::{Exited, Signaled};
use ffi_syscalls::{Errno, process};

#[test]
fn shell_returns_the_outcome_that_sh_c_has() {
    for line in ["exit 3", "true", "false | true", "no-such-command-anywhere 2> /dev/null", "", "x=5; exit $x"] {
        let theirs = Command::new("/bin/sh").arg("-c").arg(line).status().unwrap();
        assert_eq!(process::shell(line).unwrap().code(), theirs.code().unwrap(), "{line}");
    }
    assert_eq!(process::shell("kill -TERM $$"), Ok(Signaled(15)));
}

#[test]
fn shell_takes_a_line_that_starts_with_a_hyphen_as_a_command() {
    assert_eq!(process::shell("-no-such-command 2> /dev/null"), Ok(Exited(127)));
}

#[test]
fn shell_refuses_a_line_with_a_nul() {
    assert_eq!(process::shell("exit 0\0"), Err(Errno::EINVAL));
}
