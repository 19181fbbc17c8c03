use super::*;

#[test]
fn remove_removes_an_empty_directory_alone() {
    let temp = TempDir::new();
    let directory = temp.mkdir("directory");
    dir::remove(&*directory).unwrap();
    assert!(!Path::new(&directory).exists());
    temp.mkdir("directory");
    temp.mkdir("directory/inner");
    assert_eq!(dir::remove(&*directory).unwrap_err(), Errno::ENOTEMPTY);
    dir::remove(&*temp.join("directory/inner//")).unwrap();
    dir::remove(&*directory).unwrap();
    assert_eq!(listed(temp.path()), BTreeSet::new());
}

#[test]
fn remove_reports_the_errors_of_rmdir() {
    let temp = TempDir::new();
    temp.mkdir("directory");
    temp.mkdir("directory/inner");
    temp.file("file", "");
    temp.mkdir("empty");
    temp.symlink("link", "empty");
    temp.symlink("dangling", "missing");
    for name in ["missing", "missing/x", "file", "file/", "link", "link/", "dangling", "directory", "empty/."] {
        assert_same_error(dir::remove(&*temp.join(name)), fs::remove_dir(temp.join(name)));
    }
    assert_eq!(dir::remove("").unwrap_err(), Errno::ENOENT);
    assert_eq!(dir::remove("/tmp\0").unwrap_err(), Errno::EINVAL);
    assert!(dir::remove("/").is_err());
    assert_eq!(listed(temp.path()).len(), 5);
}

#[test]
fn remove_without_write_permission_fails_with_eacces() {
    as_ordinary_user(|temp| {
        let outer = temp.mkdir("outer");
        let inner = temp.mkdir("outer/inner");
        set_mode(&outer, 0o555);
        assert_eq!(dir::remove(&*inner).unwrap_err(), Errno::EACCES);
        set_mode(&outer, 0o755);
        dir::remove(&*inner).unwrap();
    });
}
