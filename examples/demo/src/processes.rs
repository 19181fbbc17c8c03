//! Processes.

use std::ffi::{c_char, c_void};
use std::process::Command;
use std::ptr;

use anyhow::{Result, bail};
use libloading::Symbol;

use crate::library::{Library, pointers};
use crate::shown::{Demo, lossy, printed};

/// The argument of the child that executes another program in its place.
pub const EXEC: &str = "exec";

/// rt_process_options of the header.
#[repr(C)]
#[derive(Default)]
struct Options {
    size: usize,
    flags: u32,
    cwd: Option<&'static c_char>,
    env: Option<&'static *const c_char>,
    input: Option<&'static c_void>,
    input_len: usize,
    timeout_ms: i64,
    grace_ms: i64,
    max_output: u64,
    limits: [u64; 5],
}

/// rt_process_result of the header.
#[repr(C)]
struct Outcome {
    size: usize,
    code: i32,
    flags: u32,
    out: *mut c_char,
    err: *mut c_char,
}

/// Captures the standard output.
const CAPTURE_OUT: u32 = 1;
const SIGTERM: i32 = 15;

type Spawn = unsafe extern "C" fn(*const c_char, *const *const c_char, usize, *const Options) -> i64;
type RunWith = unsafe extern "C" fn(*const c_char, *const *const c_char, usize, *const Options, *mut Outcome) -> bool;

pub fn show(demo: &mut Demo<'_>) -> Result<()> {
    demo.family("Processes");
    let pid = demo.library.number0("rt_getpid")?;
    demo.row("rt_getpid", "queried the process ID", pid, pid == i64::from(std::process::id()));
    let code = demo.library.run("rt_process_run", c"sh", &[c"-c", c"test \"$GREETING\" = hello && exit 42"])?;
    demo.row("rt_process_run", "ran sh, which checks GREETING and exits with 42", code, code == 42);
    let code = demo.library.small_number("rt_shell", c"kill -TERM $$")?;
    demo.row("rt_shell", "ran a script that ends itself by SIGTERM", code, code == 128 + SIGTERM);
    run_with(demo)?;
    output(demo)?;
    spawned(demo)?;
    let printed = printed(Command::new(std::env::current_exe()?).arg(demo.object).arg(EXEC))?;
    demo.row("rt_process_exec", "replaced a child by echo", &printed, printed == "executed");
    Ok(())
}

/// Executes echo in place of this process.
pub fn exec(library: &Library) -> Result<()> {
    let code = library.run("rt_process_exec", c"echo", &[c"executed"])?;
    bail!("rt_process_exec: {code}, {}", library.last_error()?)
}

fn run_with(demo: &mut Demo<'_>) -> Result<()> {
    let run_with: Symbol<'_, RunWith> = demo.library.get("rt_process_run_with")?;
    let arguments = pointers(&[c"-c", c"echo begun; exec sleep 60"]);
    let options = Options { size: size_of::<Options>(), flags: CAPTURE_OUT, timeout_ms: 200, ..Options::default() };
    let mut outcome =
        Outcome { size: size_of::<Outcome>(), code: 0, flags: 0, out: ptr::null_mut(), err: ptr::null_mut() };
    let (texts, count) = (arguments.as_ptr(), arguments.len());
    // SAFETY: the texts end with NUL, and the structures are those of the header.
    let done = unsafe { run_with(c"sh".as_ptr(), texts, count, &raw const options, &raw mut outcome) };
    let out = demo.library.take("rt_process_run_with", outcome.out)?;
    let result = format!("{}, {}", outcome.code, lossy(out.trim_ascii_end()));
    let agrees = done && outcome.code == 124 && out == b"begun\n";
    demo.row("rt_process_run_with", "captured the output of sh for 0.2 s", result, agrees);
    Ok(())
}

fn output(demo: &mut Demo<'_>) -> Result<()> {
    type Output = unsafe extern "C" fn(*const c_char, *const *const c_char, usize) -> *mut c_char;
    let output: Symbol<'_, Output> = demo.library.get("rt_process_output")?;
    let arguments = pointers(&[c"-r"]);
    // SAFETY: the texts end with NUL.
    let text = unsafe { output(c"uname".as_ptr(), arguments.as_ptr(), arguments.len()) };
    let text = demo.library.take("rt_process_output", text)?;
    let same = printed(Command::new("uname").arg("-r"))?.as_bytes() == text.trim_ascii_end();
    demo.row("rt_process_output", "ran uname -r", lossy(text.trim_ascii_end()), same);
    Ok(())
}

fn spawned(demo: &mut Demo<'_>) -> Result<()> {
    let spawn: Symbol<'_, Spawn> = demo.library.get("rt_process_spawn")?;
    let arguments = pointers(&[c"60"]);
    // SAFETY: the texts end with NUL, and the options may be NULL.
    let pid = unsafe { spawn(c"sleep".as_ptr(), arguments.as_ptr(), arguments.len(), ptr::null()) };
    let exists =
        || Command::new("kill").args(["-0", &pid.to_string()]).output().is_ok_and(|output| output.status.success());
    demo.row("rt_process_spawn", "started sleep", format!("process {pid}"), pid > 0 && exists());
    let running: Symbol<'_, unsafe extern "C" fn(i64) -> bool> = demo.library.get("rt_process_is_running")?;
    // SAFETY: the argument is a plain integer.
    let runs = unsafe { running(pid) };
    demo.row("rt_process_is_running", "checked that it runs", runs, runs == exists());
    let kill: Symbol<'_, unsafe extern "C" fn(i64, i32) -> bool> = demo.library.get("rt_process_kill")?;
    // SAFETY: the arguments are plain integers.
    let done = unsafe { kill(pid, SIGTERM) };
    demo.row("rt_process_kill", "sent it SIGTERM", done, done);
    let wait: Symbol<'_, unsafe extern "C" fn(i64, i64) -> i32> = demo.library.get("rt_process_wait")?;
    // SAFETY: the arguments are plain integers.
    let code = unsafe { wait(pid, -1) };
    demo.row("rt_process_wait", "waited for its end", code, code == 128 + SIGTERM && !exists());
    Ok(())
}
