//! A program to run, with its options.

use core::ffi::CStr;
use core::time::Duration;

use super::argv::Argv;
use super::child::spawn_argv;
use super::options::{Options, milliseconds};
use super::run_with::{Output, run_argv_with};
use crate::arg::Arg;
use crate::env::{self, EntriesOf};
use crate::errno::{Errno, Result};
use crate::fields::fields;
use crate::heap::Block;
use crate::list::List;
use crate::text::Text;

/// A program to run, with its arguments and options, as `std::process::Command`.
///
/// Without options it runs as by [`run`](super::run): with the caller's standard streams, and the library's environment.
/// With an environment of its own the command is searched in the `PATH` of that.
///
/// # Examples
/// ```
/// use ffi_syscalls::process::Command;
///
/// let output = Command::new("tr").args(["a-z", "A-Z"]).input(b"text").capture_out().run()?;
/// assert!(output.outcome.success());
/// assert_eq!(output.out.unwrap().as_bytes(), b"TEXT");
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
#[derive(Debug)]
#[must_use = "it does nothing until it is run"]
pub struct Command<'a> {
    /// The command and its arguments.
    words: Strings,
    cwd: Option<Text>,
    clears_env: bool,
    /// Variables that are set, `name=value`, or removed, `name`.
    variables: Strings,
    options: Options<'a>,
    failure: Option<Errno>,
}

/// A resource that a program gets less of. See getrlimit(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// RLIMIT_AS: the address space in bytes.
    Memory,
    /// RLIMIT_CPU: processor time in seconds. A program that exceeds it is ended by a signal.
    CpuSeconds,
    /// RLIMIT_NOFILE: one more than the highest descriptor.
    Files,
    /// RLIMIT_NPROC: the processes of the user.
    Processes,
    /// RLIMIT_FSIZE: the size of files that it writes, in bytes.
    FileSize,
}

/// NUL-terminated strings, one after the other, or the reason why there is no memory for them.
#[derive(Debug)]
struct Strings(Result<Block>);

impl Strings {
    fn new() -> Self {
        Self(Block::new(0))
    }

    /// Appends a string of three parts. `EINVAL` if one contains a NUL.
    fn push(&mut self, parts: [&[u8]; 3]) {
        let result = self.0.as_mut().map_err(|errno| *errno).and_then(|block| {
            if parts.iter().any(|part| part.contains(&0)) {
                return Err(Errno::EINVAL);
            }
            parts.into_iter().chain([&b"\0"[..]]).try_for_each(|part| block.extend_from_slice(part))
        });
        if let Err(errno) = result {
            self.0 = Err(errno);
        }
    }

    fn iter(&self) -> Result<impl Iterator<Item = &[u8]> + Clone> {
        let block = self.0.as_ref().map_err(|errno| *errno)?;
        // SAFETY: the block holds this many initialized bytes.
        let bytes = unsafe { core::slice::from_raw_parts(block.as_ptr().as_ptr(), block.len()) };
        // Each string ends with a NUL, so what follows the last one is no string.
        let strings = if let [strings @ .., 0] = bytes { Some(strings) } else { None };
        Ok(strings.into_iter().flat_map(|strings| fields(strings, 0)))
    }
}

impl<'a> Command<'a> {
    /// Names the program to run: a path, or a name that is searched in `PATH`.
    pub fn new(command: impl Arg) -> Self {
        let mut words = Strings::new();
        words.push([command.bytes(), b"", b""]);
        let options = Options::NONE;
        Self { words, cwd: None, clears_env: false, variables: Strings::new(), options, failure: None }
    }

    /// Adds an argument.
    pub fn arg(&mut self, arg: impl Arg) -> &mut Self {
        self.words.push([arg.bytes(), b"", b""]);
        self
    }

    /// Adds arguments.
    pub fn args<A: Arg>(&mut self, args: impl IntoIterator<Item = A>) -> &mut Self {
        for arg in args {
            self.arg(arg);
        }
        self
    }

    /// Sets the working directory of the program. A relative path to the program starts there.
    pub fn current_dir(&mut self, path: impl Arg) -> &mut Self {
        if path.bytes().contains(&0) {
            self.failure = Some(Errno::EINVAL);
        }
        match Text::new(path.bytes()) {
            Ok(path) => self.cwd = Some(path),
            Err(errno) => self.failure = Some(errno),
        }
        self
    }

    /// Sets a variable in the environment of the program.
    pub fn env(&mut self, name: impl Arg, value: impl Arg) -> &mut Self {
        if name.bytes().is_empty() || name.bytes().contains(&b'=') {
            self.failure = Some(Errno::EINVAL);
        }
        self.variables.push([name.bytes(), b"=", value.bytes()]);
        self
    }

    /// Sets variables in the environment of the program.
    pub fn envs<N: Arg, V: Arg>(&mut self, variables: impl IntoIterator<Item = (N, V)>) -> &mut Self {
        for (name, value) in variables {
            self.env(name, value);
        }
        self
    }

    /// Removes a variable from the environment of the program.
    pub fn env_remove(&mut self, name: impl Arg) -> &mut Self {
        self.variables.push([name.bytes(), b"", b""]);
        self
    }

    /// Removes all variables that the program would inherit, and those set so far.
    pub fn env_clear(&mut self) -> &mut Self {
        self.clears_env = true;
        self.variables = Strings::new();
        self
    }

    /// Gives the program these bytes as its standard input.
    pub const fn input(&mut self, input: &'a [u8]) -> &mut Self {
        self.options.input = Some(input);
        self
    }

    /// Gives the program /dev/null as its standard input, unless it has an [`input`](Self::input).
    pub const fn null_input(&mut self) -> &mut Self {
        self.options.null_input = true;
        self
    }

    /// Captures the standard output.
    pub const fn capture_out(&mut self) -> &mut Self {
        self.options.captures_out = true;
        self
    }

    /// Captures the standard error.
    pub const fn capture_err(&mut self) -> &mut Self {
        self.options.captures_err = true;
        self
    }

    /// Has the standard error go where the standard output goes.
    pub const fn err_to_out(&mut self) -> &mut Self {
        self.options.err_to_out = true;
        self
    }

    /// Makes the program the leader of a new process group, which then is ended as a whole when the time is over.
    pub const fn new_group(&mut self) -> &mut Self {
        self.options.new_group = true;
        self
    }

    /// Ends the program by SIGTERM after this time, and by SIGKILL after the [`grace`](Self::grace).
    pub fn timeout(&mut self, time: Duration) -> &mut Self {
        self.options.timeout = Some(milliseconds(time));
        self
    }

    /// Sets the time between SIGTERM and SIGKILL, and between the end of the program and that of captured streams which
    /// another process holds open: 1 second by default. Without a grace the first signal is SIGKILL.
    pub fn grace(&mut self, time: Duration) -> &mut Self {
        self.options.grace = milliseconds(time);
        self
    }

    /// Sets the number of bytes to keep of each captured stream: 64 MB by default. The rest is read and dropped.
    pub const fn max_output(&mut self, bytes: usize) -> &mut Self {
        self.options.max_output = bytes;
        self
    }

    /// Limits a resource, soft and hard. 0 leaves the caller's limit.
    pub fn limit(&mut self, resource: Limit, limit: u64) -> &mut Self {
        if let Some(slot) = self.options.limits.get_mut(resource as usize) {
            *slot = limit;
        }
        self
    }

    /// Runs the program and waits for its end.
    ///
    /// All captured streams and the input move at once, so no order of writing blocks. A program that does not read its
    /// input costs the caller no SIGPIPE. A process that the program leaves behind with a captured stream open delays
    /// the call no longer than the grace.
    ///
    /// If the caller ignores SIGCHLD and this fails for lack of memory, the program is not killed, but its streams are
    /// closed.
    ///
    /// # Errors
    /// Those of [`run`](super::run), and of entering the working directory (chdir(2)), setting a limit (setrlimit(2),
    /// `EPERM` above the hard limit), or opening pipes. `ENOMEM` if the output is more than memory holds; then the
    /// program is killed.
    #[doc(alias = "rt_process_run_with")]
    pub fn run(&self) -> Result<Output> {
        self.with_options(run_argv_with)
    }

    /// Runs the program, and returns all that it wrote to its standard output, however it ended.
    ///
    /// # Errors
    /// Those of [`output`].
    pub fn output(&self) -> Result<Text> {
        self.with_options(|argv, options| output_of(argv, *options))
    }

    /// Starts the program, and returns its process ID, for [`wait`](super::wait), [`is_running`](super::is_running) and
    /// [`kill`](super::kill). A program that ends stays a zombie until it is waited for.
    ///
    /// # Errors
    /// Those of [`run`](Self::run); the reason why the program could not be executed, such as `ENOENT` or `EACCES`.
    /// `EINVAL` if streams are captured, or there is an input, a timeout, a grace or a maximum of output.
    #[doc(alias = "rt_process_spawn")]
    pub fn spawn(&self) -> Result<i32> {
        let Options { captures_out, captures_err, input, timeout, grace, max_output, .. } = self.options;
        let is_default = grace == Options::NONE.grace && max_output == Options::NONE.max_output;
        if captures_out || captures_err || input.is_some() || timeout.is_some() || !is_default {
            return Err(Errno::EINVAL);
        }
        self.with_options(spawn_argv)
    }

    fn with_options<T>(&self, call: impl FnOnce(Argv<'_>, &Options<'_>) -> Result<T>) -> Result<T> {
        if let Some(errno) = self.failure {
            return Err(errno);
        }
        let mut words = self.words.iter()?;
        let command = words.next().unwrap_or_default();
        let argv = Argv::from_texts(command, words)?;
        let environment = self.environment()?;
        let mut options = self.options;
        options.cwd = self.cwd.as_ref().map(Text::as_c_str);
        options.env = environment.as_ref().map(EntriesOf::of);
        call(argv, &options)
    }

    /// Returns the environment, or `None` if it is the library's.
    fn environment(&self) -> Result<Option<List>> {
        let changes = self.variables.iter()?;
        if !self.clears_env && changes.clone().next().is_none() {
            return Ok(None);
        }
        let inherited = if self.clears_env { None } else { Some(env::snapshot()?) };
        let inherited = inherited.iter().flat_map(List::iter).map(CStr::to_bytes);
        // The last change of a variable counts.
        let kept = inherited.filter(|entry| !changes.clone().any(|change| name_of(change) == name_of(entry)));
        let is_last = |&(at, entry): &(usize, &[u8])| {
            !changes.clone().skip(at + 1).any(|change| name_of(change) == name_of(entry)) && entry.contains(&b'=')
        };
        let set = changes.clone().enumerate().filter(is_last).map(|(_, entry)| entry);
        List::new(kept.chain(set)).map(Some)
    }
}

/// Returns the name of a variable in its entry.
fn name_of(entry: &[u8]) -> &[u8] {
    entry.split(|&byte| byte == b'=').next().unwrap_or_default()
}

/// Runs a program, and returns all that it wrote to its standard output, however it ended.
///
/// Other streams are the caller's. [`Command::run`] returns how the program ended, too.
///
/// # Errors
/// The program could not be run: the errors of [`run`](super::run), and those for which its outcome is no program's, such
/// as `ENOENT` or `EACCES`. `ENOMEM` if the output is more than memory holds.
///
/// # Examples
/// ```
/// use ffi_syscalls::process;
///
/// assert_eq!(process::output("echo", &["a", "b"])?.as_bytes(), b"a b\n");
/// # Ok::<(), ffi_syscalls::Errno>(())
/// ```
#[doc(alias = "rt_process_output")]
pub fn output<A: Arg>(command: impl Arg, args: &[A]) -> Result<Text> {
    output_of(Argv::from_texts(command.bytes(), args.iter().map(Arg::bytes))?, Options::NONE)
}

/// Runs a program, and returns all that it wrote to its standard output.
pub(crate) fn output_of(argv: Argv<'_>, mut options: Options<'_>) -> Result<Text> {
    options.captures_out = true;
    options.max_output = usize::MAX;
    let output = run_argv_with(argv, &options)?;
    match output.outcome.error() {
        Some(errno) => Err(errno),
        None => output.out.ok_or(Errno::ENOMEM),
    }
}
