use super::*;

/// A memfd has a link count of 0, which must not be mistaken for a file that was deleted after its path was opened.
#[test]
fn lock_works_on_a_file_without_a_name() {
    // SAFETY: the name is NUL-terminated.
    let fd = checked(unsafe { libc::memfd_create(c"lock".as_ptr(), libc::MFD_CLOEXEC) });
    let path = format!("/proc/self/fd/{fd}");
    let lock = file::lock(&*path).unwrap();
    assert_eq!(file::lock(&*path).err(), Some(Errno::EAGAIN));
    lock.unlock().unwrap();
    // SAFETY: this test owns the descriptor.
    checked(unsafe { libc::close(fd) });
}

#[test]
fn lock_excludes_others_until_it_is_dropped() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let lock = file::lock(&*path).unwrap();
    assert!(!is_unlocked(&path));
    assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN));
    });
    assert!(fs::File::open(&path).unwrap().try_lock_shared().is_err());
    drop(lock);
    assert!(is_unlocked(&path));
    drop(file::lock(&*path).unwrap());
}

#[test]
fn lock_of_a_locked_file_fails_with_eagain() {
    let temp = TempDir::new();
    let path = temp.file("file", "");
    let holder = fs::File::open(&path).unwrap();
    holder.lock().unwrap();
    assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
    holder.unlock().unwrap();
    holder.lock_shared().unwrap();
    assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
    // Unlock instead of closing: a child that another test is about to exec may hold a copy of the descriptor.
    holder.unlock().unwrap();
    drop(file::lock(&*path).unwrap());
}

#[test]
fn lock_is_released_when_the_process_exits() {
    let temp = in_child(|temp| {
        let path = temp.join("file");
        let _ = file::lock(&*path).unwrap().into_raw();
        assert!(!is_unlocked(&path));
    });
    assert!(is_unlocked(&temp.join("file")));
}

#[test]
fn lock_is_not_inherited_across_exec() {
    // In a process of its own: children of other tests would hold copies of the descriptor until they exec.
    in_child(|temp| {
        let path = temp.join("file");
        let fd = file::lock(&*path).unwrap().into_raw();
        // SAFETY: the arguments are plain integers.
        assert_eq!(checked(unsafe { libc::fcntl(fd, libc::F_GETFD) }) & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
        // An emulator returns from spawn before the program has started.
        let name = format!("/proc/{}/comm", other.id());
        while fs::read(&name).unwrap() != b"sleep\n" {
            thread::yield_now();
        }
        // Close without unlocking: if the program had inherited the descriptor, it would still hold the lock.
        // SAFETY: this test owns the descriptor.
        checked(unsafe { libc::close(fd) });
        let unlocked = is_unlocked(&path);
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(unlocked);
    });
}

#[test]
fn lock_outlives_other_descriptors_of_the_file() {
    let temp = TempDir::new();
    let path = temp.file("file", "content");
    let lock = file::lock(&*path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"content");
    drop(fs::File::options().append(true).open(&path).unwrap());
    assert_eq!(file::read_text(&*path).unwrap(), "content");
    file::append_text(&*path, "!").unwrap();
    file::lock(&*path).unwrap_err();
    assert!(!is_unlocked(&path));
    drop(lock);
    assert_eq!(fs::read(&path).unwrap(), b"content!", "locking empties no file");
}

#[test]
fn lock_applies_to_the_file_that_the_path_names_now() {
    let temp = TempDir::new();
    let path = temp.file("file", "first");
    let first = file::lock(&*path).unwrap();
    fs::rename(temp.file("new", "second"), &path).unwrap();
    let second = file::lock(&*path).unwrap();
    assert!(!is_unlocked(&path));
    fs::remove_file(&path).unwrap();
    let third = file::lock(&*path).unwrap();
    assert!(!is_unlocked(&path));
    drop(first);
    drop(second);
    assert!(!is_unlocked(&path));
    drop(third);
    assert!(is_unlocked(&path));
}

/// Each holder deletes the file before it releases the lock, so other threads open files that are gone when they lock.
#[test]
fn lock_is_exclusive_while_holders_delete_the_file() {
    let temp = TempDir::new();
    let path = temp.join("file");
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
fn lock_creates_a_missing_file_with_0666_less_umask() {
    in_child(|temp| {
        for (umask, mode) in [(0, 0o666), (0o27, 0o640)] {
            set_umask(umask);
            let path = temp.join(&format!("file{umask}"));
            drop(file::lock(&*path).unwrap());
            assert_eq!(mode_of(&path), mode);
            assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        }
    });
}

#[test]
fn lock_works_on_a_read_only_file() {
    as_ordinary_user(|temp| {
        let path = temp.file("file", "content");
        set_mode(&path, 0o444);
        let lock = file::lock(&*path).unwrap();
        assert!(!is_unlocked(&path));
        drop(lock);
        assert!(is_unlocked(&path));
        set_mode(&path, 0);
        assert_eq!(file::lock(&*path).unwrap_err(), Errno::EACCES);
        let directory = temp.mkdir("directory");
        set_mode(&directory, 0o555);
        assert_eq!(file::lock(&*temp.join("directory/new")).unwrap_err(), Errno::EACCES);
    });
}

#[test]
fn lock_of_a_pipe_never_blocks() {
    as_ordinary_user(|temp| {
        let path = temp.mkfifo("fifo");
        drop(file::lock(&*path).unwrap());
        set_mode(&path, 0o444);
        // A call that blocks ends the test by SIGALRM.
        // SAFETY: the arguments are plain integers.
        unsafe { libc::alarm(5) };
        drop(file::lock(&*path).unwrap());
        // SAFETY: the arguments are plain integers.
        unsafe { libc::alarm(0) };
    });
}

#[test]
fn lock_of_a_directory_excludes_others_under_every_name() {
    let temp = TempDir::new();
    let directory = temp.mkdir("directory");
    temp.file("directory/entry", "content");
    let names =
        [directory.clone(), format!("{directory}/"), format!("{directory}/."), temp.symlink("link", &directory)];
    for name in &names {
        let lock = file::lock(&**name).unwrap();
        for other in &names {
            assert!(!is_unlocked(other), "{name}, {other}");
            assert_eq!(file::lock(&**other).unwrap_err(), Errno::EAGAIN, "{name}, {other}");
        }
        // The lock is that of the directory alone.
        drop(file::lock(&*temp.join("directory/entry")).unwrap());
        lock.unlock().unwrap();
        assert!(is_unlocked(name));
    }
    let holder = fs::File::open(&directory).unwrap();
    holder.lock_shared().unwrap();
    assert_eq!(file::lock(&*directory).unwrap_err(), Errno::EAGAIN);
    holder.unlock().unwrap();
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    drop(file::lock("/").unwrap());
}

#[test]
fn lock_of_a_directory_needs_read_permission_alone() {
    as_ordinary_user(|temp| {
        let directory = temp.mkdir("directory");
        set_mode(&directory, 0o444);
        let lock = file::lock(&*directory).unwrap();
        assert!(!is_unlocked(&directory));
        drop(lock);
        set_mode(&directory, 0o333);
        assert_same_error(file::lock(&*directory), fs::File::open(&directory));
        assert_eq!(file::lock(&*directory).unwrap_err(), Errno::EACCES);
    });
}

#[test]
fn lock_of_a_name_with_a_final_slash_creates_nothing() {
    let temp = TempDir::new();
    temp.file("file", "content");
    temp.symlink("dangling", "target");
    for name in ["missing/", "file/", "dangling/", "missing/file"] {
        let path = temp.join(name);
        assert_same_error(file::lock(&*path), fs::read_dir(&path));
    }
    assert_eq!(file::lock(&*temp.join("missing/")).unwrap_err(), Errno::ENOENT);
    assert_eq!(file::lock(&*temp.join("file/")).unwrap_err(), Errno::ENOTDIR);
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 2);
}

/// Each holder replaces the directory before it releases the lock, so other threads open directories that are gone when
/// they lock.
#[test]
fn lock_is_exclusive_while_holders_replace_the_directory() {
    let temp = TempDir::new();
    let path = temp.mkdir("directory");
    let (inside, entered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for worker in 0..4 {
            let (temp, path, inside, entered) = (&temp, &path, &inside, &entered);
            scope.spawn(move || {
                let next = temp.join(&worker.to_string());
                while entered.load(Ordering::SeqCst) < 1000 {
                    match file::lock(&**path) {
                        Ok(lock) => {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold the lock");
                            entered.fetch_add(1, Ordering::SeqCst);
                            fs::create_dir(&next).unwrap();
                            assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1, "two hold the lock");
                            fs::rename(&next, path).unwrap();
                            drop(lock);
                        }
                        Err(errno) => assert_eq!(errno, Errno::EAGAIN),
                    }
                }
            });
        }
    });
    assert!(fs::metadata(&path).unwrap().is_dir());
}

/// The numbers of such a file system prove nothing about the file at the path.
#[test]
#[cfg(target_os = "linux")]
fn lock_succeeds_where_inode_numbers_change() {
    in_child(|temp| {
        let point = temp.mkdir("mounted");
        let _mounted = match FuseMount::new(&point, Quirks { renumbers: true, ..Quirks::default() }) {
            Ok(mounted) => mounted,
            Err(reason) => return report_no_fuse(&reason),
        };
        let path = format!("{point}/file");
        let lock = file::lock(&*path).unwrap();
        assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
        assert!(!is_unlocked(&path));
        lock.unlock().unwrap();
        assert!(is_unlocked(&path));
        drop(file::lock(&*path).unwrap());
    });
}
