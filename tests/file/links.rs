use super::*;

#[test]
fn rename_keeps_two_names_of_one_file_and_replaces_links_themselves() {
    let temp = TempDir::new();
    let path = temp.file("file", "content");
    fs::hard_link(&path, temp.join("other")).unwrap();
    file::rename(&*path, &*temp.join("other")).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().nlink(), 2);
    let link = temp.symlink("link", "file");
    file::rename(&*temp.join("other"), &*link).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_file());
    file::rename(&*temp.mkdir("full"), &*temp.mkdir("empty")).unwrap();
    temp.file("empty/x", "");
    assert_same_error(
        file::rename(&*temp.mkdir("full"), &*temp.join("empty")),
        fs::rename(temp.join("full"), temp.join("empty")),
    );
    assert_same_error(file::rename("/dev/null", &*path), fs::rename("/dev/null", &path));
}

#[test]
fn symlink_and_read_link_keep_any_target() {
    let temp = TempDir::new();
    let longest = "x".repeat(4095);
    for (number, target) in ["target", "/", "../..//x/", " ", "\n", "ä", &longest].into_iter().enumerate() {
        let link = temp.join(&number.to_string());
        file::symlink(target, &*link).unwrap();
        assert_eq!(fs::read_link(&link).unwrap().to_str(), Some(target));
        let read = file::read_link(&*link).unwrap();
        assert_eq!(read, target);
        assert_eq!(byte_after(&read), 0);
        assert_eq!(file::symlink(target, &*link), Err(Errno::EEXIST));
    }
    assert_same_error(file::symlink("", &*temp.join("new")), std::os::unix::fs::symlink("", temp.join("new")));
    assert_eq!(file::symlink(&*"x".repeat(4096), &*temp.join("new")), Err(Errno::ENAMETOOLONG));
    assert_eq!(file::symlink("x", &*temp.join("missing/new")), Err(Errno::ENOENT));
    assert_eq!(file::symlink("x\0", &*temp.join("new")), Err(Errno::EINVAL));
}

#[test]
fn read_link_fails_as_readlink_does() {
    let temp = TempDir::new();
    for path in [temp.file("file", ""), temp.join("missing"), temp.join("file/x"), temp.path().to_owned()] {
        assert_same_error(file::read_link(&*path), fs::read_link(&path));
    }
    assert_eq!(file::read_link("").unwrap_err(), Errno::ENOENT);
}
