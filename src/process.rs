//! Processes: the caller's, and running a program to its end.

use core::ffi::{CStr, c_char, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use crate::alloc::Block;
use crate::arg::{Arg, PATH_MAX, join};
use crate::fd::Fd;
use crate::sys::{self, Disposition, Sharing, SignalSet, WaitStatus};
use crate::text::fields;
use crate::{Errno, List, Result, env, file};

/// The caller's process id. It is asked for anew each time, so it is right after a fork too.
#[must_use]
pub fn getpid() -> i32 {
    sys::getpid()
}

/// Ends the process, all its threads included, with an exit code of which the low 8 bits count.
pub fn exit(code: i32) -> ! {
    sys::exit(code)
}

/// How a program that was to run ended, or why it did not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ended by itself, with this exit code.
    Exited(u8),
    /// This signal ended it.
    Signaled(u8),
    /// There is no such command: it is not in `PATH`, or its path leads nowhere.
    NotFound(Errno),
    /// The command was found and could not be executed. `ENOENT` means that what the file asks for is missing: the
    /// interpreter behind its `#!`, or its dynamic loader.
    NotExecutable(Errno),
}

impl Outcome {
    /// The one number that a shell would give: the exit code, 128 and the signal, 127 for a command that was not
    /// found, 126 for one that could not be executed.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Exited(code) => i32::from(code),
            Self::Signaled(signal) => 128 + i32::from(signal),
            Self::NotFound(_) => 127,
            Self::NotExecutable(_) => 126,
        }
    }

    /// Whether the program exited with 0.
    #[must_use]
    pub fn success(self) -> bool {
        self == Self::Exited(0)
    }
}

/// Runs a program and waits for its end. Its first argument is `command`; `args` follow.
///
/// A command without a slash is looked for in the `PATH` of the library's environment ([`mod@env`]), as execvp(3)
/// does; without `PATH`, and in a program with raised rights, in `/bin` and `/usr/bin`. A script without `#!` is run
/// by `/bin/sh`. The program gets the caller's standard streams, working directory, umask, signal mask and ignored
/// signals, and the library's environment. SIGPIPE alone is always handled by default: a runtime that ignores it for
/// itself does not mean its children.
///
/// It works also where the caller ignores SIGCHLD, and touches no handler or mask that the caller could see.
///
/// # Errors
/// The program could not be started, or not be waited for: `EAGAIN`, `ENOMEM`, `EMFILE`; `ECHILD` when somebody else
/// in the process waited for it. `EINVAL` when a text contains a NUL byte.
pub fn run<A: Arg>(command: impl Arg, args: &[A]) -> Result<Outcome> {
    let (command, args) = (command.bytes(), args.iter().map(Arg::bytes));
    if command.contains(&0) || args.clone().any(|arg| arg.contains(&0)) {
        return Err(Errno::EINVAL);
    }
    run_args(command, args)
}

/// As [`run`], with texts that are known to have no NUL.
pub(crate) fn run_args<'a>(command: &'a [u8], args: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Outcome> {
    let argv = List::new([SHELL.to_bytes(), command].into_iter().chain(args))?;
    let envp = env::snapshot()?;
    run_list(&argv, &envp)
}

const SHELL: &CStr = c"/bin/sh";

/// The longest name in a directory. See path_resolution(7).
const NAME_MAX: usize = 255;

/// Where commands are when `PATH` does not say, as in glibc.
const DEFAULT_PATH: &CStr = c"/bin:/usr/bin";

fn run_list(argv: &List, envp: &List) -> Result<Outcome> {
    let command = argv.iter().nth(1).ok_or(Errno::EINVAL)?;
    let path = if env::has_raised_rights() { None } else { env::value_in(envp, b"PATH") };
    let sigchld = sys::disposition(sys::SIGCHLD)?;
    let mut child = Child {
        argv: argv.as_ptr().wrapping_add(1).cast_mut(),
        shell_argv: argv.as_ptr(),
        envp: envp.as_ptr(),
        search: Search { command, path: path.unwrap_or(DEFAULT_PATH).to_bytes() },
        mask: 0,
        ignores_sigchld: sigchld == Disposition::Ignored,
        report: -1,
    };
    let mut stack = Block::new(STACK)?;
    let ending = match sigchld {
        Disposition::Ignored | Disposition::NotWaited => run_supervised(&mut child, &mut stack)?,
        Disposition::Default | Disposition::Handled => run_directly(&mut child, &mut stack)?,
    };
    Ok(match ending {
        Ending::Ended(status) => status.outcome(),
        Ending::NotExecuted(errno) if child.search.finds_anything(errno) => Outcome::NotExecutable(errno),
        Ending::NotExecuted(errno) => Outcome::NotFound(errno),
    })
}

/// What a child needs to begin. It may share the caller's memory, so all of it is made before, and nothing is
/// allocated or locked in the child.
struct Child<'a> {
    /// The command, its arguments, and a null pointer.
    argv: *mut *const c_char,
    /// The same with a shell in front, should the command be a script of one.
    shell_argv: *const *const c_char,
    envp: *const *const c_char,
    search: Search<'a>,
    /// The caller's signal mask, which the program gets.
    mask: SignalSet,
    /// Whether the program is to ignore SIGCHLD, as the caller does.
    ignores_sigchld: bool,
    /// Where to report why the program did not begin.
    report: i32,
}

/// A child needs a path on its stack, and what the compiler makes of a few small functions.
const STACK: usize = 1 << 15;

const ALL_SIGNALS: SignalSet = !0;

/// How it went with a child that was started.
#[derive(Clone, Copy)]
enum Ending {
    Ended(WaitStatus),
    NotExecuted(Errno),
}

impl WaitStatus {
    /// See wait(2): a signal in the low 7 bits, else the exit code above them.
    fn outcome(self) -> Outcome {
        let [low, high, ..] = self.0.to_le_bytes();
        match low & 0x7f {
            0 => Outcome::Exited(high),
            signal => Outcome::Signaled(signal),
        }
    }
}

/// Starts the program and waits for it.
fn run_directly(child: &mut Child<'_>, stack: &mut Block) -> Result<Ending> {
    let (reports, to_parent) = sys::pipe()?;
    child.report = to_parent.raw();
    // No handler of the caller's may run in a child that shares its memory.
    child.mask = sys::set_signal_mask(ALL_SIGNALS)?;
    let started = start(child, stack);
    let restored = sys::set_signal_mask(child.mask);
    let waited = sys::wait(started?);
    restored?;
    // The child has ended, so what it had to report is in the pipe, whoever else may hold the other end.
    match receive(&reports) {
        Some(Err(errno)) => Ok(Ending::NotExecuted(errno)),
        _ => Ok(Ending::Ended(waited?)),
    }
}

/// Starts the program; its process id.
fn start(child: &Child<'_>, stack: &mut Block) -> Result<i32> {
    let argument = NonNull::from_ref(child).cast();
    // SAFETY: the calling thread goes on when the child has left the stack, and all that it was given, behind.
    match unsafe { sys::spawn(Sharing::MemoryWaiting, stack.spare(), begin, argument) } {
        // SAFETY: a child that shares nothing has its own copy of all of it.
        Err(errno) if knows_only_fork(errno) => unsafe { sys::spawn(Sharing::Nothing, stack.spare(), begin, argument) },
        result => result,
    }
}

/// Whether this is what emulators and sandboxes say to a child that shares something, where fork(2) may work.
const fn knows_only_fork(errno: Errno) -> bool {
    matches!(errno, Errno::EINVAL | Errno::ENOSYS | Errno::EPERM)
}

/// Runs the program under a supervisor: where the caller ignores SIGCHLD the kernel forgets how a child ended, and the
/// caller's own handling must not change. The supervisor handles SIGCHLD by default, waits, and reports.
fn run_supervised(child: &mut Child<'_>, stack: &mut Block) -> Result<Ending> {
    let (reports, to_parent) = sys::pipe()?;
    child.report = to_parent.raw();
    let mut supervisor_stack = Block::new(STACK)?;
    child.mask = sys::set_signal_mask(ALL_SIGNALS)?;
    let mask = child.mask;
    let mut supervisor = Supervisor { child, stack, shares: true };
    let started = start_supervisor(&mut supervisor, &mut supervisor_stack);
    let restored = sys::set_signal_mask(mask);
    // As a rule ECHILD, when the supervisor has ended: it is forgotten as well.
    let waited = sys::wait(started?);
    restored?;
    match (receive(&reports), receive(&reports)) {
        (Some(Ok(status)), _) => Ok(Ending::Ended(WaitStatus(status))),
        // The child's report, and how it ended then.
        (Some(Err(errno)), Some(_)) => Ok(Ending::NotExecuted(errno)),
        // The supervisor's only report.
        (Some(Err(errno)), None) => Err(errno),
        (None, _) => Err(waited.err().unwrap_or(Errno::ECHILD)),
    }
}

struct Supervisor<'a, 'b> {
    child: &'a Child<'b>,
    stack: &'a mut Block,
    /// Whether it has the caller's descriptors, and not copies of its own.
    shares: bool,
}

/// Starts the supervisor with the caller's descriptors: were they copies, a pipe that the caller closes while the
/// program runs would stay open. So it does where only fork(2) is known, unless the copies can be closed.
fn start_supervisor(supervisor: &mut Supervisor<'_, '_>, stack: &mut Block) -> Result<i32> {
    let argument = NonNull::from_mut(supervisor).cast();
    // SAFETY: the caller waits until the supervisor has ended.
    match unsafe { sys::spawn(Sharing::MemoryAndFiles, stack.spare(), supervise, argument) } {
        Err(errno) if knows_only_fork(errno) => {
            supervisor.shares = false;
            let argument = NonNull::from_mut(supervisor).cast();
            // SAFETY: a child that shares nothing has its own copy of all of it.
            unsafe { sys::spawn(Sharing::Nothing, stack.spare(), supervise, argument) }
        }
        result => result,
    }
}

/// The supervisor's life, in a process that shares the caller's memory and descriptors, but not its handlers.
unsafe extern "C" fn supervise(supervisor: *mut c_void) -> ! {
    // SAFETY: what `start_supervisor` passed, and `run_supervised` waits with.
    let supervisor = unsafe { &mut *supervisor.cast::<Supervisor<'_, '_>>() };
    let report = supervisor.child.report;
    sys::set_disposition(sys::SIGCHLD, false);
    let started = start(supervisor.child, supervisor.stack);
    if !supervisor.shares {
        sys::close_all_but(report);
    }
    send(report, started.and_then(sys::wait).map(|status| status.0));
    sys::exit(0)
}

/// In a message, what tells an error from a wait status.
const IS_ERROR: u64 = 1 << 32;

/// Sends how a child ended, or why it did not begin, through a pipe.
fn send(pipe: i32, message: Result<i32>) {
    let message = match message {
        Ok(status) => u64::from(status.cast_unsigned()),
        Err(errno) => IS_ERROR | u64::from(errno.raw().cast_unsigned()),
    };
    // An empty pipe takes a few bytes at once. If it could not, the reader would notice that nothing came.
    let _ = sys::write(pipe, &message.to_ne_bytes());
}

/// The next message in a pipe, if there is one.
fn receive(pipe: &Fd) -> Option<Result<i32>> {
    let mut bytes = [MaybeUninit::uninit(); 8];
    if sys::read(pipe, &mut bytes) != Ok(bytes.len()) {
        return None;
    }
    // SAFETY: the kernel has set all of them.
    let message = u64::from_ne_bytes(unsafe { core::mem::transmute::<[MaybeUninit<u8>; 8], [u8; 8]>(bytes) });
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    let number = (message as u32).cast_signed();
    Some(if message & IS_ERROR == 0 { Ok(number) } else { Err(Errno::from_raw(number)?) })
}

/// The child's life: undoes what the caller's process means to signals, and becomes the program.
unsafe extern "C" fn begin(child: *mut c_void) -> ! {
    // SAFETY: what `start` passed. The caller's thread waits, or this is a copy.
    let child = unsafe { &*child.cast::<Child<'_>>() };
    for signal in sys::SIGNALS {
        match sys::disposition(signal) {
            Ok(Disposition::Default | Disposition::Ignored) | Err(_) => {}
            Ok(Disposition::Handled | Disposition::NotWaited) => sys::set_disposition(signal, false),
        }
    }
    sys::set_disposition(sys::SIGPIPE, false);
    if child.ignores_sigchld {
        sys::set_disposition(sys::SIGCHLD, true);
    }
    let _ = sys::set_signal_mask(child.mask);
    send(child.report, Err(child.execute()));
    sys::exit(127)
}

impl Child<'_> {
    /// Becomes the program, or says why not, as execvp(3) does.
    fn execute(&self) -> Errno {
        let mut reason = Errno::ENOENT;
        let found = self.search.candidates(|candidate| {
            match self.execute_at(candidate) {
                // Another directory may have one that works. That this one must not be executed is worth more to know
                // than that others are missing.
                Errno::EACCES => reason = Errno::EACCES,
                errno @ (Errno::ENOENT | Errno::ENOTDIR | Errno::ESTALE | Errno::ENODEV | Errno::ETIMEDOUT) => {
                    reason = if reason == Errno::EACCES { reason } else { errno };
                }
                errno => return Some(errno),
            }
            None
        });
        found.unwrap_or(reason)
    }

    fn execute_at(&self, path: &CStr) -> Errno {
        // A file that was just written may be open for writing still, in a child of another thread's that has not got
        // as far as exec.
        for pause in [1, 4, 16, 0] {
            // SAFETY: arrays of strings that end with null pointers.
            match unsafe { sys::exec(path, self.argv, self.envp) } {
                Errno::ETXTBSY if pause > 0 => sys::sleep_milliseconds(pause),
                Errno::ENOEXEC => break,
                errno => return errno,
            }
        }
        self.execute_script(path)
    }

    /// Lets the shell run a file that the kernel does not know how to: `/bin/sh path arguments`.
    fn execute_script(&self, path: &CStr) -> Errno {
        // SAFETY: the place of the command in the array, which the child alone uses now.
        unsafe { self.argv.write(path.as_ptr()) };
        // SAFETY: arrays of strings that end with null pointers.
        unsafe { sys::exec(SHELL, self.shell_argv, self.envp) };
        Errno::ENOEXEC
    }
}

/// A command and where to look for it.
#[derive(Clone, Copy)]
struct Search<'a> {
    command: &'a CStr,
    /// The directories, with `:` between them; an empty one is the working directory.
    path: &'a [u8],
}

impl Search<'_> {
    /// Calls `visit` with each path that the command could have, until it returns something.
    fn candidates<R>(&self, mut visit: impl FnMut(&CStr) -> Option<R>) -> Option<R> {
        let command = self.command.to_bytes();
        // A name that no directory could hold is left to the kernel to refuse.
        if command.contains(&b'/') || command.len() > NAME_MAX {
            return visit(self.command);
        }
        if command.is_empty() {
            return None;
        }
        fields(self.path, b':').find_map(|directory| {
            let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
            let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
            // A path that is too long for the kernel is passed over.
            visit(join([directory, slash, command], &mut buffer).ok()?)
        })
    }

    /// Whether there is a file of that name at all, though it could not be executed.
    fn finds_anything(&self, errno: Errno) -> bool {
        let is_sure = match errno {
            Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG => false,
            // A directory in the search path that may not be searched says nothing of what is in it.
            Errno::EACCES => self.command.to_bytes().contains(&b'/'),
            _ => true,
        };
        is_sure || self.candidates(|candidate| file::find(candidate).ok()).is_some()
    }
}
