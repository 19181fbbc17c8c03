use super::*;

/// Returns directories on two file systems, or reports that there are no two.
fn two_file_systems() -> Option<(TempDir, tempfile::TempDir)> {
    let temp = TempDir::new();
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        report_cannot_run("moves between file systems: make /dev/shm writable");
        return None;
    };
    if fs::metadata(temp.path()).unwrap().dev() == fs::metadata(other.path()).unwrap().dev() {
        report_cannot_run("moves between file systems: set TMPDIR to another one than that of /dev/shm");
        return None;
    }
    Some((temp, other))
}

fn path_in(directory: &tempfile::TempDir, name: &str) -> String {
    directory.path().join(name).to_str().unwrap().to_owned()
}

#[test]
fn move_to_another_file_system_keeps_content_permissions_and_times() {
    let Some((temp, other)) = two_file_systems() else { return };
    let to = path_in(&other, "to");
    for (len, mode) in [(0, 0o600), (5, 0o640), (100_000, 0o755), (3_000_000, 0o400), (10, 0), (10, 0o6777)] {
        for old in [None, Some("old"), Some("link")] {
            let content = random_bytes(len);
            let from = temp.file("from", &content);
            let _ = fs::remove_file(&to);
            match old {
                Some("link") => std::os::unix::fs::symlink("missing", &to).unwrap(),
                Some(old) => fs::write(&to, old).unwrap(),
                None => {}
            }
            set_mode(&from, mode);
            set_modified(&from, 1_000_000_000, 123_456_789);
            assert_eq!(file::rename(&*from, &*to), Err(Errno::EXDEV));
            file::move_to(&*from, &*to).unwrap();
            let status = fs::symlink_metadata(&to).unwrap();
            assert_eq!(status.mode() & 0o7777, mode & 0o777);
            assert_eq!((status.mtime(), status.mtime_nsec()), (1_000_000_000, 123_456_789));
            assert_eq!((status.atime(), status.atime_nsec()), (1_000_000_000, 123_456_789));
            set_mode(&to, 0o600);
            assert_same_bytes(&fs::read(&to).unwrap(), &content);
            assert_names(temp.path(), &[]);
            assert_names(other.path().to_str().unwrap(), &["to"]);
        }
    }
}

#[test]
fn move_to_another_file_system_and_back_keeps_a_link_and_the_owner() {
    let Some((temp, other)) = two_file_systems() else { return };
    let (link, to) = (temp.symlink("link", "some/target"), path_in(&other, "to"));
    if is_root() {
        std::os::unix::fs::lchown(&link, Some(7), Some(8)).unwrap();
    }
    let before = fs::symlink_metadata(&link).unwrap();
    file::move_to(&*link, &*to).unwrap();
    file::move_to(&*to, &*link).unwrap();
    let after = fs::symlink_metadata(&link).unwrap();
    assert_eq!(fs::read_link(&link).unwrap().to_str(), Some("some/target"));
    assert_eq!((after.uid(), after.gid(), after.mtime()), (before.uid(), before.gid(), before.mtime()));
    assert_names(other.path().to_str().unwrap(), &[]);
    assert_names(temp.path(), &["link"]);
    if !is_root() {
        return report_cannot_run("files of other users: run the tests as root");
    }
    let path = temp.file("file", "content");
    std::os::unix::fs::chown(&path, Some(NOBODY), Some(7)).unwrap();
    file::move_to(&*path, &*to).unwrap();
    let status = fs::metadata(&to).unwrap();
    assert_eq!((status.uid(), status.gid()), (NOBODY, 7));
}

#[test]
fn move_to_another_file_system_refuses_directories_and_special_files() {
    let Some((temp, other)) = two_file_systems() else { return };
    let (directory, fifo, to) = (temp.mkdir("directory"), temp.mkfifo("fifo"), path_in(&other, "to"));
    let _listener = UnixListener::bind(temp.join("socket")).unwrap();
    assert_eq!(file::move_to(&*directory, &*to), Err(Errno::EXDEV));
    assert_eq!(file::move_to(&*fifo, &*to), Err(Errno::EINVAL));
    assert_eq!(file::move_to(&*temp.join("socket"), &*to), Err(Errno::EINVAL));
    let path = temp.file("file", "x");
    assert_eq!(file::move_to(&*path, other.path().to_str().unwrap()), Err(Errno::EISDIR));
    assert_eq!(file::move_to(&*path, &*path_in(&other, "new/")), Err(Errno::ENOTDIR));
    assert_eq!(file::move_to(&*path, &*path_in(&other, "missing/x")), Err(Errno::ENOENT));
    assert_eq!(file::move_to(&*path, &*path_in(&other, &"x".repeat(256))), Err(Errno::ENAMETOOLONG));
    file::move_to(&*path, &*path_in(&other, &"x".repeat(255))).unwrap();
    assert_names(temp.path(), &["directory", "fifo", "socket"]);
    assert_names(other.path().to_str().unwrap(), &[&"x".repeat(255)]);
}

#[test]
fn move_to_another_file_system_keeps_holes() {
    let Some((temp, other)) = two_file_systems() else { return };
    let (from, to) = (temp.join("from"), path_in(&other, "to"));
    let sparse = fs::File::create(&from).unwrap();
    sparse.set_len(64 << 20).unwrap();
    sparse.write_all_at(b"data", 32 << 20).unwrap();
    file::move_to(&*from, &*to).unwrap();
    let status = fs::metadata(&to).unwrap();
    assert_eq!(status.len(), 64 << 20);
    assert!(status.blocks() < 1000, "{} blocks", status.blocks());
}

#[test]
fn move_to_another_file_system_that_fails_keeps_source_and_destination() {
    in_child(|temp| {
        let Some((_, other)) = two_file_systems() else { return };
        let (from, to) = (temp.file("from", random_bytes(50_000)), path_in(&other, "to"));
        fs::write(&to, "old").unwrap();
        limit_file_size();
        assert_eq!(file::move_to(&*from, &*to), Err(Errno::EFBIG));
        assert_eq!(fs::read(&to).unwrap(), b"old");
        assert_same_bytes(&fs::read(&from).unwrap(), &random_bytes(50_000));
        assert_names(temp.path(), &["from"]);
        assert_names(other.path().to_str().unwrap(), &["to"]);
    });
}

#[test]
fn move_to_another_file_system_that_cannot_delete_the_source_reports_it_with_both_complete() {
    as_ordinary_user(|temp| {
        let Some((_, other)) = two_file_systems() else { return };
        let (directory, to) = (temp.mkdir("fixed"), path_in(&other, "to"));
        let from = temp.file("fixed/from", "content");
        set_mode(&directory, 0o555);
        assert_eq!(file::move_to(&*from, &*to), Err(Errno::EACCES));
        set_mode(&directory, 0o755);
        assert_eq!((fs::read(&from).unwrap(), fs::read(&to).unwrap()), (b"content".to_vec(), b"content".to_vec()));
        assert_names(&directory, &["from"]);
        assert_names(other.path().to_str().unwrap(), &["to"]);
    });
}

/// rename(2) fails with EXDEV between two mounts of one file system as well.
#[test]
#[cfg(target_os = "linux")]
fn move_to_another_mount_of_the_same_file_system_loses_nothing() {
    in_child(|temp| {
        let (first, second) = (temp.mkdir("first"), temp.mkdir("second"));
        let bind = || {
            enter_mount_namespace()?;
            mount(&first, &second, "", libc::MS_BIND, "")
        };
        if let Err(why) = bind() {
            return report_cannot_run(&format!("two mounts of a file system: run the tests as root ({why})"));
        }
        let (path, below) = (temp.file("first/file", "content"), temp.mkdir("first/below"));
        let again = temp.join("second/file");
        assert_eq!(file::rename(&*path, &*again), Err(Errno::EXDEV));
        // Both are the same name, with one name of the file and with two.
        file::move_to(&*path, &*again).unwrap();
        fs::hard_link(&path, temp.join("first/below/other")).unwrap();
        file::move_to(&*path, &*again).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"content");
        // Two names of one file, in two directories: the first goes.
        file::move_to(&*path, &*temp.join("second/below/other")).unwrap();
        assert_names(&first, &["below"]);
        assert_eq!(fs::read(temp.join("first/below/other")).unwrap(), b"content");
        // Another name.
        file::move_to(&*temp.join("first/below/other"), &*again).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"content");
        assert_names(&first, &["below", "file"]);
        assert_names(&below, &[]);
    });
}

#[test]
fn move_to_another_file_system_by_many_threads_loses_nothing_and_shows_whole_files() {
    let Some((temp, other)) = two_file_systems() else { return };
    let rounds = if is_emulated() { 5 } else { 40 };
    let (contents, to) = ([vec![b'a'; 70_000], vec![b'b'; 150_000]], path_in(&other, "to"));
    fs::write(&to, &contents[0]).unwrap();
    while_repeating(
        || assert!(contents.contains(&fs::read(&to).unwrap()), "a part of a file"),
        || {
            for round in 0..rounds {
                let content = &contents[round % 2];
                let from = temp.file("from", content);
                let results: Vec<_> = thread::scope(|scope| {
                    let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| file::move_to(&*from, &*to))).collect();
                    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
                });
                assert!(results.contains(&Ok(())), "{results:?}");
                assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(Errno::ENOENT))), "{results:?}");
                assert_same_bytes(&fs::read(&to).unwrap(), content);
                assert_names(temp.path(), &[]);
                assert_names(other.path().to_str().unwrap(), &["to"]);
            }
        },
    );
}
