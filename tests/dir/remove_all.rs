use super::*;

#[test]
fn remove_all_removes_random_trees_and_nothing_else() {
    let mut choices = Choices::new();
    for _ in 0..if is_emulated() { 3 } else { 25 } {
        let temp = TempDir::new();
        temp.mkdir("precious");
        temp.file("precious/file", "content");
        let root = temp.join("tree");
        random_tree(&mut choices, &root, 120);
        temp.symlink("tree/to-precious", "../precious");
        temp.symlink("tree/to-file", &temp.join("precious/file"));
        dir::remove_all(&*root).unwrap();
        assert_eq!(listed(temp.path()), BTreeSet::from([b"precious".to_vec()]));
        assert_eq!(fs::read(temp.join("precious/file")).unwrap(), b"content");
    }
}

#[test]
fn remove_all_removes_a_file_or_a_link_itself() {
    let temp = TempDir::new();
    temp.mkdir("directory");
    temp.file("directory/x", "");
    temp.file("file", "");
    temp.symlink("link", "directory");
    temp.symlink("dangling", "missing");
    temp.mkfifo("fifo");
    for name in ["file/", "link/", "dangling/", "link//"] {
        assert_eq!(dir::remove_all(&*temp.join(name)).unwrap_err(), Errno::ENOTDIR, "{name}");
    }
    for name in ["file", "link", "dangling", "fifo"] {
        dir::remove_all(&*temp.join(name)).unwrap();
    }
    assert_eq!(listed(temp.path()), BTreeSet::from([b"directory".to_vec()]));
    assert_eq!(listed(&temp.join("directory")).len(), 1);
    dir::remove_all(&*temp.join("directory//")).unwrap();
    assert_eq!(listed(temp.path()), BTreeSet::new());
}

#[test]
fn remove_all_refuses_what_it_cannot_mean() {
    in_child(|temp| {
        temp.mkdir("inner");
        temp.mkdir("inner/most");
        std::env::set_current_dir(temp.join("inner")).unwrap();
        for path in ["/", "//", ".", "..", "./", "../", "most/.", "most/..", "most/../", "most/.//", "../inner/."] {
            assert_eq!(dir::remove_all(path), Err(Errno::EINVAL), "{path}");
        }
        for path in ["", "missing", "missing/x", "most/missing/"] {
            assert_eq!(dir::remove_all(path), Err(Errno::ENOENT), "{path}");
        }
        assert_eq!(dir::remove_all("most\0"), Err(Errno::EINVAL));
        assert_eq!(dir::remove_all(&*path_of_length("most", 4096)), Err(Errno::ENAMETOOLONG));
        temp.file("inner/file", "");
        assert_eq!(dir::remove_all("file/x"), Err(Errno::ENOTDIR));
        assert_eq!(listed(".").len(), 2);
        dir::remove_all("most").unwrap();
    });
}

#[test]
fn remove_all_needs_few_descriptors_and_no_paths() {
    in_child(|temp| {
        let root = temp.join("tree");
        for (levels, name) in [(400, "d".repeat(40)), (30, "e".repeat(255)), (9, "short".to_owned())] {
            deep_tree(&root, levels, &name);
            let before = count_descriptors();
            set_soft_limit(libc::RLIMIT_NOFILE, 16);
            let result = dir::remove_all(&*root);
            set_soft_limit(libc::RLIMIT_NOFILE, 256);
            assert_eq!(result, Ok(()));
            assert!(!Path::new(&root).exists());
            assert_eq!(count_descriptors(), before);
        }
        // Three are enough: the root, a parent, and a directory in it.
        deep_tree(&root, 50, "name");
        let open = count_descriptors() - 1;
        set_soft_limit(libc::RLIMIT_NOFILE, u64::try_from(open + 3).unwrap());
        let result = dir::remove_all(&*root);
        set_soft_limit(libc::RLIMIT_NOFILE, 256);
        assert_eq!(result, Ok(()));
    });
}

#[test]
fn remove_all_removes_wide_directories_with_directories() {
    let temp = TempDir::new();
    let root = temp.mkdir("tree");
    for i in 0..if is_emulated() { 500 } else { 3000 } {
        temp.file(&format!("tree/{i:0>100}"), "");
        if i % 10 == 0 {
            temp.mkdir(&format!("tree/d{i}"));
            temp.file(&format!("tree/d{i}/file"), "");
        }
    }
    dir::remove_all(&*root).unwrap();
    assert_eq!(listed(temp.path()), BTreeSet::new());
}

#[test]
fn remove_all_removes_what_it_can_and_reports_the_first_error() {
    as_ordinary_user(|temp| {
        let root = temp.mkdir("tree");
        for name in ["a", "b", "c", "d"] {
            temp.mkdir(&format!("tree/{name}"));
            temp.file(&format!("tree/{name}/file"), "");
        }
        temp.mkdir("tree/empty");
        set_mode(&temp.join("tree/b"), 0o555);
        set_mode(&temp.join("tree/c"), 0);
        set_mode(&temp.join("tree/empty"), 0);
        assert_eq!(dir::remove_all(&*root), Err(Errno::EACCES));
        assert_eq!(listed(&root), BTreeSet::from([b"b".to_vec(), b"c".to_vec()]));
        assert_eq!(listed(&temp.join("tree/b")).len(), 1);
        set_mode(&temp.join("tree/b"), 0o755);
        set_mode(&temp.join("tree/c"), 0o755);
        dir::remove_all(&*root).unwrap();
        assert!(!Path::new(&root).exists());
    });
}

#[test]
fn remove_all_follows_no_link_that_takes_the_place_of_a_directory() {
    let temp = TempDir::new();
    temp.mkdir("precious");
    temp.mkdir("precious/inner");
    temp.file("precious/inner/file", "content");
    temp.file("precious/file", "content");
    temp.symlink("bait", &temp.join("precious"));
    let (victim, bait) = (temp.join("tree/a/victim"), temp.join("bait"));
    let exchange = |from: &str, to: &str| {
        let (from, to) = (CString::new(from).unwrap(), CString::new(to).unwrap());
        // SAFETY: both paths are NUL-terminated.
        unsafe {
            libc::syscall(libc::SYS_renameat2, libc::AT_FDCWD, from.as_ptr(), libc::AT_FDCWD, to.as_ptr(), 2) == 0
        }
    };
    let swaps = std::sync::atomic::AtomicUsize::new(0);
    let wanted = if is_emulated() { 200 } else { 10_000 };
    let done = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                if exchange(&victim, &bait) {
                    swaps.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    // Back, or the place is empty and the link stays where it is.
                    if !exchange(&victim, &bait) && !Path::new(&bait).is_symlink() {
                        let _ = fs::remove_dir_all(&bait);
                        std::os::unix::fs::symlink(temp.join("precious"), &bait).unwrap();
                    }
                }
            }
        });
        while swaps.load(std::sync::atomic::Ordering::Relaxed) < wanted {
            let _ = fs::create_dir_all(temp.join("tree/a/victim/deeper"));
            let _ = fs::write(temp.join("tree/a/victim/x"), "");
            let _ = fs::write(temp.join("tree/a/victim/deeper/file"), "");
            for _ in 0..5 {
                thread::yield_now();
            }
            let _ = dir::remove_all(&*temp.join("tree"));
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    // Files that this test itself writes by way of the link are there too.
    for file in ["precious/file", "precious/inner/file"] {
        assert_eq!(fs::read(temp.join(file)).unwrap(), b"content", "{file}");
    }
}

#[test]
fn remove_all_by_several_threads_succeeds_together() {
    for _ in 0..if is_emulated() { 2 } else { 20 } {
        let temp = TempDir::new();
        random_tree(&mut Choices::new(), &temp.join("tree"), 300);
        let root = temp.join("tree");
        let results: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| dir::remove_all(&*root))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(Errno::ENOENT))), "{results:?}");
        assert!(!Path::new(&root).exists());
    }
}

#[test]
fn remove_all_leaves_mounts_alone() {
    in_child(|temp| {
        let root = temp.mkdir("tree");
        let point = temp.mkdir("tree/mount");
        temp.mkdir("tree/other");
        temp.mkdir("precious");
        temp.file("precious/file", "");
        let mounted =
            enter_mount_namespace().and_then(|()| mount(&temp.join("precious"), &point, "", libc::MS_BIND, ""));
        if let Err(why) = mounted {
            return report_cannot_run(&format!("a mount in a tree that is removed: run the tests as root ({why})"));
        }
        assert_eq!(dir::remove_all(&*root), Err(Errno::EBUSY));
        assert_eq!(listed(&temp.join("precious")).len(), 1);
        assert_eq!(listed(&root), BTreeSet::from([b"mount".to_vec()]));
        let c_point = CString::new(point).unwrap();
        // SAFETY: the path is NUL-terminated.
        checked(unsafe { libc::umount(c_point.as_ptr()) });
        dir::remove_all(&*root).unwrap();
    });
}
