use super::*;

fn fill(temp: &TempDir, count: usize) {
    let first = temp.file("0", "");
    for i in 1..count {
        fs::hard_link(&first, temp.join(&i.to_string())).unwrap();
    }
}

#[test]
fn list_of_an_empty_directory_is_empty() {
    let temp = TempDir::new();
    let list = dir::list(temp.path()).unwrap();
    assert!(list.is_empty());
    assert_eq!((list.len(), list.iter().count()), (0, 0));
    assert!(raw_entry(&list, 0).is_null());
}

#[test]
fn list_returns_any_number_of_entries() {
    for count in [1, 2, 3, 100, 3000, 20_000] {
        let temp = TempDir::new();
        fill(&temp, count);
        let names = listed(temp.path());
        assert_eq!(names.len(), count);
        assert!(names == expected(temp.path()));
    }
}

#[test]
fn list_keeps_the_order_of_the_kernel() {
    let temp = TempDir::new();
    fill(&temp, 500);
    let ours: Vec<_> = dir::list(temp.path()).unwrap().iter().map(CStr::to_owned).collect();
    let theirs: Vec<_> = fs::read_dir(temp.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(ours.iter().map(|name| name.to_bytes()).eq(theirs.iter().map(|name| name.as_bytes())));
}

#[test]
fn list_returns_names_of_any_bytes_except_dot_and_dot_dot() {
    let temp = TempDir::new();
    let long = [b'x'; 255];
    let longer = "\u{1f600}".repeat(63) + "abc";
    let names: [&[u8]; 14] = [
        b".hidden",
        b"..",
        b"...",
        b"..x",
        b".x",
        b" ",
        b"new\nline",
        b"\n",
        b"-rf",
        b"\xff\xfe",
        b"a\xc3",
        b"*?[\"'\\",
        &long,
        longer.as_bytes(),
    ];
    for name in names.iter().filter(|&&name| name != b"..") {
        fs::write(Path::new(temp.path()).join(OsStr::from_bytes(name)), "").unwrap();
    }
    temp.mkdir("directory");
    temp.mkfifo("fifo");
    temp.symlink("dangling", "missing");
    let found = listed(temp.path());
    assert_eq!(found, expected(temp.path()));
    assert_eq!(found.len(), 13 + 3);
    assert!(!found.contains(&b".."[..]) && !found.contains(&b"."[..]));
}

#[test]
fn list_returns_a_thousand_names_of_255_bytes() {
    let temp = TempDir::new();
    for i in 0..1000 {
        fs::write(temp.join(&format!("{i:0>255}")), "").unwrap();
    }
    assert!(listed(temp.path()) == expected(temp.path()));
}

#[test]
fn list_reads_proc_sys_and_dev() {
    for path in ["/proc/self", "/proc/self/ns", "/sys", "/dev", "/", "/proc/sys/kernel"] {
        assert_eq!(listed(path), expected(path), "{path}");
    }
    assert!(listed("/proc").contains(std::process::id().to_string().as_bytes()));
}

#[test]
fn list_follows_symlinks_and_accepts_dots_and_repeated_slashes() {
    let temp = TempDir::new();
    temp.mkdir("directory");
    temp.file("directory/x", "");
    temp.symlink("link", "directory");
    for name in ["directory", "directory/", "directory//.", "link", "link/", "directory/../link"] {
        assert_eq!(listed(&temp.join(name)), BTreeSet::from([b"x".to_vec()]), "{name}");
    }
}

#[test]
fn list_reports_the_errors_of_opendir() {
    let temp = TempDir::new();
    temp.file("file", "");
    temp.mkfifo("fifo");
    temp.symlink("dangling", "missing");
    temp.symlink("loop", "loop");
    let name = "x".repeat(256);
    for name in ["missing", "missing/x", "file", "file/", "file/x", "fifo", "dangling", "loop", &name] {
        assert_same_error(dir::list(&*temp.join(name)), fs::read_dir(temp.join(name)));
    }
    assert_eq!(dir::list(&*temp.join("missing")).unwrap_err(), Errno::ENOENT);
    assert_eq!(dir::list(&*temp.join("file")).unwrap_err(), Errno::ENOTDIR);
    assert_eq!(dir::list("").unwrap_err(), Errno::ENOENT);
    assert_eq!(dir::list("/tmp\0").unwrap_err(), Errno::EINVAL);
    assert_eq!(dir::list(&*path_of_length("/tmp", 4096)).unwrap_err(), Errno::ENAMETOOLONG);
    assert!(dir::list(&*path_of_length(temp.path(), 4095)).is_ok());
}

#[test]
fn list_without_read_permission_fails_with_eacces() {
    as_ordinary_user(|temp| {
        let directory = temp.mkdir("directory");
        set_mode(&directory, 0o311);
        assert_eq!(dir::list(&*directory).unwrap_err(), Errno::EACCES);
        set_mode(&directory, 0o444);
        assert_eq!(listed(&directory), BTreeSet::new());
        set_mode(&directory, 0o755);
    });
}

#[test]
fn list_of_a_removed_directory_is_empty() {
    in_child(|temp| {
        std::env::set_current_dir(temp.mkdir("directory")).unwrap();
        fs::remove_dir(temp.join("directory")).unwrap();
        // As in std: the directory can still be opened, and has no entries.
        assert_eq!(fs::read_dir(".").unwrap().count(), 0);
        assert_eq!(listed("."), BTreeSet::new());
        assert_eq!(dir::list("./x").unwrap_err(), Errno::ENOENT);
    });
}

#[test]
fn list_returns_stable_names_once_while_others_change() {
    let temp = TempDir::new();
    for i in 0..2000 {
        temp.file(&format!("stays {i}"), "");
    }
    let change = || {
        for i in 0..50 {
            temp.file(&format!("comes and goes {i}"), "");
        }
        for i in 0..50 {
            fs::remove_file(temp.join(&format!("comes and goes {i}"))).unwrap();
        }
    };
    while_repeating(change, || {
        for _ in 0..50 {
            let mut found = BTreeMap::new();
            for name in dir::list(temp.path()).unwrap().iter() {
                *found.entry(name.to_owned()).or_insert(0) += 1;
            }
            for i in 0..2000 {
                assert_eq!(found.get(&CString::new(format!("stays {i}")).unwrap()), Some(&1));
            }
        }
    });
}

#[test]
fn list_and_create_leak_no_descriptor() {
    in_child(|temp| {
        temp.file("file", "");
        let before = count_descriptors();
        for _ in 0..100 {
            drop(dir::list(temp.path()).unwrap());
            dir::list(&*temp.join("file")).unwrap_err();
            dir::create(&*temp.join("file/x"), true).unwrap_err();
        }
        assert_eq!(count_descriptors(), before);
        set_soft_limit(libc::RLIMIT_NOFILE, 0);
        assert_eq!(dir::list(temp.path()).unwrap_err(), Errno::EMFILE);
    });
}

#[test]
fn list_is_a_null_terminated_array_of_c_strings() {
    let temp = TempDir::new();
    fill(&temp, 300);
    let list = dir::list(temp.path()).unwrap();
    assert_eq!(list.as_ptr().addr() % 16, 0);
    for (i, name) in list.iter().enumerate() {
        // SAFETY: every entry before the null pointer is a NUL-terminated string.
        assert_eq!(unsafe { CStr::from_ptr(raw_entry(&list, i)) }, name);
    }
    assert!(raw_entry(&list, 300).is_null());
}

#[test]
fn list_with_closed_standard_streams_is_complete_and_leaks_no_descriptor() {
    in_child(|temp| {
        fill(temp, 1000);
        for closed in CLOSED {
            let before = count_descriptors();
            let found = with_closed_streams(closed, || (listed(temp.path()), closed_streams()));
            assert_eq!(found, (expected(temp.path()), closed.to_vec()));
            assert_eq!(count_descriptors(), before);
        }
    });
}

/// Makes a directory in memory with this many names of 200 bytes.
fn directory_of_long_names(count: usize) -> TempDir {
    let temp = temp_dir_with_space(1 << 26);
    let first = temp.file(&format!("{:0>200}", 0), "");
    for i in 1..count {
        fs::hard_link(&first, temp.join(&format!("{i:0>200}"))).unwrap();
    }
    temp
}

const LONG_NAMES: usize = 50_000;

/// The bytes of these names.
const NAMES_LEN: usize = LONG_NAMES * 200;

/// Returns a number of /proc/self/status, which is in KB, in bytes.
fn memory_of_process(field: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<usize>().unwrap() << 10
}

#[test]
fn list_needs_little_more_memory_than_its_names() {
    if is_emulated() {
        return report_not_in_an_emulator("the memory of the process: it includes that of the emulator");
    }
    let temp = OnceCell::new();
    in_child_with(
        // The child must not make the directory again: it exits without removing it.
        |command, _| {
            command.env("LISTED", temp.get_or_init(|| directory_of_long_names(LONG_NAMES)).path());
        },
        |_| {
            let path = std::env::var("LISTED").unwrap();
            let before = memory_of_process("VmRSS");
            let list = dir::list(&*path).unwrap();
            assert_eq!(list.len(), LONG_NAMES);
            let used = memory_of_process("VmHWM") - before;
            let allowed = 2 * NAMES_LEN + (LONG_NAMES + 1) * size_of::<*const u8>() + (2 << 20);
            assert!(used <= allowed, "{used} bytes at once, more than {allowed}");
        },
    );
}

/// Lists the directory in a group with this limit on memory, in megabytes, twice. The kernel would kill a process that
/// uses more.
#[test]
fn list_stays_within_the_memory_of_its_control_group_or_fails_with_enomem() {
    if is_emulated() {
        return report_not_in_an_emulator("a small control group: the emulator needs more memory itself");
    }
    with_control_group(
        "memory",
        |group| set_memory_limit(group, 64 << 20),
        |argument| {
            let (outcome, path) = argument.split_once(' ').unwrap();
            for _ in 0..2 {
                let count = dir::list(path).map(|list| list.len());
                let (fits, fails) = (count == Ok(LONG_NAMES), count == Err(Errno::ENOMEM));
                let expected = match outcome {
                    "fits" => fits,
                    "exceeds" => fails,
                    _ => fits || fails,
                };
                assert!(expected, "{outcome}: {count:?}");
            }
        },
        |group, run_in| {
            let temp = directory_of_long_names(LONG_NAMES);
            for megabytes in [64, 32, 24, 20, 18, 16, 14, 12, 10, 8] {
                let limit = megabytes << 20;
                set_memory_limit(group, limit).unwrap();
                let outcome = match limit {
                    limit if limit > 2 * NAMES_LEN => "fits",
                    limit if limit < NAMES_LEN => "exceeds",
                    _ => "any",
                };
                run_in(group, &format!("{outcome} {}", temp.path()));
            }
            assert!(listed(temp.path()) == expected(temp.path()));
        },
    );
}
