//! Runs every applet on real files and processes, and compares the results with std and coreutils.
//!
//! The program is the one that cargo built for the test, or the one that the environment variable RTBOX names.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

mod commands;
mod facts;
mod files;
mod help;
mod locks;
mod output;
mod program;
mod running;
mod signals;
mod streams;

use std::ffi::{CStr, OsStr, OsString};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use running::{Running, kill, stat_of, wait_for_states, within_limit};

/// rtbox with a temporary directory as its working directory.
struct Rtbox(TempDir);

/// The result of a program: standard output, standard error and exit code.
type Outcome = (Vec<u8>, String, Option<i32>);

/// Copies a program with cp(1). If this process opened the copy for writing, a child that another test starts at that
/// moment would inherit the descriptor, and the kernel would refuse to execute the copy (ETXTBSY).
fn copy_program(from: &Path, to: &Path) {
    assert!(Command::new("/bin/cp").args([from, to]).status().unwrap().success());
}

fn program() -> PathBuf {
    std::env::var_os("RTBOX").map_or_else(|| env!("CARGO_BIN_EXE_rtbox").into(), PathBuf::from)
}

fn outcome(output: Output) -> Outcome {
    (output.stdout, String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code())
}

fn success(stdout: impl AsRef<[u8]>) -> Outcome {
    (stdout.as_ref().to_vec(), String::new(), Some(0))
}

fn failure(code: i32, stderr: &str) -> Outcome {
    (Vec::new(), stderr.to_owned(), Some(code))
}

impl Rtbox {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.0.path().join(name.as_ref())
    }

    fn write(&self, name: impl AsRef<OsStr>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn script(&self, name: &str, content: &str) {
        let draft = self.write(format!("{name}.draft"), content);
        copy_program(&draft, &self.path(name));
        fs::remove_file(draft).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn other_command(&self, program: impl AsRef<OsStr>, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    fn command(&self, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Command {
        self.other_command(program(), args)
    }

    /// Runs rtbox with the words of a line.
    fn run(&self, line: &str) -> Outcome {
        self.run_args(line.split(' ').filter(|word| !word.is_empty()))
    }

    fn run_args(&self, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Outcome {
        outcome(self.command(args).output().unwrap())
    }

    /// As [`run`](Self::run), with a PATH of the working directory alone. The PATH of the user may name directories that
    /// cannot be searched, which changes the error.
    fn run_with_empty_path(&self, line: &str) -> Outcome {
        outcome(self.command(line.split(' ')).env("PATH", self.0.path()).output().unwrap())
    }

    fn run_with_input(&self, line: &str, input: &[u8]) -> Outcome {
        let mut command = self.command(line.split(' '));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || drop(pipe.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        outcome(output)
    }

    /// Returns the standard output of another program in the same working directory.
    fn oracle(&self, program: &str, args: &[&str]) -> Vec<u8> {
        let output = self.other_command(program, args).output().unwrap();
        assert!(output.status.success(), "{program} {args:?}: {output:?}");
        output.stdout
    }
}

/// Reports what could not be tested. It writes past the capture of the test harness, which hides the output of tests
/// that pass.
fn report_cannot_run(what: &str) {
    let _ = writeln!(std::io::stderr(), "\nCANNOT RUN: {what}\n");
}

/// Returns whether the programs run in an emulator.
fn is_emulated() -> bool {
    std::env::var_os("FFI_SYSCALLS_EMULATED").is_some()
}

fn every_byte(len: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(len).collect()
}
