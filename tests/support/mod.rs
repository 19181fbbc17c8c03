//! Helpers of the tests: temporary directories, child processes, ordinary users, comparison of errors.
//!
//! Working directory, umask, limits, signals and environment belong to the whole process. A test that changes one of
//! them, or that needs it unchanged, runs in a process of its own: [`in_child`] runs the test program again for that one
//! test.

#![allow(dead_code, reason = "each test binary uses a part of the helpers")]

use std::any::type_name;
use std::ffi::{CStr, CString, c_char};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ffi_syscalls::{Errno, List, Text, process};

/// The user without privileges that the tests become when root runs them.
pub(crate) const NOBODY: u32 = 65534;

// Temporary directories

/// A temporary directory that every user may write to. Dropping it removes it, except in a child, which borrows that of
/// its parent.
pub(crate) struct TempDir {
    path: String,
    _removed_on_drop: Option<tempfile::TempDir>,
}

impl TempDir {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap().to_owned();
        set_mode(&path, 0o777);
        Self { path, _removed_on_drop: Some(directory) }
    }

    /// Returns the path of a name in the directory.
    pub(crate) fn join(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes an executable file and returns its path.
    pub(crate) fn executable(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let (draft, path) = (self.file(&format!("{name}.draft"), content), self.join(name));
        copy_program(&draft, &path);
        fs::remove_file(draft).unwrap();
        set_mode(&path, 0o755);
        path
    }

    /// Creates a directory and returns its path.
    pub(crate) fn mkdir(&self, name: &str) -> String {
        let path = self.join(name);
        fs::create_dir(&path).unwrap();
        path
    }

    /// Creates a symbolic link and returns its path.
    pub(crate) fn symlink(&self, name: &str, target: &str) -> String {
        let path = self.join(name);
        std::os::unix::fs::symlink(target, &path).unwrap();
        path
    }

    /// Creates a named pipe and returns its path.
    pub(crate) fn mkfifo(&self, name: &str) -> String {
        let path = self.join(name);
        let c_path = CString::new(&*path).unwrap();
        // SAFETY: the path is NUL-terminated.
        checked(unsafe { libc::mkfifo(c_path.as_ptr(), 0o666) });
        path
    }
}

/// Copies a program with cp(1). If this process opened the copy for writing, a child that another test starts at that
/// moment would inherit the descriptor, and the kernel would refuse to execute the copy (ETXTBSY).
pub(crate) fn copy_program(from: &str, to: &str) {
    assert!(Command::new("/bin/cp").args([from, to]).status().unwrap().success());
}

pub(crate) fn set_mode(path: &str, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn mode_of(path: &str) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Creates a directory for files of `size` bytes, in memory (/dev/shm) if there is enough, which is faster.
pub(crate) fn temp_dir_with_space(size: u64) -> TempDir {
    let has_space = |path: &CStr| {
        // SAFETY: the struct has integer fields only, so all zeroes are a valid value.
        let mut facts: libc::statvfs = unsafe { std::mem::zeroed() };
        // SAFETY: the path is NUL-terminated and the struct writable.
        (unsafe { libc::statvfs(path.as_ptr(), &mut facts) }) == 0 && facts.f_bavail * facts.f_frsize >= size
    };
    if !has_space(c"/dev/shm") {
        return TempDir::new();
    }
    let directory = tempfile::tempdir_in("/dev/shm").unwrap();
    TempDir { path: directory.path().to_str().unwrap().to_owned(), _removed_on_drop: Some(directory) }
}

/// Returns the path, padded to `len` bytes with leading slashes.
pub(crate) fn path_of_length(path: &str, len: usize) -> String {
    "/".repeat(len - path.len()) + path
}

/// Returns pseudorandom bytes, NUL included. They are the same in each call.
pub(crate) fn random_bytes(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_ne_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Asserts equality. A failure reports the lengths and the first difference instead of megabytes of text.
#[track_caller]
pub(crate) fn assert_same_bytes(found: &[u8], expected: &[u8]) {
    let first = || found.iter().zip(expected).position(|(found, expected)| found != expected);
    let (len, expected_len) = (found.len(), expected.len());
    assert!(found == expected, "{len} bytes instead of {expected_len}, first difference at {:?}", first());
}

/// Returns the byte after a text, which must be NUL.
pub(crate) fn byte_after(text: &Text) -> u8 {
    // SAFETY: the block of a text ends with a NUL after the content.
    let end = unsafe { text.as_ptr().add(text.len()) };
    // SAFETY: `end` points to the NUL, inside the block.
    unsafe { end.read() }
}

/// Returns an entry of the array that C sees. The entry after the last one is null.
pub(crate) fn raw_entry(list: &List, index: usize) -> *const c_char {
    assert!(index <= list.len());
    // SAFETY: the array has `len` entries and a null pointer after them.
    let entry = unsafe { list.as_ptr().add(index) };
    // SAFETY: `entry` points into the array, to a pointer that was written.
    unsafe { entry.read() }
}

// Errors

/// Returns the error number of a failed call of std.
pub(crate) fn errno_of<T>(result: io::Result<T>) -> Option<i32> {
    result.err().map(|error| error.raw_os_error().unwrap())
}

/// Asserts that both failed with the same error number.
#[track_caller]
pub(crate) fn assert_same_error<T, U>(ours: ffi_syscalls::Result<T>, theirs: io::Result<U>) {
    let theirs = errno_of(theirs);
    assert!(theirs.is_some(), "the call of std did not fail");
    assert_eq!(ours.err().map(Errno::raw), theirs);
}

/// Returns the result of a libc call, or panics with its error if it is -1.
#[track_caller]
pub(crate) fn checked(result: i32) -> i32 {
    assert!(result != -1, "{}", io::Error::last_os_error());
    result
}

/// Reports what could not be tested, and what would enable it. It writes past the capture of the test harness, which
/// hides the output of tests that pass.
pub(crate) fn report_cannot_run(text: &str) {
    io::stderr().write_all(format!("\nCANNOT RUN: {text}\n").as_bytes()).unwrap();
}

/// Returns true if the tests run in an emulator, which differs from the kernel in some system calls.
pub(crate) fn is_emulated() -> bool {
    std::env::var_os("FFI_SYSCALLS_EMULATED").is_some()
}

/// Reports what an emulator cannot show. The test runs on a real kernel only.
pub(crate) fn report_not_in_an_emulator(text: &str) {
    io::stderr().write_all(format!("\nNOT IN AN EMULATOR: {text}\n").as_bytes()).unwrap();
}

// Child processes

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

fn dir_of_child<F>() -> Option<TempDir> {
    if std::env::var_os(TEST)? != *name_of::<F>() {
        return None;
    }
    Some(TempDir { path: std::env::var(DIR).unwrap(), _removed_on_drop: None })
}

fn run_and_exit(body: impl FnOnce(&TempDir), temp: &TempDir) -> ! {
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
fn spawn_child<F>(prepare: impl FnOnce(&mut Command, &TempDir)) -> TempDir {
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

// Control groups

/// A control group, of version 1 or 2. Dropping it removes it.
pub(crate) struct ControlGroup(String);

impl ControlGroup {
    fn new(path: String) -> Result<Self, String> {
        fs::create_dir(&path).map_err(|error| format!("{path}: {error}"))?;
        Ok(Self(path))
    }

    /// Creates a group at the root of the hierarchy of a controller and sets its limit, with version 1 or else version 2.
    fn at_root(controller: &str, name: &str, limit: impl Fn(&Self) -> Result<(), String>) -> Result<Self, String> {
        let create_in = |parent: &str| {
            let group = Self::new(format!("{parent}/{name}"))?;
            limit(&group).map(|()| group)
        };
        create_in(&format!("/sys/fs/cgroup/{controller}"))
            .or_else(|first| create_in("/sys/fs/cgroup").map_err(|second| format!("{first}; {second}")))
    }

    /// Creates a group inside this one.
    pub(crate) fn child(&self, name: &str) -> Self {
        Self::new(format!("{}/{name}", self.0)).unwrap()
    }

    /// Returns true if the group has this file, which depends on the version.
    pub(crate) fn has(&self, file: &str) -> bool {
        fs::exists(format!("{}/{file}", self.0)).unwrap()
    }

    /// Writes a value into a file of the group.
    pub(crate) fn set(&self, file: &str, value: &str) -> Result<(), String> {
        let path = format!("{}/{file}", self.0);
        let result = fs::File::options().write(true).open(&path).and_then(|mut file| file.write_all(value.as_bytes()));
        result.map_err(|error| format!("{path}: {error}"))
    }
}

/// Limits the memory of a group, in bytes.
pub(crate) fn set_memory_limit(group: &ControlGroup, limit: usize) -> Result<(), String> {
    let file = if group.has("memory.limit_in_bytes") { "memory.limit_in_bytes" } else { "memory.max" };
    group.set(file, &limit.to_string())
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        fs::remove_dir(&self.0).unwrap();
    }
}

const GROUP: &str = "FFI_SYSCALLS_TEST_GROUP";
const ARGUMENT: &str = "FFI_SYSCALLS_TEST_ARGUMENT";

/// Runs `test` with a new control group, or reports why none can be made. `test` gets a function that runs `body` with an
/// argument in a child process that has joined a group.
pub(crate) fn with_control_group<F: Fn(&str)>(
    controller: &str,
    limit: impl Fn(&ControlGroup) -> Result<(), String>,
    body: F,
    test: impl FnOnce(&ControlGroup, &dyn Fn(&ControlGroup, &str)),
) {
    if let Some(temp) = dir_of_child::<F>() {
        let group = std::env::var(GROUP).unwrap();
        fs::write(format!("{group}/cgroup.procs"), std::process::id().to_string()).unwrap();
        run_and_exit(|_| body(&std::env::var(ARGUMENT).unwrap()), &temp);
    }
    let run_in = |group: &ControlGroup, argument: &str| {
        spawn_child::<F>(|command, _| {
            command.env(GROUP, &group.0).env(ARGUMENT, argument);
        });
    };
    let name = format!("ffi_syscalls-{}-{}", std::process::id(), name_of::<F>().replace("::", "-"));
    match ControlGroup::at_root(controller, &name, limit) {
        Ok(group) => test(&group, &run_in),
        Err(reason) => report_cannot_run(&format!(
            "limits of a control group for {controller}: run the tests as root, with /sys/fs/cgroup writable ({reason})"
        )),
    }
}

// Facts about processes

/// Runs cp(1) through the library and returns its file in /proc/PID, such as `status`.
#[track_caller]
pub(crate) fn proc_file_of_child(temp: &TempDir, name: &str) -> Vec<u8> {
    let copy = temp.join("copy of a proc file");
    let outcome = process::run("/bin/cp", &[&*format!("/proc/self/{name}"), &copy]).unwrap();
    assert!(outcome.success(), "{outcome:?}");
    let content = fs::read(&copy).unwrap();
    fs::remove_file(&copy).unwrap();
    content
}

/// Returns the number of open descriptors of this process, plus that of the directory being read.
pub(crate) fn count_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

// Standard streams

/// All sets of closed standard streams, the empty one included.
pub(crate) const CLOSED: [&[i32]; 8] = [&[], &[0], &[1], &[2], &[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]];

/// Runs `body` with these standard streams closed. A panic in `body` has no message if standard error is closed, so
/// `body` returns what the test compares.
pub(crate) fn with_closed_streams<R>(closed: &[i32], body: impl FnOnce() -> R) -> R {
    const ABOVE_ALL_OTHERS: i32 = 500;
    let saved: Vec<_> = closed
        .iter()
        .map(|&fd| {
            // SAFETY: the arguments are plain integers.
            let saved = checked(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, ABOVE_ALL_OTHERS) });
            // SAFETY: no other thread of this process uses the standard streams now.
            checked(unsafe { libc::close(fd) });
            (saved, fd)
        })
        .collect();
    let result = body();
    for (saved, fd) in saved {
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::dup2(saved, fd) });
        // SAFETY: this function owns the descriptor.
        checked(unsafe { libc::close(saved) });
    }
    result
}

/// Returns the standard streams that are closed, as the kernel reports them.
pub(crate) fn closed_streams() -> Vec<i32> {
    // SAFETY: the arguments are plain integers.
    (0..3).filter(|&fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1).collect()
}

// Concurrency

struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs `body` while another thread repeats `background`, which ends when `body` returns or panics.
pub(crate) fn while_repeating<R>(mut background: impl FnMut() + Send, body: impl FnOnce() -> R) -> R {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                background();
            }
        });
        let _set = SetOnDrop(&done);
        body()
    })
}

// Changes to the whole process, for children

pub(crate) fn set_umask(mask: u32) {
    // SAFETY: the arguments are plain integers.
    unsafe { libc::umask(mask) };
}

/// Moves the calling thread, and those that it starts, to a mount namespace of their own, so that mounts end with them.
#[cfg(target_os = "linux")]
pub(crate) fn enter_mount_namespace() -> Result<(), String> {
    // SAFETY: the arguments are plain integers.
    if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
        return Err(format!("unshare(2): {}", io::Error::last_os_error()));
    }
    mount("none", "/", "", libc::MS_REC | libc::MS_PRIVATE, "")
}

/// Mounts a file system. See mount(2).
#[cfg(target_os = "linux")]
pub(crate) fn mount(what: &str, at: &str, kind: &str, flags: libc::c_ulong, options: &str) -> Result<(), String> {
    let [what, at, kind, options] = [what, at, kind, options].map(|text| CString::new(text).unwrap());
    // SAFETY: all pointers are to NUL-terminated strings that outlive the call.
    let result = unsafe { libc::mount(what.as_ptr(), at.as_ptr(), kind.as_ptr(), flags, options.as_ptr().cast()) };
    if result == 0 { Ok(()) } else { Err(format!("mount(2) of {kind:?}: {}", io::Error::last_os_error())) }
}

/// Makes a system call fail with EPERM in this process until it exits. See seccomp(2).
#[cfg(target_os = "linux")]
pub(crate) fn deny_syscall(call: libc::c_long) {
    deny_syscall_with_argument(call, None);
}

/// As [`deny_syscall`], only for calls with this first argument if there is one.
#[cfg(target_os = "linux")]
pub(crate) fn deny_syscall_with_argument(call: libc::c_long, argument: Option<i32>) {
    use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter, sock_fprog};
    let statement = |code: u32, k: u32, jf: u8| sock_filter { code: u16::try_from(code).unwrap(), jt: 0, jf, k };
    // Offsets in struct seccomp_data: the call number, and the low half of the first argument.
    let equal = [(0, u32::try_from(call).ok()), (16, argument.map(i32::cast_unsigned))];
    let equal: Vec<_> = equal.into_iter().filter_map(|(offset, value)| Some((offset, value?))).collect();
    let mut filter = Vec::new();
    for (number, &(offset, value)) in (1..).zip(&equal) {
        filter.push(statement(BPF_LD | BPF_W | BPF_ABS, offset, 0));
        // Skip the remaining comparisons and the return of the error.
        filter.push(statement(BPF_JMP | BPF_JEQ | BPF_K, value, 2 * u8::try_from(equal.len() - number).unwrap() + 1));
    }
    filter.push(statement(BPF_RET | BPF_K, libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned(), 0));
    filter.push(statement(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0));
    let program = sock_fprog { len: u16::try_from(filter.len()).unwrap(), filter: filter.as_mut_ptr() };
    // SAFETY: the arguments are plain integers.
    checked(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) });
    // SAFETY: `filter` has `len` instructions and outlives the call, which copies them.
    checked(unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) });
}

/// The type of the first argument of setrlimit(2), which differs between libcs.
#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

/// Sets a soft limit, which the process may raise again.
pub(crate) fn set_soft_limit(resource: Resource, soft: u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is writable.
    checked(unsafe { libc::getrlimit(resource, &mut limit) });
    limit.rlim_cur = soft.min(limit.rlim_max);
    // SAFETY: the limit is readable.
    checked(unsafe { libc::setrlimit(resource, &limit) });
}

/// Sets the disposition of a signal: `SIG_DFL`, `SIG_IGN` or a handler, with these flags. See sigaction(2).
pub(crate) fn set_signal_handler(signal: i32, handler: libc::sighandler_t, flags: i32) {
    // SAFETY: the struct has integer fields only, so all zeroes are a valid value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: `action` is readable, and its handler is `SIG_DFL`, `SIG_IGN` or an `extern "C" fn(i32)`.
    checked(unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) });
}

/// Returns the resident set size in pages.
pub(crate) fn resident_pages() -> u64 {
    fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse().unwrap()
}

/// Asserts that repetitions, after a warm-up, grow the resident set by at most 1 MB. An emulator needs memory itself and
/// gets 16 MB.
#[track_caller]
pub(crate) fn assert_memory_does_not_grow(repetitions: usize, mut action: impl FnMut()) {
    for _ in 0..repetitions.min(100) {
        action();
    }
    let before = resident_pages();
    for _ in 0..repetitions {
        action();
    }
    let after = resident_pages();
    let allowed_pages = if is_emulated() { 4096 } else { 256 };
    assert!(after <= before + allowed_pages, "{before} pages before, {after} pages after");
}
