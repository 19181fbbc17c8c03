use super::*;

mod crash;
mod links;
mod owner;

/// Asserts that a directory contains these names and no others, such as that of a temporary file.
#[track_caller]
pub(super) fn assert_names(directory: &str, wanted: &[&str]) {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let (mut names, mut wanted): (Vec<_>, Vec<_>) = (names.collect(), wanted.to_vec());
    names.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(names, wanted);
}

#[test]
fn atomic_write_creates_and_replaces_a_file_of_any_size() {
    let temp = TempDir::new();
    let path = temp.join("file");
    for content in [vec![], random_bytes(1), random_bytes(4096), vec![], b"\0\xff\0".to_vec(), random_bytes(3_000_000)]
    {
        file::atomic_write(&*path, &content).unwrap();
        assert_same_bytes(&fs::read(&path).unwrap(), &content);
        assert_names(temp.path(), &["file"]);
    }
}

#[test]
fn atomic_write_replaces_the_inode_and_leaves_the_old_content_to_other_links_and_open_descriptors() {
    let temp = TempDir::new();
    let path = temp.file("file", "old");
    fs::hard_link(&path, temp.join("other")).unwrap();
    let mut open = fs::File::open(&path).unwrap();
    file::atomic_write(&*path, "new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::read(temp.join("other")).unwrap(), b"old");
    let mut read = String::new();
    open.read_to_string(&mut read).unwrap();
    assert_eq!(read, "old");
    assert_names(temp.path(), &["file", "other"]);
}

#[test]
fn atomic_write_creates_with_0666_less_the_umask_and_keeps_an_existing_mode() {
    in_child(|temp| {
        for umask in [0, 0o22, 0o27, 0o77, 0o777] {
            set_umask(umask);
            let path = temp.join(&format!("new{umask}"));
            file::atomic_write(&*path, "x").unwrap();
            assert_eq!(mode_of(&path), 0o666 & !umask);
            for mode in [0o600, 0o644, 0o777, 0o400, 0, 0o4711, 0o2755, 0o6777] {
                set_mode(&path, mode);
                let kept = mode_of(&path);
                file::atomic_write(&*path, "y").unwrap();
                assert_eq!(mode_of(&path), kept, "umask {umask:o}");
            }
            // The umask is what it was.
            fs::write(temp.join(&format!("other{umask}")), "").unwrap();
            assert_eq!(mode_of(&temp.join(&format!("other{umask}"))), 0o666 & !umask);
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn atomic_write_creates_under_the_default_acl_of_the_directory() {
    in_child(|temp| {
        set_umask(0o77);
        let directory = temp.mkdir("directory");
        if let Err(error) = copy::modes::set_default_acl(&directory, [6, 4, 4]) {
            return report_cannot_run(&format!("a default ACL: use a file system with ACLs ({error})"));
        }
        fs::write(temp.join("directory/oracle"), "").unwrap();
        file::atomic_write(&*temp.join("directory/new"), "x").unwrap();
        assert_eq!(mode_of(&temp.join("directory/new")), mode_of(&temp.join("directory/oracle")));
        assert_ne!(mode_of(&temp.join("directory/new")), 0o600);
    });
}

#[test]
fn atomic_write_refuses_what_is_no_regular_file_and_leaves_it() {
    let temp = TempDir::new();
    let (directory, fifo, socket) = (temp.mkdir("directory"), temp.mkfifo("fifo"), temp.join("socket"));
    let _listener = UnixListener::bind(&socket).unwrap();
    for path in [&*directory, &temp.join("directory/"), &temp.symlink("to directory", "directory"), "/", ".", ".."] {
        assert_eq!(file::atomic_write(path, "x"), Err(Errno::EISDIR), "{path}");
    }
    for path in [&*fifo, &*socket, "/dev/null", &temp.symlink("to fifo", "fifo"), &temp.symlink("null", "/dev/null")] {
        assert_eq!(file::atomic_write(path, "x"), Err(Errno::EINVAL), "{path}");
    }
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert!(fs::metadata(&fifo).unwrap().file_type().is_fifo());
    assert_names(temp.path(), &["directory", "fifo", "socket", "to directory", "to fifo", "null"]);
    assert_names(&directory, &[]);
}

#[test]
fn atomic_write_takes_paths_without_a_directory_long_names_and_long_paths() {
    in_child(|temp| {
        std::env::set_current_dir(temp.path()).unwrap();
        let longest = "x".repeat(255);
        for name in ["name", "./name", &longest, "../.."] {
            let wanted = if name == "../.." { Err(Errno::EISDIR) } else { Ok(()) };
            for content in ["one", "two"] {
                assert_eq!(file::atomic_write(name, content), wanted);
                assert!(wanted.is_err() || fs::read(name).unwrap() == content.as_bytes());
            }
        }
        assert_names(".", &["name", &longest]);
        assert_eq!(file::atomic_write(&*"x".repeat(256), "x"), Err(Errno::ENAMETOOLONG));
        // The path of the temporary file in it would be too long.
        let deepest = "./".repeat(2045) + "/name";
        assert_eq!(deepest.len(), 4095);
        file::atomic_write(&*deepest, "deep").unwrap();
        assert_eq!(fs::read("name").unwrap(), b"deep");
        assert_eq!(file::atomic_write(&*path_of_length("/name", 4096), "x"), Err(Errno::ENAMETOOLONG));
    });
}

/// Limits the size of files and ignores SIGXFSZ, so that a larger one fails in the middle.
pub(super) fn limit_file_size() {
    set_signal_handler(libc::SIGXFSZ, libc::SIG_IGN, 0);
    set_soft_limit(libc::RLIMIT_FSIZE, 10_000);
}

#[test]
fn atomic_write_that_fails_leaves_the_old_file_and_no_other() {
    in_child(|temp| {
        let path = temp.file("file", "old");
        let inode = fs::metadata(&path).unwrap().ino();
        limit_file_size();
        assert_eq!(file::atomic_write(&*path, random_bytes(20_000)), Err(Errno::EFBIG));
        assert_eq!(file::atomic_write(&*temp.join("new"), random_bytes(20_000)), Err(Errno::EFBIG));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
        assert_names(temp.path(), &["file"]);
        set_soft_limit(libc::RLIMIT_NOFILE, 0);
        assert_eq!(file::atomic_write(&*path, "new"), Err(Errno::EMFILE));
        set_soft_limit(libc::RLIMIT_NOFILE, 64);
        assert_names(temp.path(), &["file"]);
    });
}

#[test]
fn atomic_write_needs_permission_to_the_directory_alone() {
    as_ordinary_user(|temp| {
        let (path, fixed) = (temp.file("file", "old"), temp.mkdir("fixed"));
        set_mode(&path, 0o444);
        file::atomic_write(&*path, "new").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode_of(&path)), (b"new".to_vec(), 0o444));
        fs::write(temp.join("fixed/file"), "old").unwrap();
        set_mode(&fixed, 0o555);
        assert_eq!(file::atomic_write(&*temp.join("fixed/file"), "new"), Err(Errno::EACCES));
        assert_eq!(file::atomic_write(&*temp.join("fixed/other"), "new"), Err(Errno::EACCES));
        assert_names(&fixed, &["file"]);
        set_mode(&fixed, 0);
        assert_eq!(file::atomic_write(&*temp.join("fixed/file"), "new"), Err(Errno::EACCES));
        set_mode(&fixed, 0o700);
        assert_eq!(fs::read(temp.join("fixed/file")).unwrap(), b"old");
    });
}

/// Such a directory cannot be opened to wait for its names.
#[test]
#[cfg(target_os = "linux")]
fn atomic_write_works_in_a_directory_that_cannot_be_read() {
    as_ordinary_user(|temp| {
        let directory = temp.mkdir("unreadable");
        set_mode(&directory, 0o300);
        let path = temp.join("unreadable/file");
        for content in ["one", "two"] {
            file::atomic_write(&*path, content).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        set_mode(&directory, 0o700);
        assert_names(&directory, &["file"]);
    });
}

#[test]
fn atomic_write_with_closed_streams_reaches_no_stream_and_leaks_no_descriptor() {
    in_child(|temp| {
        let path = temp.join("file");
        for closed in CLOSED {
            let before = count_descriptors();
            let (results, still_closed) = with_closed_streams(closed, || {
                let results = [file::atomic_write(&*path, "x"), file::atomic_write(temp.path(), "x")];
                (results, closed_streams())
            });
            assert_eq!(results, [Ok(()), Err(Errno::EISDIR)]);
            assert_eq!(still_closed, closed);
            assert_eq!(count_descriptors(), before);
        }
        assert_eq!(fs::read(&path).unwrap(), b"x");
    });
}
