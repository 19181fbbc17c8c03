use super::*;

/// Asserts that a path leads where std says, or fails as there.
#[track_caller]
fn assert_as_std(text: &str) {
    match fs::canonicalize(text) {
        Ok(theirs) => {
            let theirs = theirs.into_os_string().into_vec();
            // musl keeps two leading slashes, which Linux takes for one.
            let theirs = if theirs.starts_with(b"//") { &theirs[1..] } else { &theirs };
            assert_eq!(path::canonical(text).unwrap(), theirs, "{text}");
        }
        theirs => assert_same_error(path::canonical(text), theirs),
    }
}

#[test]
fn canonical_agrees_with_std_on_random_trees_with_links() {
    in_child(|temp| {
        std::env::set_current_dir(temp.path()).unwrap();
        let mut random = random_bytes(1 << 16).into_iter().cycle();
        let mut pick = |count: usize| usize::from(random.next().unwrap()) % count;
        for i in 0..if is_emulated() { 5 } else { 40 } {
            let root = fs::canonicalize(temp.mkdir(&i.to_string())).unwrap().into_os_string().into_string().unwrap();
            let random_path = |pick: &mut dyn FnMut(usize) -> usize| {
                let names = ["a", "b", "c", "d", "..", ".", "", "f"];
                let start = ["", "", "./", &format!("{root}/"), "/"][pick(5)].to_owned();
                start + &(0..=pick(4)).map(|_| names[pick(names.len())]).collect::<Vec<_>>().join("/")
            };
            std::env::set_current_dir(&root).unwrap();
            for _ in 0..25 {
                let at = random_path(&mut pick);
                // `..` and links may lead out of the tree: skip such a path.
                let parent = Path::new(&at).parent().filter(|parent| !parent.as_os_str().is_empty());
                let parent = fs::canonicalize(parent.unwrap_or(Path::new(".")));
                if !parent.is_ok_and(|parent| parent.starts_with(&root)) || fs::symlink_metadata(&at).is_ok() {
                    continue;
                }
                let _ = match pick(3) {
                    0 => fs::create_dir(&at),
                    1 => std::os::unix::fs::symlink(random_path(&mut pick), &at),
                    _ => fs::write(&at, ""),
                };
            }
            for _ in 0..200 {
                assert_as_std(&random_path(&mut pick));
            }
        }
    });
}

#[test]
fn canonical_reports_the_errors_of_realpath() {
    let temp = TempDir::new();
    temp.file("file", "");
    temp.mkdir("directory");
    temp.symlink("dangling", "missing");
    temp.symlink("loop", "loop");
    temp.symlink("to-file", "file");
    temp.symlink("to-directory", "directory/");
    temp.symlink("absolute", &temp.join("directory"));
    for name in [
        "file",
        "file/",
        "file/.",
        "file/..",
        "file//x",
        "directory/",
        "directory/./",
        "directory/..",
        "directory/x/..",
        "dangling",
        "dangling/",
        "loop",
        "loop/x",
        "to-file",
        "to-file/",
        "to-file/.",
        "to-directory",
        "to-directory/..",
        "absolute",
        "absolute/../file",
        "missing/..",
        &"x".repeat(255),
        &"x".repeat(256),
    ] {
        assert_as_std(&temp.join(name));
    }
    for text in ["", "/", "//", "/..", "/../..", ".", "..", "./", "/proc/self/cwd", "/proc/self/exe"] {
        assert_as_std(text);
    }
    assert_eq!(path::canonical(&*temp.join("file/")).unwrap_err(), Errno::ENOTDIR);
    assert_eq!(path::canonical("").unwrap_err(), Errno::ENOENT);
    assert_eq!(path::canonical("/tmp\0").unwrap_err(), Errno::EINVAL);
}

#[test]
fn canonical_follows_40_links_and_no_more() {
    let temp = TempDir::new();
    temp.file("0", "");
    for i in 1..=41 {
        temp.symlink(&i.to_string(), &(i - 1).to_string());
    }
    assert_eq!(path::canonical(&*temp.join("40")).unwrap(), path::canonical(&*temp.join("0")).unwrap());
    assert_eq!(path::canonical(&*temp.join("41")).unwrap_err(), Errno::ELOOP);
}

#[test]
fn canonical_limits_paths_to_4095_bytes() {
    assert_eq!(path::canonical(&*path_of_length("/tmp", 4095)).unwrap(), path::canonical("/tmp").unwrap());
    assert_eq!(path::canonical(&*path_of_length("/tmp", 4096)).unwrap_err(), Errno::ENAMETOOLONG);
    in_child(|temp| {
        std::env::set_current_dir(temp.path()).unwrap();
        // Each directory is reached by a short path, and its own path grows until it is too long.
        let name = "d".repeat(200);
        let mut found = 0;
        for _ in 0..25 {
            fs::create_dir(&name).unwrap();
            std::env::set_current_dir(&name).unwrap();
            match path::canonical(".") {
                Ok(here) => assert_eq!(here, fs::canonicalize(".").unwrap().into_os_string().into_vec()),
                Err(errno) => {
                    assert_eq!(errno, Errno::ENAMETOOLONG);
                    found += 1;
                }
            }
        }
        assert!(found > 3);
        std::env::set_current_dir(temp.path()).unwrap();
    });
}

#[test]
fn canonical_without_search_permission_fails_with_eacces() {
    as_ordinary_user(|temp| {
        let directory = temp.mkdir("directory");
        temp.mkdir("directory/inner");
        set_mode(&directory, 0o600);
        assert_eq!(path::canonical(&*temp.join("directory/inner")).unwrap_err(), Errno::EACCES);
        assert_as_std(&temp.join("directory"));
        // As the kernel, which searches the directory for the name `..`. Some versions of realpath(3) do not.
        assert_same_error(path::canonical(&*temp.join("directory/..")), fs::metadata(temp.join("directory/..")));
        set_mode(&directory, 0o755);
    });
}

#[test]
fn canonical_opens_no_descriptor() {
    in_child(|temp| {
        temp.symlink("link", ".");
        let before = count_descriptors();
        support::set_soft_limit(libc::RLIMIT_NOFILE, 0);
        let found = path::canonical(&*temp.join("link/link/./link"));
        support::set_soft_limit(libc::RLIMIT_NOFILE, 64);
        assert_eq!(found.unwrap(), fs::canonicalize(temp.path()).unwrap().into_os_string().into_vec());
        assert_eq!(count_descriptors(), before);
    });
}
