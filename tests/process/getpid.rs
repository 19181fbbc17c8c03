use std::fs;
use std::thread;

use ffi_syscalls::process;

use crate::support::{checked, wait_for};

#[test]
fn getpid_matches_std_and_proc() {
    assert_eq!(process::getpid(), i32::try_from(std::process::id()).unwrap());
    assert_eq!(fs::read_link("/proc/self").unwrap().to_str(), Some(&*process::getpid().to_string()));
    let of_thread = thread::spawn(process::getpid).join().unwrap();
    assert_eq!(of_thread, process::getpid());
}

#[test]
fn getpid_is_correct_after_a_fork() {
    assert_eq!(process::getpid(), i32::try_from(std::process::id()).unwrap());
    // SAFETY: the child only calls functions that need neither locks nor memory.
    let child = checked(unsafe { libc::fork() });
    if child == 0 {
        // SAFETY: the call has no arguments.
        let is_correct = process::getpid() == unsafe { libc::getpid() };
        // SAFETY: the arguments are plain integers.
        unsafe { libc::_exit(if is_correct { 0 } else { 1 }) };
    }
    assert!(wait_for(child).success());
    assert_eq!(process::getpid(), i32::try_from(std::process::id()).unwrap());
}
