mod umask;

use super::*;

#[test]
fn create_makes_one_empty_directory() {
    let temp = TempDir::new();
    dir::create(&*temp.join("new"), false).unwrap();
    assert!(fs::metadata(temp.join("new")).unwrap().is_dir());
    assert_eq!(fs::read_dir(temp.join("new")).unwrap().count(), 0);
    dir::create(&*temp.join("new/below//"), false).unwrap();
    assert!(fs::metadata(temp.join("new/below")).unwrap().is_dir());
}

#[test]
fn create_reports_the_errors_of_mkdir() {
    let temp = TempDir::new();
    temp.file("file", "");
    temp.mkdir("directory");
    temp.symlink("dangling", "missing");
    temp.symlink("loop", "loop");
    temp.symlink("good", "directory");
    let name = "x".repeat(256);
    let taken = ["file", "directory", "directory/", "directory/.", "dangling", "loop", "good"];
    for name in taken.into_iter().chain(["missing/x", "file/x", "file/", "dangling/x", "loop/x", &name]) {
        assert_same_error(dir::create(&*temp.join(name), false), fs::create_dir(temp.join(name)));
    }
    assert_eq!(dir::create(&*temp.join("directory"), false), Err(Errno::EEXIST));
    assert_eq!(dir::create(&*temp.join("missing/x"), false), Err(Errno::ENOENT));
    assert_eq!(dir::create("/", false), Err(Errno::EEXIST));
    assert_eq!(dir::create("", false), Err(Errno::ENOENT));
    assert_same_error(dir::create("/proc/x", false), fs::create_dir("/proc/x"));
}

#[test]
fn create_rejects_nul_and_paths_over_4095_bytes() {
    let temp = TempDir::new();
    for recursive in [false, true] {
        assert_eq!(dir::create("/tmp/a\0b", recursive), Err(Errno::EINVAL));
        let new = temp.join(&format!("new{recursive}"));
        assert_eq!(dir::create(&*path_of_length(&new, 4096), recursive), Err(Errno::ENAMETOOLONG));
        let long = CString::new(path_of_length(&new, 4096)).unwrap();
        assert_eq!(dir::create(&*long, recursive), Err(Errno::ENAMETOOLONG));
        assert_eq!(dir::create(&*path_of_length(&new, 4095), recursive), Ok(()));
        assert!(fs::metadata(&new).unwrap().is_dir());
    }
}

#[test]
fn create_uses_mode_0777_less_umask() {
    in_child(|temp| {
        for (umask, mode) in [(0, 0o777), (0o22, 0o755), (0o27, 0o750), (0o77, 0o700)] {
            set_umask(umask);
            let (plain, deep) = (temp.join(&format!("plain{umask}")), temp.join(&format!("deep{umask}")));
            dir::create(&*plain, false).unwrap();
            dir::create(&*format!("{deep}/a/b"), true).unwrap();
            for path in [plain, deep.clone(), format!("{deep}/a"), format!("{deep}/a/b")] {
                assert_eq!(mode_of(&path), mode, "{path}");
            }
        }
    });
}

#[test]
fn create_without_write_permission_fails_with_eacces() {
    as_ordinary_user(|temp| {
        let directory = temp.mkdir("fixed");
        fs::create_dir(temp.join("fixed/old")).unwrap();
        set_mode(&directory, 0o555);
        assert_eq!(dir::create(&*temp.join("fixed/new"), false), Err(Errno::EACCES));
        assert_eq!(dir::create(&*temp.join("fixed/new/deep"), true), Err(Errno::EACCES));
        assert_eq!(dir::create(&*temp.join("fixed/old"), true), Ok(()));
        assert_eq!(dir::create("/root-only", true), Err(Errno::EACCES));
        set_mode(&directory, 0);
        assert_eq!(dir::create(&*temp.join("fixed/old"), true), Err(Errno::EACCES));
        set_mode(&directory, 0o755);
    });
}

#[test]
fn create_recursive_makes_every_parent() {
    let temp = TempDir::new();
    let deep = format!("{}/bottom", vec!["d"; 200].join("/"));
    dir::create(&*temp.join(&deep), true).unwrap();
    assert!(fs::metadata(temp.join(&deep)).unwrap().is_dir());
    dir::create(&*temp.join(&deep), true).unwrap();
    dir::create(temp.path(), true).unwrap();
    dir::create("/", true).unwrap();
    dir::create(".", true).unwrap();
}

/// The deepest path that fits 4095 bytes: about 2000 names of one letter.
#[test]
fn create_recursive_accepts_the_deepest_path() {
    let temp = TempDir::new();
    let deep = temp.join(&vec!["d"; (4095 - temp.path().len()) / 2].join("/"));
    dir::create(&*deep, true).unwrap();
    assert!(fs::metadata(&deep).unwrap().is_dir());
}

#[test]
fn create_recursive_accepts_dots_repeated_slashes_and_symlinks() {
    let temp = TempDir::new();
    temp.mkdir("real");
    temp.symlink("link", "real");
    let paths = [
        ("a//b///c", "a/b/c"),
        ("d/e/", "d/e"),
        ("f/g///", "f/g"),
        ("./h/./i/.", "h/i"),
        ("j/../k", "k"),
        ("l/m/../../n/o", "n/o"),
        ("p/..", "p"),
        ("link/q/r", "real/q/r"),
        (" s /\u{fc}\n/-t", " s /\u{fc}\n/-t"),
    ];
    for (path, made) in paths {
        dir::create(&*temp.join(path), true).unwrap();
        assert!(fs::metadata(temp.join(made)).unwrap().is_dir(), "{path}");
        dir::create(&*temp.join(path), true).unwrap();
    }
}

#[test]
fn create_recursive_accepts_relative_paths() {
    in_child(|temp| {
        std::env::set_current_dir(temp.mkdir("inner")).unwrap();
        for path in ["a", "b/c", "./d/e", "b/../f/g", "../x"] {
            dir::create(path, true).unwrap();
            assert!(Path::new(path).is_dir(), "{path}");
        }
        std::env::set_current_dir("a").unwrap();
        fs::remove_dir("../a").unwrap();
        assert_eq!(dir::create("b", true), Err(Errno::ENOENT));
        assert_eq!(dir::create("b/c", true), Err(Errno::ENOENT));
    });
}

#[test]
fn create_recursive_fails_at_files_and_broken_symlinks() {
    let temp = TempDir::new();
    temp.file("file", "content");
    temp.symlink("dangling", "missing");
    temp.symlink("loop", "loop");
    for (name, errno) in [
        ("file", Errno::EEXIST),
        ("file/x", Errno::ENOTDIR),
        ("file/x/y/z", Errno::ENOTDIR),
        ("dangling", Errno::EEXIST),
        ("dangling/", Errno::EEXIST),
        ("loop/x", Errno::ELOOP),
    ] {
        assert_eq!(dir::create(&*temp.join(name), true), Err(errno), "{name}");
    }
    assert_eq!(dir::create("", true), Err(Errno::ENOENT));
    assert!(dir::create(&*temp.join("dangling/x"), true).is_err());
    assert!(!fs::exists(temp.join("missing")).unwrap());
    assert_eq!(dir::create(&*temp.join(&format!("a/{}/b", "x".repeat(256))), true), Err(Errno::ENAMETOOLONG));
    assert_eq!(fs::read(temp.join("file")).unwrap(), b"content");
}

#[test]
fn create_recursive_succeeds_for_existing_directories_of_read_only_file_systems() {
    for path in ["/proc", "/proc/self", "/proc/sys/kernel", "/sys", "/sys/kernel", "/dev"] {
        assert_eq!(dir::create(path, true), Ok(()), "{path}");
    }
    for path in ["/proc/none", "/proc/none/x", "/proc/self/none"] {
        assert_same_error(dir::create(path, true), fs::create_dir_all(path));
    }
    assert!(dir::create("/sys/none/x", true).is_err());
}

#[test]
fn create_recursive_by_many_threads_succeeds_for_all() {
    let temp = TempDir::new();
    for round in 0..20 {
        let path = temp.join(&format!("{round}/{}", vec!["d"; 50].join("/")));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(dir::create(&*path, true), Ok(())));
            }
        });
        assert!(Path::new(&path).is_dir());
    }
}

#[test]
fn create_recursive_retries_when_parents_are_removed() {
    let temp = TempDir::new();
    let path = temp.join("a/b/c");
    let remove = || {
        for name in ["a/b/c", "a/b", "a"] {
            let _ = fs::remove_dir(temp.join(name));
        }
        // Pause, or this thread wins every race on a busy machine and create never succeeds.
        thread::sleep(std::time::Duration::from_micros(20));
    };
    while_repeating(remove, || {
        for _ in 0..6000 {
            assert_eq!(dir::create(&*path, true), Ok(()));
        }
    });
}

#[test]
fn create_by_many_threads_succeeds_for_exactly_one() {
    let temp = TempDir::new();
    for round in 0..50 {
        let path = temp.join(&round.to_string());
        let results = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| dir::create(&*path, false))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert_eq!(results.iter().filter(|&&result| result == Err(Errno::EEXIST)).count(), 7);
    }
}
