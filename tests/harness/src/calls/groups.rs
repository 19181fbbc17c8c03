//! The parts of tests/c/calls.c.

/// A part of the program, and the faults that strace injects.
pub struct Group {
    pub name: &'static str,
    /// The fault, in words and as an expression of strace.
    pub injected: Option<(&'static str, &'static str)>,
}

const fn plain(name: &'static str) -> Group {
    Group { name, injected: None }
}

const fn with(name: &'static str, what: &'static str, inject: &'static str) -> Group {
    Group { name, injected: Some((what, inject)) }
}

pub const GROUPS: [Group; 30] = [
    plain("facts"),
    plain("facts_of_nobody"),
    plain("reading"),
    with("reading_once", "a signal interrupts the opening", "openat:error=EINTR:when=1"),
    plain("writing"),
    with("writing_once", "a signal interrupts the closing", "close:error=EINTR:when=1"),
    with("writing_once", "a signal interrupts the writing", "write:error=EINTR:when=2"),
    plain("copying"),
    plain("copying_much"),
    with("copying_much", "copy_file_range is missing", "copy_file_range:error=ENOSYS"),
    with("not_copying", "it cannot be read", "read:error=EIO"),
    plain("locking"),
    with("locking_once", "the file is replaced meanwhile", "newfstatat:error=ENOENT:when=1"),
    plain("directories"),
    plain("environment"),
    plain("running"),
    plain("running_with_sigchld_ignored"),
    with("running_once", "clone with shared memory is refused", "clone:error=EPERM:when=1"),
    with("running_once", "a signal interrupts the wait", "wait4:error=EINTR:when=1"),
    with("not_running", "no process can be started", "clone:error=EAGAIN"),
    with("running_once", "the file is open for writing", "execve:error=ETXTBSY:when=1..2"),
    plain("counting"),
    plain("counting_in_version_1"),
    plain("counting_without_proc"),
    with("counting", "sched_getaffinity is refused", "sched_getaffinity:error=EPERM"),
    plain("clocks_and_dates"),
    plain("the_rest"),
    with("without_memory", "there is none", "mmap:error=ENOMEM"),
    with("printing_once", "a signal interrupts it", "write:error=EINTR:when=2"),
    with("printing_once", "standard output does not take it at once", "write:error=EAGAIN:when=2"),
];
