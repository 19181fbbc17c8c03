//! Processes: the caller's, and running a program to its end.

use core::cell::Cell;
use core::ffi::{CStr, c_char, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use crate::alloc::Block;
use crate::arg::{Arg, PATH_MAX, join};
use crate::fd::Fd;
use crate::sys::{self, ChildEntry, Disposition, Sharing, SignalSet, WaitStatus};
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
    let texts = [command.bytes()].into_iter().chain(args.iter().map(Arg::bytes));
    if texts.clone().any(|text| text.contains(&0)) {
        return Err(Errno::EINVAL);
    }
    let argv = List::new([SHELL.to_bytes()].into_iter().chain(texts))?;
    let command = argv.iter().nth(1).ok_or(Errno::EINVAL)?;
    // SAFETY: a list is such an array, and nobody else has this one.
    outcome(unsafe { run_array(command, argv.as_ptr().cast_mut()) }?)
}

/// As [`run`], with texts that C passed, which need no copy. `EFAULT` when one of them is null.
///
/// # Safety
/// The others are NUL-terminated strings.
#[cfg(feature = "exports")]
pub(crate) unsafe fn run_pointers(command: &CStr, args: &[*const c_char]) -> Result<Message> {
    let argv = Block::new((args.len() + 3) * size_of::<*const c_char>())?;
    let array = argv.pointer().as_ptr().cast::<*const c_char>();
    let put = |slot, text| {
        // SAFETY: the block has room for this slot, and is aligned.
        unsafe { array.wrapping_add(slot).write(text) };
    };
    put(0, SHELL.as_ptr());
    put(1, command.as_ptr());
    let mut slot = 2;
    for &arg in args {
        if arg.is_null() {
            return Err(Errno::EFAULT);
        }
        put(slot, arg);
        slot += 1;
    }
    put(slot, core::ptr::null());
    // SAFETY: just made.
    unsafe { run_array(command, array) }
}

const SHELL: &CStr = c"/bin/sh";

/// The longest name of a command that is looked for. Few directories could hold a longer one.
const NAME_MAX: usize = 255;

/// Where commands are when `PATH` does not say, as in glibc.
const DEFAULT_PATH: &CStr = c"/bin:/usr/bin";

/// A child needs a path on its stack, and what the compiler makes of a few small functions.
const STACK: usize = 1 << 15;

/// As [`run`], with an array: a shell, the command, its arguments, and a null pointer.
///
/// Where the caller ignores SIGCHLD the kernel forgets how a child ended, and the caller's own handling must not
/// change. So the child is started by a supervisor there, another child, which handles SIGCHLD by default.
///
/// # Safety
/// The array's other pointers lead to NUL-terminated strings, and nobody else uses the array.
unsafe fn run_array(command: &CStr, array: *mut *const c_char) -> Result<Message> {
    let envp = env::snapshot()?;
    let path = if env::has_raised_rights() { None } else { env::value_in(&envp, b"PATH") };
    let sigchld = sys::disposition(sys::SIGCHLD)?;
    let is_supervised = matches!(sigchld, Disposition::Ignored | Disposition::NotWaited);
    let mut stacks = Block::new(2 * STACK)?;
    let (reports, to_parent) = pipe()?;
    // No handler of the caller's may run in a child that shares its memory.
    let mask = sys::set_signal_mask(sys::ALL_SIGNALS)?;
    let mut child = Child {
        array,
        envp: envp.as_ptr(),
        command,
        path: path.unwrap_or(DEFAULT_PATH).to_bytes(),
        caller: if is_supervised { getpid() } else { 0 },
        mask,
        ignores_sigchld: sigchld == Disposition::Ignored,
        report: to_parent.raw(),
        stacks: stacks.spare(),
        has_copies: false,
        started: sys::STARTS_PROGRAMS.then(|| Cell::new(0)).filter(|_| !is_supervised),
    };
    run_child(&mut child, is_supervised, &reports)
}

/// A pipe, but none that takes the place of a standard stream which is closed: whoever writes to that writes elsewhere.
#[inline(never)]
fn pipe() -> Result<(Fd, Fd)> {
    let (reads, writes) = sys::pipe()?;
    if reads.raw().min(writes.raw()) > LAST_STREAM {
        return Ok((reads, writes));
    }
    // These stay where they are until there are others.
    pipe()
}

/// The standard error's descriptor.
const LAST_STREAM: i32 = 2;

/// Starts the child, or a supervisor that does, and waits for the end.
#[inline(never)]
fn run_child(child: &mut Child<'_>, is_supervised: bool, reports: &Fd) -> Result<Message> {
    let mask = child.mask;
    let started = if is_supervised {
        // Were the descriptors copies, a pipe that the caller closes meanwhile would stay open.
        start(child, Sharing::MemoryAndFiles, supervise)
    } else if sys::STARTS_PROGRAMS {
        child.start_program()
    } else {
        start(child, Sharing::MemoryWaiting, begin)
    };
    let _ = sys::set_signal_mask(mask);
    let waited = match started? {
        0 if sys::STARTS_PROGRAMS => Err(Errno::ECHILD),
        pid if is_supervised => outlast(pid),
        pid => sys::wait(pid),
    };
    Ok(match waited {
        // Of a child that became no program the code is known.
        Ok(WaitStatus(status)) if status != i32::from(NO_PROGRAM) << 8 => message(waited),
        // All children have ended, so what they had to report is in the pipe, whoever else may hold the other end.
        _ => receive(reports, message(waited)),
    })
}

/// Waits until a supervisor is gone, whose memory is the caller's, and who uses it to the end. It is forgotten as well, as
/// `ECHILD` says, and how it ended is no answer.
fn outlast(supervisor: i32) -> Result<WaitStatus> {
    while !matches!(sys::wait_forgotten(supervisor), Ok(_) | Err(Errno::ECHILD)) {
        sys::sleep_milliseconds(1);
    }
    Err(Errno::ECHILD)
}

/// What a child needs to begin. It may share the caller's memory, so all of it is made before, and nothing is
/// allocated or locked in the child.
struct Child<'a> {
    /// A shell, should the command be a script of one; the command, its arguments, and a null pointer.
    array: *mut *const c_char,
    envp: *const *const c_char,
    command: &'a CStr,
    /// The directories to look for the command in, with `:` between them; an empty one is the working directory.
    path: &'a [u8],
    /// The process id of a caller that needs a supervisor.
    caller: i32,
    /// The caller's signal mask, which the program gets.
    mask: SignalSet,
    /// Whether the program is to ignore SIGCHLD, as the caller does.
    ignores_sigchld: bool,
    /// Where to report why the program did not begin, and a supervisor how it ended.
    report: i32,
    /// Room for the stacks of what is started.
    stacks: &'a mut [MaybeUninit<u8>],
    /// Whether what was started last shares nothing, but has copies.
    has_copies: bool,
    /// Where this is the caller's own process, the program that it started, or 0; in a child nothing.
    started: Option<Cell<i32>>,
}

/// Starts a child or a supervisor; its process id.
fn start(child: &mut Child<'_>, mut sharing: Sharing, life: ChildEntry) -> Result<i32> {
    let stack = child.stacks.split_off_mut(..STACK).ok_or(Errno::ENOMEM)?;
    let mut has_copies = false;
    loop {
        child.has_copies = has_copies;
        let argument = NonNull::from_mut(child).cast();
        // SAFETY: once there is a child, the calling thread does nothing more with the stack, or with what it passes,
        // before the child has left both behind or has ended. What shares nothing has its own copy of them.
        let result = unsafe { sys::spawn(sharing, stack, life, argument) };
        // What an emulator or a sandbox says to a child that shares something may be anything, and fork(2) may work. But
        // these two are the kernel's.
        if has_copies || matches!(result, Ok(_) | Err(Errno::EAGAIN | Errno::ENOMEM)) {
            return result;
        }
        has_copies = true;
        sharing = Sharing::Nothing;
    }
}

/// The supervisor's life, in a process that shares the caller's memory and descriptors, but not its handlers.
unsafe extern "C" fn supervise(child: *mut c_void) -> ! {
    // SAFETY: what `start` passed. The caller's thread leaves it alone until this process has ended, or this is a copy.
    let child = unsafe { &mut *child.cast::<Child<'_>>() };
    let has_copies = child.has_copies;
    // A caller that is killed leaves nobody behind who holds its locks, and all it had open.
    sys::end_with_parent(child.caller);
    sys::set_disposition(sys::SIGCHLD, false);
    let started = start(child, Sharing::MemoryWaiting, begin);
    if has_copies {
        sys::close_all_but(child.report);
    }
    send(child.report, message(started.and_then(sys::wait)));
    sys::exit(0)
}

/// The child's life: undoes what the caller's process means to signals, and becomes the program.
unsafe extern "C" fn begin(child: *mut c_void) -> ! {
    // SAFETY: what `start` passed. The caller's thread waits, or this is a copy.
    let child = unsafe { &*child.cast::<Child<'_>>() };
    for signal in sys::SIGNALS {
        if matches!(sys::disposition(signal), Ok(Disposition::Handled | Disposition::NotWaited)) {
            sys::set_disposition(signal, false);
        }
    }
    sys::set_disposition(sys::SIGPIPE, false);
    if child.ignores_sigchld {
        sys::set_disposition(sys::SIGCHLD, true);
    }
    let _ = sys::set_signal_mask(child.mask);
    let errno = child.try_candidates(Child::execute);
    child.refuse(errno);
    sys::exit(i32::from(NO_PROGRAM))
}

/// The exit code of a child that did not become a program. A program can exit with it as well.
const NO_PROGRAM: u8 = 127;

/// What goes through the pipe is a word with a number in its low half: the wait status of a child that has ended, or
/// with one of these the errno of one that did not begin.
pub(crate) type Message = u32;

const NOT_STARTED: u32 = 1 << 16;
const NOT_FOUND: u32 = 2 << 16;
const NOT_EXECUTABLE: u32 = 3 << 16;

const fn number(errno: Errno) -> u32 {
    errno.raw().cast_unsigned()
}

/// The message that says how a child ended, or why there is none to wait for.
const fn message(waited: Result<WaitStatus>) -> Message {
    match waited {
        Ok(status) => status.0.cast_unsigned() & 0xffff,
        Err(errno) => NOT_STARTED | number(errno),
    }
}

fn send(pipe: i32, message: Message) {
    // An empty pipe takes a few bytes at once. If it could not, the reader would notice that nothing came.
    let _ = sys::write(pipe, &message.to_ne_bytes());
}

/// The first message in a pipe, or `otherwise` when there is none. What a child says comes before what its supervisor
/// says of its end.
fn receive(pipe: &Fd, otherwise: Message) -> Message {
    let mut bytes = otherwise.to_ne_bytes().map(MaybeUninit::new);
    let _ = sys::read(pipe, &mut bytes);
    // SAFETY: all of them were set above, and a read sets them anew.
    u32::from_ne_bytes(unsafe { core::mem::transmute::<[MaybeUninit<u8>; 4], [u8; 4]>(bytes) })
}

/// What a message means to C: the exit code that a shell would give, or -1, and the reason why no program ran, or 0.
#[cfg(feature = "exports")]
pub(crate) fn code_and_reason(message: Message) -> (i32, i32) {
    let [low, high, ..] = message.to_le_bytes();
    let signal = i32::from(low & 0x7f);
    let code = match message & !0xffff {
        NOT_STARTED => -1,
        NOT_FOUND => 127,
        NOT_EXECUTABLE => 126,
        _ if signal == 0 => return (i32::from(high), 0),
        _ => return (128 + signal, 0),
    };
    (code, (message & 0xffff).cast_signed())
}

/// What a message means. See wait(2) for a status: a signal in the low 7 bits, else the exit code above them.
fn outcome(message: Message) -> Result<Outcome> {
    let [low, high, ..] = message.to_le_bytes();
    let errno = Errno::from_raw((message & 0xffff).cast_signed()).unwrap_or(Errno::ECHILD);
    match message & !0xffff {
        NOT_STARTED => Err(errno),
        NOT_FOUND => Ok(Outcome::NotFound(errno)),
        NOT_EXECUTABLE => Ok(Outcome::NotExecutable(errno)),
        _ if low & 0x7f == 0 => Ok(Outcome::Exited(high)),
        _ => Ok(Outcome::Signaled(low & 0x7f)),
    }
}

impl Child<'_> {
    /// Starts the program from the caller's own process, where the system has one call for that; its process id, or 0
    /// when the pipe says why it did not begin.
    fn start_program(&self) -> Result<i32> {
        let errno = self.try_candidates(Child::execute);
        match self.started.as_ref().map_or(0, Cell::get) {
            // What no program is to blame for.
            0 if matches!(errno, Errno::EAGAIN | Errno::ENOMEM) => return Err(errno),
            0 => self.refuse(errno),
            pid => return Ok(pid),
        }
        Ok(0)
    }

    /// Reports why no program began.
    fn refuse(&self, errno: Errno) {
        let reason = if self.is_found(errno) { NOT_EXECUTABLE } else { NOT_FOUND };
        send(self.report, reason | number(errno));
    }

    /// Becomes the program with these arguments, or starts it; the reason why not, or `EEXIST` when it was started.
    ///
    /// # Safety
    /// An array of NUL-terminated strings that ends with a null pointer.
    unsafe fn exec(&self, path: &CStr, argv: *const *const c_char) -> Errno {
        if let Some(started) = self.started.as_ref().filter(|_| sys::STARTS_PROGRAMS) {
            // SAFETY: the caller's, and the environment is such an array too.
            return match unsafe { sys::start_program(path, argv, self.envp, &self.mask) } {
                Ok(pid) => {
                    started.set(pid);
                    Errno::EEXIST
                }
                Err(errno) => errno,
            };
        }
        // SAFETY: the caller's, and the environment is such an array too.
        unsafe { sys::exec(path, argv, self.envp) }
    }

    /// Makes an attempt with each path that the command could have, until one has an end that execvp(3) takes for the
    /// last; the reason why none had success.
    fn try_candidates(&self, attempt: fn(&Self, &CStr) -> Errno) -> Errno {
        let command = self.command.to_bytes();
        if self.is_path() {
            return attempt(self, self.command);
        }
        if command.len() > NAME_MAX {
            return Errno::ENAMETOOLONG;
        }
        let mut reason = Errno::ENOENT;
        if command.is_empty() {
            return reason;
        }
        for directory in fields(self.path, b':') {
            let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
            let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
            // A path that is too long for the kernel is passed over.
            let Ok(candidate) = join([directory, slash, command], &mut buffer) else { continue };
            let errno = attempt(self, candidate);
            // Another directory may have one that works.
            if !matches!(
                errno,
                Errno::EACCES | Errno::ENOENT | Errno::ENOTDIR | Errno::ESTALE | Errno::ENODEV | Errno::ETIMEDOUT
            ) {
                return errno;
            }
            // That this one must not be executed is worth more to know than that others are missing.
            if reason != Errno::EACCES {
                reason = errno;
            }
        }
        reason
    }

    /// Whether the command is a path, and not looked for.
    #[inline(never)]
    #[expect(clippy::manual_contains, reason = "the search in core is longer than all of this")]
    fn is_path(&self) -> bool {
        self.command.to_bytes().iter().any(|&byte| byte == b'/')
    }

    /// Becomes the program, or says why not.
    fn execute(&self, path: &CStr) -> Errno {
        let mut pause = 1;
        loop {
            // SAFETY: arrays of strings that end with null pointers.
            match unsafe { self.exec(path, self.array.wrapping_add(1)) } {
                // A file that was just written may be open for writing still, in a child of another thread's that has
                // not got as far as exec.
                // And where the caller's errno is this process's too, a wait of its may have been interrupted meanwhile.
                Errno::ETXTBSY | Errno::EINTR if pause <= 16 => sys::sleep_milliseconds(pause),
                Errno::ENOEXEC => return self.execute_script(path),
                errno => return errno,
            }
            pause *= 4;
        }
    }

    /// Lets the shell run a file that the kernel does not know how to: `/bin/sh path arguments`.
    fn execute_script(&self, path: &CStr) -> Errno {
        // SAFETY: the place of the command in the array, which nobody else uses now.
        unsafe { self.array.wrapping_add(1).write(path.as_ptr()) };
        // SAFETY: arrays of strings that end with null pointers.
        unsafe { self.exec(SHELL, self.array) };
        Errno::ENOEXEC
    }

    /// Whether there is a file of that name at all, though it could not be executed.
    fn is_found(&self, errno: Errno) -> bool {
        let is_sure = match errno {
            // Some kernels look at the arguments before they look for the file.
            Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG | Errno::E2BIG => false,
            // A directory in the search path that may not be searched says nothing of what is in it.
            Errno::EACCES => self.is_path(),
            _ => true,
        };
        is_sure || self.try_candidates(Child::find) == Errno::EEXIST
    }

    /// `EEXIST` when the path leads to something; else what lets the search go on.
    fn find(&self, path: &CStr) -> Errno {
        if file::find(path).is_ok() { Errno::EEXIST } else { Errno::ENOENT }
    }
}
