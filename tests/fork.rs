//! Operations in the forked child of a threaded process: they must not wait for locks that other threads held.
#![expect(clippy::unwrap_used, reason = "a test stops at an unexpected result")]

mod support;

use ffi_syscalls::{Text, dir, env, file, system};

use support::{
    TempDir, checked, in_child, is_emulated, random_bytes, report_not_in_an_emulator, wait_for, while_repeating,
};

/// Calls every operation that returns no memory and does not use the environment. Returns the number of the first one that
/// fails, or 0.
fn first_failure(source: &str, temp: &str) -> i32 {
    let at = |name: &str| format!("{temp}/{name}");
    let (small, large, deep) = (at("small"), at("large"), at("a/b/c"));
    let done = [
        file::write_text(&*small, "small").is_ok(),
        file::append_text(&*small, " and larger").is_ok(),
        file::size(&*small) == Ok(16),
        file::copy(source, &*large).is_ok(),
        // A source of size 0, which is copied by read and write.
        file::copy("/proc/self/status", &*large).is_ok(),
        file::exists(&*large) == Ok(true),
        file::modified_time(&*large).is_ok(),
        file::lock(&*large).and_then(file::FileLock::unlock).is_ok(),
        file::delete(&*large).is_ok(),
        dir::create(&*deep, true).is_ok(),
        system::cpu_count() > 0,
    ];
    done.iter().position(|done| !done).map_or(0, |first| i32::try_from(first).unwrap() + 1)
}

/// cpu_count then reads a file of the kernel instead.
#[test]
#[cfg(target_os = "linux")]
fn forked_child_takes_no_lock_when_sched_getaffinity_is_denied() {
    if is_emulated() {
        return report_not_in_an_emulator("a system call that is denied: an emulator makes other calls");
    }
    in_child(|temp| {
        // Deny the call in the forked child only: the threads of a sanitizer need it.
        assert_forked_children_work(temp, || support::deny_syscall(libc::SYS_sched_getaffinity));
    });
}

#[test]
fn forked_child_takes_no_lock_of_the_heap() {
    in_child(|temp| {
        assert_forked_children_work(temp, || {});
    });
}

/// Forks children while another thread uses the heap and the environment. `prepare` runs first in each child. A child
/// that waits for a lock is ended by SIGALRM.
fn assert_forked_children_work(temp: &TempDir, prepare: impl Fn()) {
    let source = temp.file("source", random_bytes(1_000_000));
    let temp = temp.path();
    let churn = || {
        env::get("PATH").unwrap();
        Text::new(&[0; 100]).unwrap();
    };
    while_repeating(churn, || {
        for _ in 0..300 {
            // SAFETY: the child calls no function of std that takes a lock.
            let pid = checked(unsafe { libc::fork() });
            if pid == 0 {
                // SAFETY: the arguments are plain integers.
                unsafe { libc::alarm(10) };
                prepare();
                let failure = first_failure(&source, temp);
                // SAFETY: the arguments are plain integers.
                unsafe { libc::_exit(failure) };
            }
            assert_eq!(wait_for(pid).code(), Some(0));
        }
    });
}
