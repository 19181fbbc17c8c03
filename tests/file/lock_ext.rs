#![cfg(feature = "std")]

use ffi_syscalls::file::LockExt;

use super::*;

#[test]
fn lock_ext_locks_open_files_as_std_does() {
    let temp = TempDir::new();
    let path = temp.file("file", "");
    let [first, second] = [(); 2].map(|()| fs::File::open(&path).unwrap());
    first.try_lock_exclusive().unwrap();
    assert!(!is_unlocked(&path));
    assert_eq!(second.try_lock_exclusive(), Err(Errno::EAGAIN));
    assert_eq!(LockExt::try_lock_shared(&second), Err(Errno::EAGAIN));
    assert!(fs::File::try_lock(&second).is_err());
    // A lock of the other kind replaces the first.
    LockExt::lock_shared(&first).unwrap();
    LockExt::lock_shared(&second).unwrap();
    assert_eq!(first.try_lock_exclusive(), Err(Errno::EAGAIN));
    LockExt::unlock(&first).unwrap();
    LockExt::unlock(&second).unwrap();
    assert!(is_unlocked(&path));
    first.lock_exclusive().unwrap();
    assert!(!is_unlocked(&path));
    LockExt::unlock(&first).unwrap();
}

#[test]
fn an_errno_becomes_an_error_of_std() {
    let error = std::io::Error::from(Errno::ENOENT);
    assert_eq!(error.raw_os_error(), Some(libc::ENOENT));
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}
