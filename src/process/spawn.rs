//! Starting a program, and waiting for its end.
//!
//! The child shares the caller's memory where it can, so everything it needs is made before it starts, and it neither
//! allocates nor locks.
//!
//! If the caller ignores SIGCHLD, the kernel keeps no status of its children, and the caller's own disposition must not
//! change. Then a supervisor, another child, handles SIGCHLD by default, starts the program and reports how it ended.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::argv::Argv;
use super::exec::Program;
use super::status::{EXEC_FAILED, ExecReport, Outcome};
use super::streams::request;
use crate::env;
use crate::errno::{Errno, Result};
use crate::heap::Block;
use crate::io::take_first;
use crate::sys::{self, ChildEntry, Disposition, Fd, Sharing, SignalSet, WaitStatus};

/// The stack of a child: room for a path, and for a few small functions.
const STACK: usize = 1 << 15;

/// The arguments of a child and of a supervisor, made before either starts.
struct SpawnArgs<'a> {
    program: &'a Program<'a>,
    /// The process ID of a caller that needs a supervisor.
    caller: i32,
    /// The caller's signal mask, which the program gets.
    mask: SignalSet,
    /// The further steps.
    steps: &'a dyn Steps,
    /// True if the program ignores SIGCHLD, as the caller does.
    ignores_sigchld: bool,
    /// The pipe for an [`ExecReport`].
    report: &'a Fd,
    /// Room for the stacks of the child and of the supervisor.
    stacks: &'a mut [MaybeUninit<u8>],
    /// True if the child last started shares nothing, but has copies.
    has_copies: bool,
}

/// The steps of a child, and of a supervisor, besides starting a program and waiting for its end.
///
/// A child may share the caller's memory, so no step allocates or locks.
pub(super) trait Steps {
    /// Returns whether posix_spawn(3) can start the program.
    fn is_plain(&self) -> bool {
        true
    }

    /// Makes the child ready for the program.
    fn prepare_child(&self) -> Result<()> {
        Ok(())
    }

    /// Runs in a supervisor that has started the child, or could not. `has_copies`: it shares nothing.
    fn child_started(&self, _has_copies: bool) {}

    /// Waits for the child, in a supervisor.
    fn wait_for_child(&self, child: i32) -> ExecReport {
        ExecReport::waited(sys::wait(child))
    }
}

/// No further steps.
struct Plain;

impl Steps for Plain {}

/// A child that was started, or a supervisor that starts it.
pub(super) struct Started<'a> {
    /// 0 if posix_spawn(3) started none, and the pipe has the reason.
    pub(super) pid: i32,
    pub(super) is_supervised: bool,
    /// True if the process shares neither memory nor descriptors, but has copies.
    pub(super) has_copies: bool,
    /// The pipe of the [`ExecReport`].
    reports: &'a Fd,
    /// The end of the children, unless a supervisor uses it.
    report: Option<Fd>,
}

/// Waits for the end of what was started.
pub(super) type Follow<'a> = &'a mut dyn FnMut(Started<'_>) -> Result<WaitStatus>;

/// Runs a program and waits for its end.
///
/// The arguments are consumed: a child that shares the memory may replace the command by a path on its own stack.
pub(crate) fn run_argv(mut argv: Argv<'_>) -> Result<Outcome> {
    let envp = env::snapshot()?;
    let mut program = Program::new(&mut argv, &envp);
    run_program(&mut program, &Plain, &mut |started| {
        if started.is_supervised { wait_for_supervisor(started.pid) } else { sys::wait(started.pid) }
    })?
    .outcome()
}

/// Runs a program, and has `follow` wait for its end.
pub(super) fn run_program(program: &mut Program<'_>, steps: &dyn Steps, follow: Follow<'_>) -> Result<ExecReport> {
    with_started(program, steps, true, &mut |started| {
        let reports = started.reports;
        let waited = if sys::HAS_POSIX_SPAWN && started.pid == 0 { Err(Errno::ECHILD) } else { follow(started) };
        match waited {
            // Only this exit code can be that of a child that did not become a program.
            Ok(WaitStatus(status)) if status != i32::from(EXEC_FAILED) << 8 => ExecReport::waited(waited),
            // All children have ended, so their reports are in the pipe, whichever process still holds the other end.
            _ => receive(reports, ExecReport::waited(waited)),
        }
    })
}

/// Starts a program, and returns its process ID with a report of success, or of failure.
///
/// `was_shared` returns whether the child shared the memory, hence has become a program or ended.
pub(super) fn start_program(
    program: &mut Program<'_>,
    steps: &dyn Steps,
    was_shared: &dyn Fn() -> bool,
) -> Result<(i32, ExecReport)> {
    const STARTED: ExecReport = ExecReport::waited(Ok(WaitStatus(0)));
    let mut pid = 0;
    let report = with_started(program, steps, false, &mut |started| {
        pid = started.pid;
        drop(started.report);
        if !was_shared() && !sys::HAS_POSIX_SPAWN {
            // The pipe ends when the child becomes a program.
            let mut requests = [request(started.reports.raw(), sys::POLLIN)];
            while requests.iter().all(|request| request.revents == 0) && sys::poll(&mut requests, None).is_ok() {}
        }
        let report = receive(started.reports, STARTED);
        if pid > 0 && report.outcome() != STARTED.outcome() {
            let _ = sys::wait(pid);
        }
        report
    })?;
    Ok((pid, report))
}

/// Starts the child, or a supervisor that starts it if one is needed and wanted, and calls `then`.
#[inline(never)]
fn with_started(
    program: &mut Program<'_>,
    steps: &dyn Steps,
    supervises: bool,
    then: &mut dyn FnMut(Started<'_>) -> ExecReport,
) -> Result<ExecReport> {
    let sigchld = sys::disposition(sys::SIGCHLD)?;
    let is_supervised = supervises && matches!(sigchld, Disposition::Ignored | Disposition::NoChildWait);
    let mut stacks = Block::new(2 * STACK)?;
    let (reports, report) = sys::pipe()?;
    // No handler of the caller's may run in a child that shares its memory.
    let mask = sys::set_signal_mask(sys::ALL_SIGNALS)?;
    if sys::HAS_POSIX_SPAWN && !is_supervised && steps.is_plain() {
        program.spawn_with(mask);
    }
    let mut args = SpawnArgs {
        program,
        caller: if is_supervised { sys::getpid() } else { 0 },
        mask,
        steps,
        ignores_sigchld: sigchld == Disposition::Ignored,
        report: &report,
        stacks: stacks.spare_capacity_mut(),
        has_copies: false,
    };
    let started = args.start_first(is_supervised);
    let has_copies = args.has_copies;
    let _ = sys::set_signal_mask(mask);
    let pid = started?;
    // A supervisor that shares the memory still uses its end of the pipe.
    let kept = if is_supervised { None } else { Some(report) };
    Ok(then(Started { pid, is_supervised, has_copies, reports: &reports, report: kept }))
}

/// Waits for the supervisor to exit; it shares our memory until then.
///
/// The kernel keeps no status of the supervisor either, so the result is always `ECHILD`.
pub(super) fn wait_for_supervisor(supervisor: i32) -> Result<WaitStatus> {
    while !matches!(sys::wait_forgotten(supervisor), Ok(_) | Err(Errno::ECHILD)) {
        sys::sleep_milliseconds(1);
    }
    Err(Errno::ECHILD)
}

/// Starts a child or a supervisor, and returns its process ID.
///
/// # Safety
/// `entry` takes [`SpawnArgs`] and does not return. The calling thread does not use them before a child that shares
/// memory has executed a program or ended.
unsafe fn start(args: &mut SpawnArgs<'_>, mut sharing: Sharing, entry: ChildEntry) -> Result<i32> {
    let stack = take_first(&mut args.stacks, STACK).ok_or(Errno::ENOMEM)?;
    let mut has_copies = false;
    loop {
        args.has_copies = has_copies;
        let argument = NonNull::from_mut(args).cast();
        // SAFETY: the stack is used for this child alone. The entry takes `SpawnArgs` and does not return. The calling
        // thread uses neither before the child has executed a program or ended; a child that shares nothing has copies.
        let result = unsafe { sys::spawn(sharing, stack, entry, argument) };
        // Emulators and sandboxes may reject shared memory with any error, so retry with plain fork semantics. EAGAIN
        // and ENOMEM are the kernel's own.
        if has_copies || matches!(result, Ok(_) | Err(Errno::EAGAIN | Errno::ENOMEM)) {
            return result;
        }
        has_copies = true;
        sharing = Sharing::Nothing;
    }
}

/// Runs in the supervisor, which shares the caller's memory and descriptors, but not its signal handlers.
unsafe extern "C" fn supervisor_main(args: *mut c_void) -> ! {
    // SAFETY: `start` passed this. The caller's thread does not use it until this process has ended, or this is a copy.
    let args = unsafe { &mut *args.cast::<SpawnArgs<'_>>() };
    let has_copies = args.has_copies;
    // The supervisor of a caller that is killed must not keep the caller's locks and open files.
    sys::set_parent_death_signal(args.caller);
    sys::set_disposition(sys::SIGCHLD, false);
    // SAFETY: the function takes `SpawnArgs` and does not return.
    let started = unsafe { start(args, Sharing::MemorySuspended, child_main) };
    args.steps.child_started(has_copies);
    if has_copies {
        // SAFETY: the descriptors are copies, and this process uses no other one until it ends.
        unsafe { sys::close_all_but(args.report.raw()) };
    }
    let report = match started {
        Ok(child) => args.steps.wait_for_child(child),
        Err(errno) => ExecReport::waited(Err(errno)),
    };
    send(args.report, report);
    sys::exit(0)
}

/// Runs in the child: resets signals, and becomes the program.
unsafe extern "C" fn child_main(args: *mut c_void) -> ! {
    // SAFETY: `start` passed this. The caller's thread is suspended, or this is a copy.
    let args = unsafe { &*args.cast::<SpawnArgs<'_>>() };
    for signal in sys::SIGNALS {
        if matches!(sys::disposition(signal), Ok(Disposition::Handled | Disposition::NoChildWait)) {
            sys::set_disposition(signal, false);
        }
    }
    sys::set_disposition(sys::SIGPIPE, false);
    if args.ignores_sigchld {
        sys::set_disposition(sys::SIGCHLD, true);
    }
    match args.steps.prepare_child() {
        Ok(()) => {
            let _ = sys::set_signal_mask(args.mask);
            let errno = args.program.start();
            args.report_exec_failure(errno);
        }
        Err(errno) => send(args.report, ExecReport::not_started(errno)),
    }
    sys::exit(i32::from(EXEC_FAILED))
}

fn send(pipe: &Fd, report: ExecReport) {
    // An empty pipe takes a few bytes at once. If it failed, the reader would find the pipe empty.
    let _ = sys::write(pipe, &report.to_bytes());
}

/// Returns the first report in a pipe, or `otherwise` if there is none.
///
/// The report of a child precedes that of its supervisor.
fn receive(pipe: &Fd, otherwise: ExecReport) -> ExecReport {
    let mut bytes = otherwise.to_bytes().map(MaybeUninit::new);
    let _ = sys::read(pipe, &mut bytes);
    // SAFETY: all bytes were initialized above, and a read initializes bytes.
    ExecReport::from_bytes(unsafe { core::mem::transmute::<[MaybeUninit<u8>; 4], [u8; 4]>(bytes) })
}

impl SpawnArgs<'_> {
    /// Starts the child, or a supervisor that starts it.
    fn start_first(&mut self, is_supervised: bool) -> Result<i32> {
        if is_supervised {
            // The supervisor shares the descriptors: with copies, a pipe that the caller closes meanwhile would stay
            // open.
            // SAFETY: the function takes `SpawnArgs` and does not return.
            unsafe { start(self, Sharing::MemoryAndFiles, supervisor_main) }
        } else if sys::HAS_POSIX_SPAWN && self.steps.is_plain() {
            self.posix_spawn()
        } else {
            let sharing = if sys::HAS_POSIX_SPAWN { Sharing::Nothing } else { Sharing::MemorySuspended };
            // SAFETY: the function takes `SpawnArgs` and does not return.
            unsafe { start(self, sharing, child_main) }
        }
    }

    /// Starts the program by posix_spawn(3), and returns its process ID, or 0 if the pipe has the reason why not.
    fn posix_spawn(&self) -> Result<i32> {
        let errno = self.program.start();
        match self.program.spawned() {
            // These errors are not the program's.
            0 if matches!(errno, Errno::EAGAIN | Errno::ENOMEM) => Err(errno),
            0 => {
                self.report_exec_failure(errno);
                Ok(0)
            }
            pid => Ok(pid),
        }
    }

    /// Reports why no program started.
    fn report_exec_failure(&self, errno: Errno) {
        send(self.report, ExecReport::exec_failed(self.program.is_found(errno), errno));
    }
}
