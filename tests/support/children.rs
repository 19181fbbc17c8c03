//! Child processes that run a test again.

use super::*;

const TEST: &str = "FFI_SYSCALLS_TEST";
const DIR: &str = "FFI_SYSCALLS_TEST_DIR";
/// The exit code of a child whose body returned.
const CHILD_PASSED: i32 = 86;

/// Runs `body` in a child process, and returns the directory that it was given.
///
/// The child executes the test program again, for the test that calls this function. The name of that test follows from
/// the type of the closure. In the child this function runs `body` and does not return.
#[track_caller]
pub(crate) fn in_child<F: FnOnce(&TempDir)>(body: F) -> TempDir {
    in_child_with(|_, _| {}, body)
}

/// As [`in_child`], as an ordinary user: the user who runs the test, or [`NOBODY`] if that is root.
#[track_caller]
pub(crate) fn as_ordinary_user<F: FnOnce(&TempDir)>(body: F) -> TempDir {
    if let Some(temp) = dir_of_child::<F>() {
        drop_root();
        run_and_exit(body, &temp);
    }
    spawn_child::<F>(|_, _| {})
}

/// As [`in_child`]. `prepare` can change the command that starts the child.
#[track_caller]
pub(crate) fn in_child_with<F: FnOnce(&TempDir)>(prepare: impl FnOnce(&mut Command, &TempDir), body: F) -> TempDir {
    if let Some(temp) = dir_of_child::<F>() {
        run_and_exit(body, &temp);
    }
    spawn_child::<F>(prepare)
}

/// As [`in_child`], with exactly these entries as the environment, plus those that mark the process as a child.
#[track_caller]
pub(crate) fn in_child_with_environment<F: FnOnce(&TempDir)>(entries: &[&CStr], body: F) {
    if let Some(temp) = dir_of_child::<F>() {
        run_and_exit(body, &temp);
    }
    let temp = TempDir::new();
    let marks = [(TEST, name_of::<F>()), (DIR, temp.path())].map(|(name, value)| format!("{name}={value}"));
    // The child needs the settings of its emulator.
    let of_emulator = std::env::var("G_SLICE").ok().map(|value| format!("G_SLICE={value}"));
    let more: Vec<_> = marks.into_iter().chain(of_emulator).map(|mark| CString::new(mark).unwrap()).collect();
    let environment = entries.iter().copied().chain(more.iter().map(CString::as_c_str));
    let status = spawn_with_environment(&test_arguments::<F>(), environment);
    assert_eq!(status.code(), Some(CHILD_PASSED), "the child failed: {status}");
}

/// Runs the test program with exactly these entries as its environment. std cannot pass on duplicate or malformed ones.
fn spawn_with_environment<'a>(arguments: &[String], environment: impl Iterator<Item = &'a CStr>) -> ExitStatus {
    let program = std::env::current_exe().unwrap().into_os_string().into_string().unwrap();
    let arguments = std::iter::once(&program).chain(arguments).map(|text| CString::new(&**text).unwrap());
    let arguments: Vec<CString> = arguments.collect();
    let end = std::iter::once(std::ptr::null_mut());
    let argv: Vec<_> = arguments.iter().map(|text| text.as_ptr().cast_mut()).chain(end.clone()).collect();
    let envp: Vec<_> = environment.map(|text| text.as_ptr().cast_mut()).chain(end).collect();
    let (mut pid, path) = (0, arguments.first().unwrap().as_ptr());
    // SAFETY: both arrays hold NUL-terminated strings and end with a null pointer, and outlive the call.
    let error =
        unsafe { libc::posix_spawn(&mut pid, path, std::ptr::null(), std::ptr::null(), argv.as_ptr(), envp.as_ptr()) };
    assert_eq!(error, 0);
    wait_for(pid)
}

/// Waits for a child and returns its status.
pub(crate) fn wait_for(pid: i32) -> ExitStatus {
    let mut status = 0;
    // SAFETY: the status is writable.
    checked(unsafe { libc::waitpid(pid, &mut status, 0) });
    std::os::unix::process::ExitStatusExt::from_raw(status)
}

/// Returns the name of the test that the closure belongs to. Its type name is `binary::test::{{closure}}`.
pub(crate) fn name_of<F>() -> &'static str {
    let name = type_name::<F>().split_once("::").unwrap().1;
    name.split_once("::{{closure}}").unwrap().0
}

pub(super) fn dir_of_child<F>() -> Option<TempDir> {
    if std::env::var_os(TEST)? != *name_of::<F>() {
        return None;
    }
    Some(TempDir { path: std::env::var(DIR).unwrap(), _removed_on_drop: None })
}

pub(super) fn run_and_exit(body: impl FnOnce(&TempDir), temp: &TempDir) -> ! {
    body(temp);
    io::stdout().flush().unwrap();
    // Exit without std, which unmaps the signal stack of the main thread. A handler of the libc may still run on it: the
    // libc changes the user of all threads by signals.
    // SAFETY: the arguments are plain integers.
    unsafe { libc::_exit(CHILD_PASSED) }
}

fn test_arguments<F>() -> [String; 4] {
    [name_of::<F>(), "--exact", "--nocapture", "--test-threads=1"].map(str::to_owned)
}

#[track_caller]
pub(super) fn spawn_child<F>(prepare: impl FnOnce(&mut Command, &TempDir)) -> TempDir {
    let temp = TempDir::new();
    let mut command = Command::new(std::env::current_exe().unwrap());
    // SAFETY: `reset_signals` only calls signal(2), which is async-signal-safe and allocates nothing.
    unsafe { command.pre_exec(reset_signals) };
    prepare(&mut command, &temp);
    command.args(test_arguments::<F>()).env(TEST, name_of::<F>()).env(DIR, temp.path());
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(CHILD_PASSED), "the child failed: {}\n{out}\n{err}", output.status);
    io::stderr().write_all(&output.stderr).unwrap();
    temp
}

/// Resets every signal to its default. nohup(1) and background jobs of a shell start programs with some ignored.
fn reset_signals() -> io::Result<()> {
    for signal in 1..32 {
        // SAFETY: SIG_DFL installs no handler. SIGKILL and SIGSTOP cannot be set and have their default.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    Ok(())
}

/// Returns true if the tests run as root.
pub(crate) fn is_root() -> bool {
    // SAFETY: the call has no arguments.
    unsafe { libc::geteuid() == 0 }
}

/// Drops the privileges of root, if the process has them. The new user can still read its files in /proc.
pub(crate) fn drop_root() {
    if !is_root() {
        return;
    }
    // SAFETY: a null pointer is valid for a list of length 0.
    checked(unsafe { libc::setgroups(0, std::ptr::null()) });
    // SAFETY: the arguments are plain integers.
    checked(unsafe { libc::setresgid(NOBODY, NOBODY, NOBODY) });
    // SAFETY: the arguments are plain integers.
    checked(unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) });
    // SAFETY: the arguments are plain integers.
    checked(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1) });
}
