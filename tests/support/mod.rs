//! What the tests share: a directory of their own, a process of their own, an ordinary user, errors to compare.
//!
//! What a test changes for the whole process (working directory, umask, limits, signals, environment), or what nobody
//! else may change meanwhile, it does in a process of its own: [`in_child`] runs the test program again, for that one
//! test.

#![allow(dead_code, reason = "each test program uses its part")]

use std::any::type_name;
use std::ffi::{CStr, CString, c_char};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ffi_syscalls::{Errno, List, Text};

/// The user without rights, whom the tests become when root runs them.
pub(crate) const NOBODY: u32 = 65534;

// A directory of the test's own

/// A directory that every user may write to, and that is removed at the end.
pub(crate) struct Place {
    path: String,
    _removed_at_the_end: Option<tempfile::TempDir>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap().to_owned();
        set_mode(&path, 0o777);
        Self { path, _removed_at_the_end: Some(directory) }
    }

    /// A path in the directory.
    pub(crate) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.at(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes a file that may be executed and returns its path.
    pub(crate) fn executable(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let (draft, path) = (self.file(&format!("{name}.draft"), content), self.at(name));
        copy_program(&draft, &path);
        fs::remove_file(draft).unwrap();
        set_mode(&path, 0o755);
        path
    }

    /// Makes a directory and returns its path.
    pub(crate) fn dir(&self, name: &str) -> String {
        let path = self.at(name);
        fs::create_dir(&path).unwrap();
        path
    }

    /// Makes a symbolic link and returns its path.
    pub(crate) fn link(&self, name: &str, target: &str) -> String {
        let path = self.at(name);
        std::os::unix::fs::symlink(target, &path).unwrap();
        path
    }

    /// Makes a named pipe and returns its path.
    pub(crate) fn fifo(&self, name: &str) -> String {
        let path = self.at(name);
        let c_path = CString::new(&*path).unwrap();
        // SAFETY: the path is NUL-terminated.
        checked(unsafe { libc::mkfifo(c_path.as_ptr(), 0o666) });
        path
    }
}

/// Copies a file that is to be executed, by a program of its own: had this process it open for writing, a child that
/// another test starts meanwhile would have it open too, and the kernel would not execute it (ETXTBSY).
pub(crate) fn copy_program(from: &str, to: &str) {
    assert!(Command::new("/bin/cp").args([from, to]).status().unwrap().success());
}

pub(crate) fn set_mode(path: &str, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn mode_of(path: &str) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A directory with this much room in bytes: in memory where that is possible, since it is faster.
pub(crate) fn large_place(room: u64) -> Place {
    let has_room = |path: &CStr| {
        // SAFETY: all zeroes are a value of this struct.
        let mut facts: libc::statvfs = unsafe { std::mem::zeroed() };
        // SAFETY: the path is NUL-terminated and the struct writable.
        (unsafe { libc::statvfs(path.as_ptr(), &mut facts) }) == 0 && facts.f_bavail * facts.f_frsize >= room
    };
    if !has_room(c"/dev/shm") {
        return Place::new();
    }
    let directory = tempfile::tempdir_in("/dev/shm").unwrap();
    Place { path: directory.path().to_str().unwrap().to_owned(), _removed_at_the_end: Some(directory) }
}

/// The path with slashes in front, so that it has this length.
pub(crate) fn stretched(path: &str, len: usize) -> String {
    "/".repeat(len - path.len()) + path
}

/// Bytes without a pattern, NUL included.
pub(crate) fn noise(len: usize) -> Vec<u8> {
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

/// Fails with the lengths and the first difference, and not with megabytes of text.
#[track_caller]
pub(crate) fn assert_same_bytes(found: &[u8], wanted: &[u8]) {
    let first = || found.iter().zip(wanted).position(|(found, wanted)| found != wanted);
    let (len, wanted_len) = (found.len(), wanted.len());
    assert!(found == wanted, "{len} bytes in place of {wanted_len}, first difference at {:?}", first());
}

/// What lies behind a text, which is a NUL.
pub(crate) fn byte_behind(text: &Text) -> u8 {
    // SAFETY: a text has a byte behind its content.
    let behind = unsafe { text.as_ptr().add(text.len()) };
    // SAFETY: as above.
    unsafe { behind.read() }
}

/// An entry of the array that C sees; the one behind the last is null.
pub(crate) fn entry(list: &List, index: usize) -> *const c_char {
    assert!(index <= list.len());
    // SAFETY: a list has a pointer behind its entries.
    let entry = unsafe { list.as_ptr().add(index) };
    // SAFETY: as above.
    unsafe { entry.read() }
}

// Errors

/// The error number of what std or libc did.
pub(crate) fn os_error<T>(result: io::Result<T>) -> Option<i32> {
    result.err().map(|error| error.raw_os_error().unwrap())
}

/// Fails unless both failed for the same reason.
#[track_caller]
pub(crate) fn assert_same_error<T, U>(ours: ffi_syscalls::Result<T>, theirs: io::Result<U>) {
    let theirs = os_error(theirs);
    assert!(theirs.is_some(), "the oracle did not fail");
    assert_eq!(ours.err().map(Errno::raw), theirs);
}

/// The result of a libc call that returns -1 for a failure.
#[track_caller]
pub(crate) fn checked(result: i32) -> i32 {
    assert!(result != -1, "{}", io::Error::last_os_error());
    result
}

/// Says on the standard error, past the harness that holds back what a passing test prints, what could not be tested.
pub(crate) fn loudly(text: &str) {
    io::stderr().write_all(format!("\nCANNOT RUN: {text}\n").as_bytes()).unwrap();
}

/// Whether an emulator runs the tests, which does a few things of the kernel's otherwise.
pub(crate) fn is_emulated() -> bool {
    std::env::var_os("FFI_SYSCALLS_EMULATED").is_some()
}

/// Says what only the kernel itself can show. It is tested where the tests run without an emulator.
pub(crate) fn not_in_an_emulator(text: &str) {
    io::stderr().write_all(format!("\nNOT IN AN EMULATOR: {text}\n").as_bytes()).unwrap();
}

// A process of the test's own

const TEST: &str = "FFI_SYSCALLS_TEST";
const PLACE: &str = "FFI_SYSCALLS_TEST_PLACE";
/// The exit code of a child whose body has run to its end.
const DONE: i32 = 86;

/// Runs `body` in a process of its own, and returns the directory that it was given.
///
/// The test program is executed again for the test that calls this, which is known from the type of the closure; there
/// this function runs the body and does not return.
#[track_caller]
pub(crate) fn in_child<F: FnOnce(&Place)>(body: F) -> Place {
    in_child_with(|_, _| {}, body)
}

/// As [`in_child`], as an ordinary user: the one that runs the test, or a user without rights when that is root.
#[track_caller]
pub(crate) fn as_ordinary_user<F: FnOnce(&Place)>(body: F) -> Place {
    if let Some(place) = place_of_child::<F>() {
        become_ordinary();
        finish(body, &place);
    }
    start_child::<F>(|_, _| {})
}

/// As [`in_child`], with a say in how the child is started.
#[track_caller]
pub(crate) fn in_child_with<F: FnOnce(&Place)>(prepare: impl FnOnce(&mut Command, &Place), body: F) -> Place {
    if let Some(place) = place_of_child::<F>() {
        finish(body, &place);
    }
    start_child::<F>(prepare)
}

/// As [`in_child`], with exactly these entries as the environment, and the ones that a child is known by.
#[track_caller]
pub(crate) fn in_child_with_environment<F: FnOnce(&Place)>(entries: &[&CStr], body: F) {
    if let Some(place) = place_of_child::<F>() {
        finish(body, &place);
    }
    let place = Place::new();
    let marks = [(TEST, name_of::<F>()), (PLACE, place.path())].map(|(name, value)| format!("{name}={value}"));
    // What an emulator is told, and the child's with it.
    let of_emulator = std::env::var("G_SLICE").ok().map(|value| format!("G_SLICE={value}"));
    let more: Vec<_> = marks.into_iter().chain(of_emulator).map(|mark| CString::new(mark).unwrap()).collect();
    let environment = entries.iter().copied().chain(more.iter().map(CString::as_c_str));
    let status = execute(&arguments::<F>(), environment);
    assert_eq!(status.code(), Some(DONE), "the child failed: {status}");
}

/// Runs the test program with exactly these entries as its environment, whatever they are, which std does not do.
fn execute<'a>(arguments: &[String], environment: impl Iterator<Item = &'a CStr>) -> ExitStatus {
    let program = std::env::current_exe().unwrap().into_os_string().into_string().unwrap();
    let arguments = std::iter::once(&program).chain(arguments).map(|text| CString::new(&**text).unwrap());
    let arguments: Vec<CString> = arguments.collect();
    let end = std::iter::once(std::ptr::null_mut());
    let argv: Vec<_> = arguments.iter().map(|text| text.as_ptr().cast_mut()).chain(end.clone()).collect();
    let envp: Vec<_> = environment.map(|text| text.as_ptr().cast_mut()).chain(end).collect();
    let (mut pid, path) = (0, arguments.first().unwrap().as_ptr());
    // SAFETY: NUL-terminated strings, in arrays that end with null pointers, all of which live until the call returns.
    let error =
        unsafe { libc::posix_spawn(&mut pid, path, std::ptr::null(), std::ptr::null(), argv.as_ptr(), envp.as_ptr()) };
    assert_eq!(error, 0);
    wait_for(pid)
}

/// Waits for a child.
pub(crate) fn wait_for(pid: i32) -> ExitStatus {
    let mut status = 0;
    // SAFETY: the status is writable.
    checked(unsafe { libc::waitpid(pid, &mut status, 0) });
    std::os::unix::process::ExitStatusExt::from_raw(status)
}

/// The name of the test that the closure belongs to: `program::test::{{closure}}`.
fn name_of<F>() -> &'static str {
    let name = type_name::<F>().split_once("::").unwrap().1;
    name.split_once("::{{closure}}").unwrap().0
}

fn place_of_child<F>() -> Option<Place> {
    if std::env::var_os(TEST)? != *name_of::<F>() {
        return None;
    }
    Some(Place { path: std::env::var(PLACE).unwrap(), _removed_at_the_end: None })
}

fn finish(body: impl FnOnce(&Place), place: &Place) -> ! {
    body(place);
    io::stdout().flush().unwrap();
    // Not through std: it unmaps the main thread's signal stack, on which a handler of the libc's may still run that
    // had this thread's change of the user take effect there.
    // SAFETY: it takes a number.
    unsafe { libc::_exit(DONE) }
}

fn arguments<F>() -> [String; 4] {
    [name_of::<F>(), "--exact", "--nocapture", "--test-threads=1"].map(str::to_owned)
}

#[track_caller]
fn start_child<F>(prepare: impl FnOnce(&mut Command, &Place)) -> Place {
    let place = Place::new();
    let mut command = Command::new(std::env::current_exe().unwrap());
    // SAFETY: what is called in the child may be called between fork and exec, and takes no memory.
    unsafe { command.pre_exec(default_signals) };
    prepare(&mut command, &place);
    command.args(arguments::<F>()).env(TEST, name_of::<F>()).env(PLACE, place.path());
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(DONE), "the child failed: {}\n{out}\n{err}", output.status);
    io::stderr().write_all(&output.stderr).unwrap();
    place
}

/// Has no signal ignored, whoever started the tests: nohup(1) and the background jobs of a shell ignore some.
fn default_signals() -> io::Result<()> {
    for signal in 1..32 {
        // SAFETY: no handler of anybody's. What cannot be set has its default.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    Ok(())
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    // SAFETY: it takes nothing.
    unsafe { libc::geteuid() == 0 }
}

/// Gives up the rights of root, if the process has them. It stays a process that its user can look into.
fn become_ordinary() {
    if !is_root() {
        return;
    }
    // SAFETY: an empty list.
    checked(unsafe { libc::setgroups(0, std::ptr::null()) });
    // SAFETY: it takes numbers.
    checked(unsafe { libc::setresgid(NOBODY, NOBODY, NOBODY) });
    // SAFETY: it takes numbers.
    checked(unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) });
    // SAFETY: it takes numbers.
    checked(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1) });
}

// Two things at once

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does something over and over in another thread until `body` has ended, however it ends.
pub(crate) fn meanwhile<R>(mut background: impl FnMut() + Send, body: impl FnOnce() -> R) -> R {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                background();
            }
        });
        let _stop = Stop(&done);
        body()
    })
}

// What changes the whole process: for a child

pub(crate) fn set_umask(mask: u32) {
    // SAFETY: it takes a number.
    unsafe { libc::umask(mask) };
}

/// Has the kernel refuse a system call to the calling process, for good. See seccomp(2).
#[cfg(target_os = "linux")]
pub(crate) fn refuse(call: libc::c_long) {
    refuse_with(call, None);
}

/// As [`refuse`], where the first argument is this one, of those that are.
#[cfg(target_os = "linux")]
pub(crate) fn refuse_with(call: libc::c_long, argument: Option<i32>) {
    use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, sock_filter, sock_fprog};
    let statement = |code: u32, k: u32, jf: u8| sock_filter { code: u16::try_from(code).unwrap(), jt: 0, jf, k };
    // Words of a struct seccomp_data: the call's number, and the low half of its first argument.
    let equal = [(0, u32::try_from(call).ok()), (16, argument.map(i32::cast_unsigned))];
    let equal: Vec<_> = equal.into_iter().filter_map(|(place, value)| Some((place, value?))).collect();
    let mut filter = Vec::new();
    for (number, &(place, value)) in (1..).zip(&equal) {
        filter.push(statement(BPF_LD | BPF_W | BPF_ABS, place, 0));
        // Past the rest of these, and the refusal.
        filter.push(statement(BPF_JMP | BPF_JEQ | BPF_K, value, 2 * u8::try_from(equal.len() - number).unwrap() + 1));
    }
    filter.push(statement(BPF_RET | BPF_K, libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned(), 0));
    filter.push(statement(BPF_RET | BPF_K, libc::SECCOMP_RET_ALLOW, 0));
    let program = sock_fprog { len: u16::try_from(filter.len()).unwrap(), filter: filter.as_mut_ptr() };
    // SAFETY: takes numbers.
    checked(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) });
    // SAFETY: the program is as long as it says.
    checked(unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) });
}

/// What libcs take for the number of a limit.
#[cfg(target_env = "gnu")]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
type Resource = libc::c_int;

/// Sets the soft limit, which the process may raise again.
pub(crate) fn set_limit(resource: Resource, soft: u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is writable.
    checked(unsafe { libc::getrlimit(resource, &mut limit) });
    limit.rlim_cur = soft.min(limit.rlim_max);
    // SAFETY: the limit is readable.
    checked(unsafe { libc::setrlimit(resource, &limit) });
}

/// Makes the process handle a signal by default (`SIG_DFL`), ignore it (`SIG_IGN`), or call a handler, with these
/// flags.
pub(crate) fn handle_signal(signal: i32, handler: libc::sighandler_t, flags: i32) {
    // SAFETY: all zeroes are a value of this struct.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: the action is readable, and its handler one of the two constants or a function of the right type.
    checked(unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) });
}

/// The pages of memory that the process really has.
pub(crate) fn resident_pages() -> u64 {
    fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse().unwrap()
}

/// Fails if many repetitions, after a few to begin with, need more than 1 MB of memory. An emulator needs some itself.
#[track_caller]
pub(crate) fn assert_memory_stays_flat(repetitions: usize, mut action: impl FnMut()) {
    for _ in 0..repetitions.min(100) {
        action();
    }
    let before = resident_pages();
    for _ in 0..repetitions {
        action();
    }
    let after = resident_pages();
    let allowed = if is_emulated() { 4096 } else { 256 };
    assert!(after <= before + allowed, "{before} pages before, {after} pages after");
}
