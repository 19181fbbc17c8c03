//! Becoming a program, or starting it by posix_spawn(3).

use core::cell::Cell;
use core::ffi::{CStr, c_char};

use super::argv::{Argv, SHELL};
use super::search::{DEFAULT_PATH, Search};
use super::status::Outcome;
use crate::env::{self, EntriesOf as Entries};
use crate::errno::{Errno, Result};
use crate::list::List;
use crate::sys::{self, Disposition, SignalSet};

/// A program to execute: its arguments, its environment, and the places where it can be.
pub(super) struct Program<'a> {
    /// The shell, should the command be a script for it; the command; its arguments; a null pointer.
    argv: *mut *const c_char,
    envp: *const *const c_char,
    search: Search<'a>,
    /// The signal mask that posix_spawn(3) gives the program, where it starts programs. None: the process becomes it.
    spawn_mask: Option<SignalSet>,
    /// The process that posix_spawn(3) started, or 0.
    spawned: Cell<i32>,
}

/// Has the calling process become a program, and returns why it did not.
///
/// The arguments are consumed: the path of a script replaces the command among them.
pub(crate) fn exec_argv(mut argv: Argv<'_>) -> Result<Outcome> {
    let envp = env::snapshot()?;
    let program = Program::new(&mut argv, &envp);
    // execve(2) resets a handler itself.
    let ignores_sigpipe = sys::disposition(sys::SIGPIPE)? == Disposition::Ignored;
    let saved = if ignores_sigpipe { Some(sys::default_action(sys::SIGPIPE)?) } else { None };
    let errno = program.start();
    if let Some(saved) = &saved {
        sys::restore_action(sys::SIGPIPE, saved);
    }
    Ok(if program.is_found(errno) { Outcome::NotExecutable(errno) } else { Outcome::NotFound(errno) })
}

impl<'a> Program<'a> {
    /// Takes the arguments and the environment of a program that the process becomes.
    pub(super) fn new(argv: &'a mut Argv<'_>, envp: &'a List) -> Self {
        Self::with_environment(argv, Entries::of(envp), false)
    }

    /// Takes the arguments and an environment, whose `PATH` counts in secure-execution mode too if it `is_own`.
    pub(super) fn with_environment(argv: &'a mut Argv<'_>, envp: Entries<'a>, is_own: bool) -> Self {
        let path = if !is_own && env::is_secure_exec() { None } else { env::value_in(envp, b"PATH") };
        let array = argv.as_mut_ptr();
        let search = Search { command: argv.command(), path: path.unwrap_or(DEFAULT_PATH).to_bytes() };
        Self { argv: array, envp: envp.as_ptr(), search, spawn_mask: None, spawned: Cell::new(0) }
    }

    /// Has posix_spawn(3) start the program, with this signal mask.
    pub(super) const fn spawn_with(&mut self, mask: SignalSet) {
        self.spawn_mask = Some(mask);
    }

    /// Becomes the program, or starts it, and returns why not; `EEXIST` if it was started.
    pub(super) fn start(&self) -> Errno {
        self.search.try_candidates(&|path| self.execute(path))
    }

    /// Returns whether the command was found, after it could not be executed for this reason.
    pub(super) fn is_found(&self, errno: Errno) -> bool {
        self.search.is_found(errno)
    }

    /// Returns the process that posix_spawn(3) started, or 0.
    pub(super) const fn spawned(&self) -> i32 {
        self.spawned.get()
    }

    /// Becomes the program at a path, or starts it, and returns why not; `EEXIST` if it was started.
    fn execute(&self, path: &CStr) -> Errno {
        let mut pause = 1;
        loop {
            // SAFETY: the array without its first element is an array ended by a null pointer.
            match unsafe { self.exec(path, self.argv.wrapping_add(1)) } {
                // A child of another thread may have a file that was just written open until it executes. EINTR: where
                // the caller's errno is shared, its own wait may have been interrupted meanwhile.
                Errno::ETXTBSY | Errno::EINTR if pause <= 16 => sys::sleep_milliseconds(pause),
                Errno::ENOEXEC => return self.execute_script(path),
                errno => return errno,
            }
            pause *= 4;
        }
    }

    /// Has the shell run a file that the kernel cannot execute: `/bin/sh path arguments`.
    fn execute_script(&self, path: &CStr) -> Errno {
        // SAFETY: this is the element of the command, which no other thread uses while a program starts.
        unsafe { self.argv.wrapping_add(1).write(path.as_ptr()) };
        // SAFETY: the array is one of NUL-terminated strings, ended by a null pointer.
        unsafe { self.exec(SHELL, self.argv) };
        Errno::ENOEXEC
    }

    /// Becomes the program with these arguments, or starts it, and returns why not; `EEXIST` if it was started.
    ///
    /// # Safety
    /// `argv` is an array of NUL-terminated strings, ended by a null pointer.
    unsafe fn exec(&self, path: &CStr, argv: *const *const c_char) -> Errno {
        if let Some(mask) = self.spawn_mask.as_ref().filter(|_| sys::HAS_POSIX_SPAWN) {
            // SAFETY: `argv` and the environment are arrays of NUL-terminated strings, ended by null pointers.
            return match unsafe { sys::posix_spawn(path, argv, self.envp, mask) } {
                Ok(pid) => {
                    self.spawned.set(pid);
                    Errno::EEXIST
                }
                Err(errno) => errno,
            };
        }
        // SAFETY: `argv` and the environment are arrays of NUL-terminated strings, ended by null pointers.
        unsafe { sys::exec(path, argv, self.envp) }
    }
}
