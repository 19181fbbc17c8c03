use super::*;

/// Unlocks by descriptor, as `rt_file_unlock` does.
fn unlock(fd: i32) -> ffi_syscalls::Result<()> {
    // SAFETY: the descriptor came from `into_raw` and has no other owner, or is not open.
    unsafe { file::FileLock::from_raw(fd) }.unlock()
}

#[test]
fn unlock_releases_a_lock_by_value_and_by_descriptor() {
    let temp = TempDir::new();
    let path = temp.join("file");
    file::lock(&*path).unwrap().unlock().unwrap();
    assert!(is_unlocked(&path));
    let fd = file::lock(&*path).unwrap().into_raw();
    assert!(!is_unlocked(&path));
    unlock(fd).unwrap();
    assert!(is_unlocked(&path));
}

#[test]
fn unlock_releases_a_lock_that_a_child_shares() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let fd = file::lock(&*path).unwrap().into_raw();
    // SAFETY: the child only calls pause(2), which is async-signal-safe.
    let child = checked(unsafe { libc::fork() });
    if child == 0 {
        loop {
            // SAFETY: the call has no arguments.
            unsafe { libc::pause() };
        }
    }
    unlock(fd).unwrap();
    let unlocked = is_unlocked(&path);
    // SAFETY: the arguments are plain integers.
    checked(unsafe { libc::kill(child, libc::SIGKILL) });
    support::wait_for(child);
    assert!(unlocked);
}

#[test]
fn unlock_of_an_invalid_descriptor_fails_with_ebadf() {
    in_child(|temp| {
        let fd = file::lock(&*temp.join("file")).unwrap().into_raw();
        unlock(fd).unwrap();
        for fd in [fd, -1, i32::MIN, libc::AT_FDCWD, i32::MAX] {
            assert_eq!(unlock(fd), Err(Errno::EBADF), "{fd}");
        }
    });
}
