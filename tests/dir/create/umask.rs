//! New parents under a umask, or a default ACL, that takes permissions from the owner.

use super::*;

const USUAL: u32 = 0o22;

/// Creates a path with its parents under a umask.
fn create_under(umask: u32, path: &str) -> ffi_syscalls::Result<()> {
    set_umask(umask);
    let result = dir::create(path, true);
    set_umask(USUAL);
    result
}

/// Returns the mode of everything below a directory. Lets the owner read and change the directories on the way.
fn modes_below(top: &str) -> BTreeMap<String, u32> {
    let mut modes = BTreeMap::new();
    let mut waiting = vec![String::new()];
    while let Some(above) = waiting.pop() {
        for entry in fs::read_dir(format!("{top}{above}")).unwrap() {
            let name = format!("{above}/{}", entry.unwrap().file_name().to_str().unwrap());
            let path = format!("{top}{name}");
            modes.insert(name.clone(), mode_of(&path));
            if fs::symlink_metadata(&path).unwrap().is_dir() {
                set_mode(&path, 0o700);
                waiting.push(name);
            }
        }
    }
    modes
}

/// Creates the same paths as mkdir(1), and compares the modes of all directories.
fn assert_same_modes_as_mkdir(directory: &str) {
    const PATHS: [&str; 14] = [
        "a",
        "a/b",
        "a/b/c/d",
        "a/b/",
        "a//b///c",
        "./a/./b",
        "a/../b",
        "a/..",
        "new/.",
        "a/b/../..",
        "old/a/b",
        "link/a/b",
        "a/../old/b/c",
        "old/../a/b",
    ];
    if Command::new("mkdir").output().is_err() {
        return report_cannot_run("modes compared with those of mkdir -p: install coreutils or busybox");
    }
    let umasks = [0o777, 0o300, 0o222, 0o700, 0o77, 0o200, 0o100, 0o400, 0];
    let cases = umasks.into_iter().flat_map(|umask| PATHS.map(|path| (umask, path)));
    for (number, (umask, path)) in cases.enumerate() {
        // With set-group-ID in half of the cases: new directories inherit it.
        let mode = if number % 2 == 0 { 0o777 } else { 0o2777 };
        let [ours, theirs] = ["ours", "theirs"].map(|name| {
            let place = format!("{directory}/{name}{number}");
            fs::create_dir(&place).unwrap();
            set_mode(&place, mode);
            fs::create_dir(format!("{place}/old")).unwrap();
            std::os::unix::fs::symlink("old", format!("{place}/link")).unwrap();
            place
        });
        let context = format!("umask {umask:o}, {path}, in a directory {mode:o}");
        assert_eq!(create_under(umask, &format!("{ours}/{path}")), Ok(()), "{context}");
        set_umask(umask);
        let status = Command::new("mkdir").args(["-p", &format!("{theirs}/{path}")]).status();
        set_umask(USUAL);
        assert!(status.unwrap().success(), "{context}");
        assert_eq!(modes_below(&ours), modes_below(&theirs), "{context}");
    }
}

#[test]
fn create_recursive_makes_directories_with_the_modes_of_mkdir() {
    in_child(|temp| assert_same_modes_as_mkdir(temp.path()));
}

#[test]
fn create_recursive_by_an_ordinary_user_makes_directories_with_the_modes_of_mkdir() {
    as_ordinary_user(|temp| assert_same_modes_as_mkdir(temp.path()));
}

#[test]
fn create_recursive_gives_access_to_each_new_parent() {
    as_ordinary_user(|temp| {
        for (umask, parent, last) in [(0o777, 0o300, 0), (0o300, 0o777, 0o477), (0o222, 0o755, 0o555)] {
            let top = temp.mkdir(&format!("umask {umask:o}"));
            assert_eq!(create_under(umask, &format!("{top}/a/b/c")), Ok(()));
            let expected = [("/a", parent), ("/a/b", parent), ("/a/b/c", last)];
            assert_eq!(modes_below(&top), expected.map(|(name, mode)| (name.to_owned(), mode)).into());
        }
    });
}

#[test]
fn create_recursive_keeps_the_modes_of_existing_parents() {
    as_ordinary_user(|temp| {
        let (open, shut) = (temp.mkdir("open"), temp.mkdir("shut"));
        set_mode(&open, 0o1331);
        set_mode(&shut, 0o477);
        assert_eq!(create_under(0o777, &format!("{open}/a/../b/c")), Ok(()));
        assert_eq!(create_under(0o777, &format!("{shut}/a/b")), Err(Errno::EACCES));
        assert_eq!(create_under(0o777, &shut), Ok(()));
        assert_eq!([mode_of(&open), mode_of(&shut)], [0o1331, 0o477]);
        // A parent that an earlier call created is no longer new.
        assert_eq!(create_under(0o777, &temp.join("last")), Ok(()));
        assert_eq!(create_under(0o777, &temp.join("last/a")), Err(Errno::EACCES));
        assert_eq!(mode_of(&temp.join("last")), 0);
        modes_below(temp.path());
    });
}

#[test]
fn create_recursive_leaves_the_umask_of_other_threads_alone() {
    as_ordinary_user(|temp| {
        set_umask(0o322);
        let file = temp.join("file");
        let write_a_file = || {
            fs::write(&file, "").unwrap();
            assert_eq!(mode_of(&file), 0o444);
            fs::remove_file(&file).unwrap();
        };
        let descriptors = count_descriptors();
        while_repeating(write_a_file, || {
            for number in 0..200 {
                assert_eq!(dir::create(&*temp.join(&format!("{number}/a/b")), true), Ok(()));
            }
        });
        assert_eq!(count_descriptors(), descriptors);
        set_umask(USUAL);
        modes_below(temp.path());
    });
}

/// Another process can put a link in place of a parent between its creation and the change of its mode.
#[cfg(target_os = "linux")]
#[test]
fn create_recursive_gives_no_one_else_access_through_a_link() {
    as_ordinary_user(|temp| {
        let victim = temp.mkdir("victim");
        set_mode(&victim, 0o500);
        let names = ["parent", "other"].map(|name| CString::new(temp.join(name)).unwrap());
        let [parent, other] = [temp.join("parent"), temp.join("other")];
        let exchange = || {
            let (at, [parent, other]) = (libc::AT_FDCWD, &names);
            let (parent, other) = (parent.as_ptr(), other.as_ptr());
            // SAFETY: the paths are NUL-terminated. It fails while one of them is missing. musl may lack the function.
            unsafe { libc::syscall(libc::SYS_renameat2, at, parent, at, other, libc::RENAME_EXCHANGE) };
        };
        let rounds = if is_emulated() { 300 } else { 2000 };
        while_repeating(exchange, || {
            for number in 0..rounds {
                // The second one takes read permission too, so the directory cannot be opened.
                let umask = if number < rounds / 2 { 0o222 } else { 0o700 };
                for name in [&parent, &other] {
                    let _ = fs::remove_dir(format!("{name}/a")).and(fs::remove_dir(name));
                    let _ = fs::remove_file(name);
                }
                let _ = std::os::unix::fs::symlink("victim", &other);
                // It succeeds or fails, as the other thread has it.
                let _ = create_under(umask, &format!("{parent}/a"));
                let mode = mode_of(&victim);
                assert!(mode == 0o500 || umask == 0o700 && mode == 0o700, "{mode:o}");
            }
        });
        modes_below(temp.path());
    });
}

/// CIFS and vfat refuse each change of a mode.
#[cfg(target_os = "linux")]
fn deny_changes_of_modes() {
    support::deny_syscall(libc::SYS_fchmod);
}

#[cfg(target_os = "linux")]
#[test]
fn create_recursive_where_no_mode_can_change_fails_for_lack_of_access() {
    if is_emulated() {
        return report_not_in_an_emulator("seccomp filters, which make the change of a mode fail");
    }
    as_ordinary_user(|temp| {
        deny_changes_of_modes();
        assert_eq!(create_under(0o77, &temp.join("usual/a/b")), Ok(()));
        assert_eq!(create_under(0o300, &temp.join("a/b")), Err(Errno::EACCES));
        assert_eq!(mode_of(&temp.join("a")), 0o477);
        set_mode(&temp.join("a"), 0o755);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn create_recursive_by_root_succeeds_where_no_mode_can_change() {
    if is_emulated() {
        return report_not_in_an_emulator("seccomp filters, which make the change of a mode fail");
    }
    if !support::is_root() {
        return report_cannot_run("directories without access of their owner, root: run the tests as root");
    }
    in_child(|temp| {
        deny_changes_of_modes();
        assert_eq!(create_under(0o300, &temp.join("a/b/c")), Ok(()));
        assert_eq!(modes_below(temp.path()).into_values().collect::<Vec<_>>(), [0o477; 3]);
    });
}

/// A default ACL replaces the umask. See acl(5).
#[cfg(target_os = "linux")]
#[test]
fn create_recursive_under_a_default_acl_gives_the_owner_access_to_new_parents() {
    as_ordinary_user(|temp| {
        let top = temp.mkdir("top");
        if let Err(error) = set_default_acl(&top, [0o4, 0o5, 0]) {
            return report_cannot_run(&format!("default ACLs: set TMPDIR to a file system that has them ({error})"));
        }
        fs::create_dir(format!("{top}/plain")).unwrap();
        assert_eq!(mode_of(&format!("{top}/plain")), 0o450);
        assert_eq!(dir::create(&*format!("{top}/a/b/c"), true), Ok(()));
        // Parents in different directories: the first one does not stand for the second.
        assert_eq!(dir::create(&*temp.join("new/../top/d/e"), true), Ok(()));
        let expected = [("a", 0o750), ("a/b", 0o750), ("a/b/c", 0o450), ("d", 0o750), ("d/e", 0o450)];
        for (name, mode) in expected {
            assert_eq!(mode_of(&format!("{top}/{name}")), mode, "{name}");
        }
        modes_below(temp.path());
    });
}

/// Sets a default ACL with these permissions of the owner, the group and others.
#[cfg(target_os = "linux")]
fn set_default_acl(directory: &str, [owner, group, others]: [u16; 3]) -> std::io::Result<()> {
    // The kernel's format, little-endian: a version, then a tag, permissions and an unused ID for each entry.
    const VERSION: u32 = 2;
    const UNUSED: u32 = u32::MAX;
    let mut acl = VERSION.to_le_bytes().to_vec();
    for (tag, permissions) in [(0x01_u16, owner), (0x04, group), (0x20, others)] {
        acl.extend(tag.to_le_bytes());
        acl.extend(permissions.to_le_bytes());
        acl.extend(UNUSED.to_le_bytes());
    }
    let (path, name) = (CString::new(directory).unwrap(), c"system.posix_acl_default");
    // SAFETY: path and name are NUL-terminated, and the value has this length.
    let result = unsafe { libc::setxattr(path.as_ptr(), name.as_ptr(), acl.as_ptr().cast(), acl.len(), 0) };
    if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}
