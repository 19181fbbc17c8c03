use super::*;

#[test]
fn atomic_write_replaces_the_file_behind_a_chain_of_links_and_keeps_them() {
    let temp = TempDir::new();
    let directory = temp.mkdir("a");
    temp.mkdir("a/b");
    let path = temp.file("a/b/file", "old");
    temp.symlink("a/second", "./b/../b/file");
    temp.symlink("a/b/third", "../second");
    temp.symlink("directory", "a/b");
    let first = temp.symlink("first", &temp.join("directory/third"));
    for content in ["new", "newer"] {
        file::atomic_write(&*first, content).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    for name in ["a/second", "a/b/third", "first"] {
        assert!(fs::symlink_metadata(temp.join(name)).unwrap().is_symlink(), "{name}");
    }
    assert_names(temp.path(), &["a", "directory", "first"]);
    assert_names(&directory, &["b", "second"]);
    assert_names(&temp.join("a/b"), &["file", "third"]);
}

#[test]
fn atomic_write_creates_the_target_of_a_dangling_link() {
    let temp = TempDir::new();
    temp.mkdir("a");
    temp.symlink("a/second", "target");
    let first = temp.symlink("first", "a/second");
    file::atomic_write(&*first, "new").unwrap();
    assert_eq!(fs::read(temp.join("a/target")).unwrap(), b"new");
    assert!(fs::symlink_metadata(&first).unwrap().is_symlink());
    for (name, target, wanted) in [
        ("deep", "missing/target", Errno::ENOENT),
        ("below", "a/target/x", Errno::ENOTDIR),
        ("slash", "missing/", Errno::ENOENT),
        ("long", &*"x".repeat(256), Errno::ENAMETOOLONG),
    ] {
        assert_eq!(file::atomic_write(&*temp.symlink(name, target), "x"), Err(wanted), "{name}");
    }
    assert_names(temp.path(), &["a", "first", "deep", "below", "slash", "long"]);
}

#[test]
fn atomic_write_follows_as_many_links_as_the_kernel() {
    let temp = TempDir::new();
    let path = temp.file("0", "old");
    for number in 1..=45 {
        temp.symlink(&number.to_string(), &(number - 1).to_string());
    }
    for number in 1..=45 {
        let link = temp.join(&number.to_string());
        let content = format!("by {number} links");
        match fs::metadata(&link) {
            Ok(_) => {
                file::atomic_write(&*link, &content).unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), content);
            }
            Err(error) => assert_same_error(file::atomic_write(&*link, &content), Err::<(), _>(error)),
        }
    }
    assert_eq!(file::atomic_write(&*temp.symlink("loop", "loop"), "x"), Err(Errno::ELOOP));
}

/// A dangling chain gets no help from the kernel: only its end is missing.
#[test]
fn atomic_write_follows_at_most_40_links_to_a_missing_file() {
    let temp = TempDir::new();
    temp.symlink("1", "missing");
    for number in 2..=41 {
        temp.symlink(&number.to_string(), &(number - 1).to_string());
    }
    assert_eq!(file::atomic_write(&*temp.join("41"), "x"), Err(Errno::ELOOP));
    assert!(!fs::exists(temp.join("missing")).unwrap());
    file::atomic_write(&*temp.join("40"), "x").unwrap();
    assert_eq!(fs::read(temp.join("missing")).unwrap(), b"x");
}

#[test]
#[cfg(target_os = "linux")]
fn atomic_write_by_a_link_of_proc_replaces_the_file_and_creates_none_in_place_of_a_deleted_one() {
    let temp = TempDir::new();
    let path = temp.file("file", "old");
    let open = fs::File::open(&path).unwrap();
    let link = format!("/proc/self/fd/{}", open.as_raw_fd());
    file::atomic_write(&*link, "new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    // The descriptor still refers to the old file, which has no name now.
    assert_eq!(file::atomic_write(&*link, "newer"), Err(Errno::ENOENT));
    assert_names(temp.path(), &["file"]);
    let (reader, _writer) = std::io::pipe().unwrap();
    assert_eq!(file::atomic_write(&*format!("/proc/self/fd/{}", reader.as_raw_fd()), "x"), Err(Errno::EINVAL));
}

/// The kernel refuses such links only when it follows them: their content can be read.
#[test]
#[cfg(target_os = "linux")]
fn atomic_write_follows_no_link_that_the_kernel_refuses_to_follow() {
    in_child(|temp| {
        let point = temp.mkdir("mount");
        let mounted = enter_mount_namespace().and_then(|()| mount("none", &point, "tmpfs", libc::MS_NOSYMFOLLOW, ""));
        if let Err(why) = mounted {
            return report_cannot_run(&format!("a mount without links: run the tests as root, on Linux 5.10 ({why})"));
        }
        let link = temp.symlink("mount/link", "target");
        assert_eq!(fs::read_link(&link).unwrap().as_os_str(), "target");
        assert_same_error(file::atomic_write(&*link, "x"), fs::write(&link, "x"));
        assert_names(&point, &["link"]);
    });
}
