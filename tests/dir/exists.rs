use super::*;

#[test]
fn exists_is_true_for_directories_and_links_to_them() {
    let temp = TempDir::new();
    temp.mkdir("directory");
    temp.file("file", "");
    temp.mkfifo("fifo");
    temp.symlink("link", "directory");
    temp.symlink("to-file", "file");
    temp.symlink("dangling", "missing");
    for name in [
        "",
        ".",
        "directory",
        "directory/",
        "directory/..",
        "link",
        "link/",
        "file",
        "file/",
        "file/x",
        "fifo",
        "to-file",
        "dangling",
        "missing",
        "missing/..",
    ] {
        let path = temp.join(name);
        assert_eq!(dir::exists(&*path), Ok(Path::new(&path).is_dir()), "{name}");
    }
    assert_eq!(dir::exists(""), Ok(false));
}

#[test]
fn exists_reports_what_leaves_it_unknown() {
    let temp = TempDir::new();
    temp.symlink("loop", "loop");
    assert_eq!(dir::exists(&*temp.join("loop")), Err(Errno::ELOOP));
    assert_eq!(dir::exists(&*temp.join(&"x".repeat(256))), Err(Errno::ENAMETOOLONG));
    assert_eq!(dir::exists("/tmp\0"), Err(Errno::EINVAL));
    as_ordinary_user(|temp| {
        let outer = temp.mkdir("outer");
        temp.mkdir("outer/inner");
        set_mode(&outer, 0o600);
        assert_eq!(dir::exists(&*temp.join("outer/inner")), Err(Errno::EACCES));
        assert_eq!(dir::exists(&*outer), Ok(true));
        set_mode(&outer, 0o755);
    });
}
