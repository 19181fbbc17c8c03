//! What a child may do that a threaded process has forked, whatever locks other threads held at that moment.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(dead_code, reason = "the other test programs use the rest of the helpers")]

mod support;

use ffi_syscalls::{Text, dir, env, file, system};

use support::{checked, in_child, is_emulated, meanwhile, noise, not_in_an_emulator, wait_for};

/// Every operation that returns no memory and does not touch the environment: which of them fails first, or 0.
fn work(source: &str, place: &str) -> i32 {
    let at = |name: &str| format!("{place}/{name}");
    let (small, large, deep) = (at("small"), at("large"), at("a/b/c"));
    let done = [
        file::write_text(&*small, "small").is_ok(),
        file::append_text(&*small, " and larger").is_ok(),
        file::size(&*small) == Ok(16),
        file::copy(source, &*large).is_ok(),
        // A source without a size, so that it is copied by reading and writing.
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

/// The processors are counted another way then.
#[test]
#[cfg(target_os = "linux")]
fn a_forked_child_needs_none_where_a_sandbox_hides_the_processors_either() {
    if is_emulated() {
        return not_in_an_emulator("a system call that is refused: an emulator makes others");
    }
    in_child(|place| {
        // In the child alone: a sanitizer asks for its threads.
        forked_children_work(place, || support::refuse(libc::SYS_sched_getaffinity));
    });
}

#[test]
fn a_forked_child_needs_no_lock_of_the_heap() {
    in_child(|place| {
        forked_children_work(place, || {});
    });
}

fn forked_children_work(place: &support::Place, begin: impl Fn()) {
    let source = place.file("source", noise(1_000_000));
    let place = place.path();
    let churn = || {
        env::get("PATH").unwrap();
        Text::new(&[0; 100]).unwrap();
    };
    meanwhile(churn, || {
        for _ in 0..300 {
            // SAFETY: the child calls nothing of std that takes a lock.
            let pid = checked(unsafe { libc::fork() });
            if pid == 0 {
                // SAFETY: takes a number. A child that waits for a lock ends by the signal.
                unsafe { libc::alarm(10) };
                begin();
                let first_failure = work(&source, place);
                // SAFETY: takes a number.
                unsafe { libc::_exit(first_failure) };
            }
            assert_eq!(wait_for(pid).code(), Some(0));
        }
    });
}
