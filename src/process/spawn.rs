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
    /// True if the program ignores SIGCHLD, as the caller does.
    ignores_sigchld: bool,
    /// The pipe for an [`ExecReport`].
    report: &'a Fd,
    /// Room for the stacks of the child and of the supervisor.
    stacks: &'a mut [MaybeUninit<u8>],
    /// True if the child last started shares nothing, but has copies.
    has_copies: bool,
}

/// Runs a program and waits for its end.
///
/// The arguments are consumed: a child that shares the memory may replace the command by a path on its own stack.
pub(crate) fn run_argv(mut argv: Argv<'_>) -> Result<Outcome> {
    let envp = env::snapshot()?;
    let mut program = Program::new(&mut argv, &envp);
    let sigchld = sys::disposition(sys::SIGCHLD)?;
    let is_supervised = matches!(sigchld, Disposition::Ignored | Disposition::NoChildWait);
    let mut stacks = Block::new(2 * STACK)?;
    let (reports, report) = sys::pipe()?;
    // No handler of the caller's may run in a child that shares its memory.
    let mask = sys::set_signal_mask(sys::ALL_SIGNALS)?;
    if sys::HAS_POSIX_SPAWN && !is_supervised {
        program.spawn_with(mask);
    }
    let mut args = SpawnArgs {
        program: &program,
        caller: if is_supervised { sys::getpid() } else { 0 },
        mask,
        ignores_sigchld: sigchld == Disposition::Ignored,
        report: &report,
        stacks: stacks.spare_capacity_mut(),
        has_copies: false,
    };
    run_child(&mut args, is_supervised, &reports)?.outcome()
}

/// Starts the child, or a supervisor that starts it, and waits for the end.
#[inline(never)]
fn run_child(args: &mut SpawnArgs<'_>, is_supervised: bool, reports: &Fd) -> Result<ExecReport> {
    let mask = args.mask;
    let started = if is_supervised {
        // The supervisor shares the descriptors: with copies, a pipe that the caller closes meanwhile would stay open.
        // SAFETY: the function takes `SpawnArgs` and does not return.
        unsafe { start(args, Sharing::MemoryAndFiles, supervisor_main) }
    } else if sys::HAS_POSIX_SPAWN {
        args.posix_spawn()
    } else {
        // SAFETY: the function takes `SpawnArgs` and does not return.
        unsafe { start(args, Sharing::MemorySuspended, child_main) }
    };
    let _ = sys::set_signal_mask(mask);
    let waited = match started? {
        0 if sys::HAS_POSIX_SPAWN => Err(Errno::ECHILD),
        pid if is_supervised => wait_for_supervisor(pid),
        pid => sys::wait(pid),
    };
    Ok(match waited {
        // Only this exit code can be that of a child that did not become a program.
        Ok(WaitStatus(status)) if status != i32::from(EXEC_FAILED) << 8 => ExecReport::waited(waited),
        // All children have ended, so their reports are in the pipe, whichever process still holds the other end.
        _ => receive(reports, ExecReport::waited(waited)),
    })
}

/// Waits for the supervisor to exit; it shares our memory until then.
///
/// The kernel keeps no status of the supervisor either, so the result is always `ECHILD`.
fn wait_for_supervisor(supervisor: i32) -> Result<WaitStatus> {
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
    if has_copies {
        // SAFETY: the descriptors are copies, and this process uses no other one until it ends.
        unsafe { sys::close_all_but(args.report.raw()) };
    }
    send(args.report, ExecReport::waited(started.and_then(sys::wait)));
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
    let _ = sys::set_signal_mask(args.mask);
    let errno = args.program.start();
    args.report_exec_failure(errno);
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
