//! Changes and reads what belongs to the whole process: standard streams, umask, limits, signals, system calls, memory.

use super::*;

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
