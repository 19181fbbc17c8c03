use std::process::Command;

use super::*;

/// Whether flock(1), another process, gets the lock.
fn is_free(path: &str) -> bool {
    let status = Command::new("flock").args(["-n", path, "true"]).status().unwrap();
    assert!(matches!(status.code(), Some(0 | 1)), "{status}");
    status.success()
}

/// Such a file has no name, and a link count of 0, and is nevertheless the one at this path.
#[test]
fn locks_what_has_no_other_name() {
    // SAFETY: the name is NUL-terminated.
    let fd = checked(unsafe { libc::memfd_create(c"lock".as_ptr(), libc::MFD_CLOEXEC) });
    let path = format!("/proc/self/fd/{fd}");
    let lock = file::lock(&*path).unwrap();
    assert_eq!(file::lock(&*path).err(), Some(Errno::EAGAIN));
    lock.unlock().unwrap();
    // SAFETY: nobody else has the descriptor.
    checked(unsafe { libc::close(fd) });
}

#[test]
fn keeps_everybody_else_out_until_it_is_dropped() {
    let place = Place::new();
    let path = place.at("file");
    let lock = file::lock(&*path).unwrap();
    assert!(!is_free(&path));
    assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN));
    });
    assert!(fs::File::open(&path).unwrap().try_lock_shared().is_err());
    drop(lock);
    assert!(is_free(&path));
    drop(file::lock(&*path).unwrap());
}

#[test]
fn is_given_up_by_unlock_in_both_forms() {
    let place = Place::new();
    let path = place.at("file");
    file::lock(&*path).unwrap().unlock().unwrap();
    assert!(is_free(&path));
    let fd = file::lock(&*path).unwrap().into_raw();
    assert!(!is_free(&path));
    // SAFETY: the descriptor came from `into_raw`, and nothing else owns it.
    unsafe { file::FileLock::from_raw(fd) }.unlock().unwrap();
    assert!(is_free(&path));
}

#[test]
fn is_refused_when_somebody_else_has_it() {
    let place = Place::new();
    let path = place.file("file", "");
    let holder = fs::File::open(&path).unwrap();
    holder.lock().unwrap();
    assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
    holder.unlock().unwrap();
    holder.lock_shared().unwrap();
    assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
    // Not by closing it: a child that another test is about to start may have it still.
    holder.unlock().unwrap();
    drop(file::lock(&*path).unwrap());
}

#[test]
fn ends_with_the_process() {
    let place = in_child(|place| {
        let path = place.at("file");
        let _ = file::lock(&*path).unwrap().into_raw();
        assert!(!is_free(&path));
    });
    assert!(is_free(&place.at("file")));
}

#[test]
fn is_not_inherited_by_programs() {
    // In a process where no other test forks.
    in_child(|place| {
        let path = place.at("file");
        let fd = file::lock(&*path).unwrap().into_raw();
        // SAFETY: it takes numbers.
        assert_eq!(checked(unsafe { libc::fcntl(fd, libc::F_GETFD) }) & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
        // An emulator goes on before the other program has begun.
        let name = format!("/proc/{}/comm", other.id());
        while fs::read(&name).unwrap() != b"sleep\n" {
            thread::yield_now();
        }
        // Closed only: a program that had inherited the descriptor would hold the lock still.
        // SAFETY: nobody else uses the descriptor.
        checked(unsafe { libc::close(fd) });
        let free = is_free(&path);
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(free);
    });
}

#[test]
fn unlock_takes_it_from_a_child_that_shares_it() {
    let place = Place::new();
    let path = place.at("file");
    let fd = file::lock(&*path).unwrap().into_raw();
    // SAFETY: the child does nothing but wait for a signal.
    let child = checked(unsafe { libc::fork() });
    if child == 0 {
        loop {
            // SAFETY: it takes nothing.
            unsafe { libc::pause() };
        }
    }
    // SAFETY: the descriptor came from `into_raw`, and nothing else owns it.
    unsafe { file::FileLock::from_raw(fd) }.unlock().unwrap();
    let free = is_free(&path);
    // SAFETY: the child that was just started.
    checked(unsafe { libc::kill(child, libc::SIGKILL) });
    support::wait_for(child);
    assert!(free);
}

#[test]
fn outlives_another_opening_of_the_file() {
    let place = Place::new();
    let path = place.file("file", "content");
    let lock = file::lock(&*path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"content");
    drop(fs::File::options().append(true).open(&path).unwrap());
    assert_eq!(file::read_text(&*path).unwrap(), "content");
    file::append_text(&*path, "!").unwrap();
    file::lock(&*path).unwrap_err();
    assert!(!is_free(&path));
    drop(lock);
    assert_eq!(fs::read(&path).unwrap(), b"content!", "locking empties no file");
}

#[test]
fn is_on_the_file_that_the_path_leads_to() {
    let place = Place::new();
    let path = place.file("file", "first");
    let first = file::lock(&*path).unwrap();
    fs::rename(place.file("new", "second"), &path).unwrap();
    let second = file::lock(&*path).unwrap();
    assert!(!is_free(&path));
    fs::remove_file(&path).unwrap();
    let third = file::lock(&*path).unwrap();
    assert!(!is_free(&path));
    drop(first);
    drop(second);
    assert!(!is_free(&path));
    drop(third);
    assert!(is_free(&path));
}

/// Each holder deletes the file before it gives the lock up, so others come to lock a file that is gone.
#[test]
fn one_at_a_time_though_the_file_is_deleted_all_the_time() {
    let place = Place::new();
    let path = place.at("file");
    let (inside, entered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while entered.load(Ordering::SeqCst) < 2000 {
                    match file::lock(&*path) {
                        Ok(lock) => {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold the lock");
                            entered.fetch_add(1, Ordering::SeqCst);
                            assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1, "two hold the lock");
                            fs::remove_file(&path).unwrap();
                            drop(lock);
                        }
                        Err(errno) => assert_eq!(errno, Errno::EAGAIN),
                    }
                }
            });
        }
    });
}

#[test]
fn creates_the_file_with_the_umask() {
    in_child(|place| {
        for (umask, mode) in [(0, 0o666), (0o27, 0o640)] {
            set_umask(umask);
            let path = place.at(&format!("file{umask}"));
            drop(file::lock(&*path).unwrap());
            assert_eq!(mode_of(&path), mode);
            assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        }
    });
}

#[test]
fn takes_a_file_that_may_only_be_read() {
    as_ordinary_user(|place| {
        let path = place.file("file", "content");
        set_mode(&path, 0o444);
        let lock = file::lock(&*path).unwrap();
        assert!(!is_free(&path));
        drop(lock);
        assert!(is_free(&path));
        set_mode(&path, 0);
        assert_eq!(file::lock(&*path).unwrap_err(), Errno::EACCES);
        let directory = place.dir("directory");
        set_mode(&directory, 0o555);
        assert_eq!(file::lock(&*place.at("directory/new")).unwrap_err(), Errno::EACCES);
    });
}

#[test]
fn never_waits_for_the_other_end_of_a_pipe() {
    as_ordinary_user(|place| {
        let path = place.fifo("fifo");
        drop(file::lock(&*path).unwrap());
        set_mode(&path, 0o444);
        // SAFETY: it takes a number. A call that waits is ended, and the test with it.
        unsafe { libc::alarm(5) };
        drop(file::lock(&*path).unwrap());
        // SAFETY: it takes a number.
        unsafe { libc::alarm(0) };
    });
}

#[test]
fn fails_for_directories_and_missing_ones() {
    let place = Place::new();
    assert_eq!(file::lock(place.path()).unwrap_err(), Errno::EISDIR);
    assert_eq!(file::lock(&*place.at("missing/file")).unwrap_err(), Errno::ENOENT);
}

#[test]
fn unlock_of_what_is_no_descriptor() {
    in_child(|place| {
        let fd = file::lock(&*place.at("file")).unwrap().into_raw();
        // SAFETY: the descriptor came from `into_raw`, and nothing else owns it.
        unsafe { file::FileLock::from_raw(fd) }.unlock().unwrap();
        for fd in [fd, -1, i32::MIN, libc::AT_FDCWD, i32::MAX] {
            // SAFETY: the descriptor is not open, so that nothing owns it.
            let lock = unsafe { file::FileLock::from_raw(fd) };
            assert_eq!(lock.unlock(), Err(Errno::EBADF), "{fd}");
        }
    });
}
