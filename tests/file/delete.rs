use super::*;

#[test]
fn delete_removes_only_the_given_name() {
    let temp = TempDir::new();
    let path = temp.file("file", "x");
    fs::hard_link(&path, temp.join("other")).unwrap();
    file::delete(&*path).unwrap();
    assert!(!fs::exists(&path).unwrap());
    assert_eq!(fs::read(temp.join("other")).unwrap(), b"x");
}

#[test]
fn delete_of_a_missing_file_fails_with_enoent() {
    let temp = TempDir::new();
    let path = temp.file("file", "x");
    file::delete(&*path).unwrap();
    assert_eq!(file::delete(&*path), Err(Errno::ENOENT));
}

#[test]
fn delete_of_a_symlink_keeps_its_target() {
    let temp = TempDir::new();
    let (path, directory) = (temp.file("file", "x"), temp.mkdir("directory"));
    for target in ["file", "directory", "missing", "link"] {
        let link = temp.symlink("link", target);
        file::delete(&*link).unwrap();
        assert!(fs::symlink_metadata(&link).is_err());
    }
    assert!(fs::exists(&path).unwrap());
    assert!(fs::exists(&directory).unwrap());
}

#[test]
fn delete_removes_pipes_and_sockets() {
    in_child(|temp| {
        // Bind by a relative path: that of a socket has at most 107 bytes.
        std::env::set_current_dir(temp.path()).unwrap();
        let _listener = UnixListener::bind("socket").unwrap();
        for path in [temp.mkfifo("fifo"), "socket".to_owned()] {
            file::delete(&*path).unwrap();
            assert!(!fs::exists(&path).unwrap());
        }
    });
}

#[test]
fn delete_of_a_directory_fails_with_eisdir() {
    let temp = TempDir::new();
    let directory = temp.mkdir("directory");
    temp.symlink("link", "directory");
    assert_eq!(file::delete(&*directory), Err(Errno::EISDIR));
    for name in ["directory/", "directory/.", "link/"] {
        assert_same_error(file::delete(&*temp.join(name)), fs::remove_file(temp.join(name)));
    }
    assert!(fs::exists(&directory).unwrap());
    assert!(fs::symlink_metadata(temp.join("link")).unwrap().is_symlink());
}

#[test]
fn delete_needs_write_permission_on_the_directory_only() {
    as_ordinary_user(|temp| {
        let directory = temp.mkdir("directory");
        let path = temp.file("directory/file", "x");
        set_mode(&directory, 0o555);
        assert_eq!(file::delete(&*path), Err(Errno::EACCES));
        assert!(fs::exists(&path).unwrap());
        set_mode(&directory, 0o755);
        // The mode of the file itself does not matter.
        set_mode(&path, 0);
        file::delete(&*path).unwrap();
    });
}
