use std::os::unix::fs::OpenOptionsExt;

use super::*;

/// Copies with cp(1), the oracle.
fn cp(from: &str, to: &str) {
    assert!(Command::new("/bin/cp").args([from, to]).status().unwrap().success());
}

#[test]
fn copy_creates_a_file_with_the_mode_of_the_source_less_the_umask() {
    in_child(|temp| {
        for umask in [0, 0o22, 0o27, 0o77, 0o777] {
            set_umask(umask);
            for (mode, len) in [(0o400, 0), (0o755, 10), (0o600, 10), (0o640, 70_000), (0o666, 10), (0o777, 0)] {
                let name = |name: &str| temp.join(&format!("{name}{umask}-{mode}"));
                let path = temp.file(&format!("file{umask}-{mode}"), random_bytes(len));
                set_mode(&path, mode);
                file::copy(&*path, &*name("new")).unwrap();
                cp(&path, &name("oracle"));
                assert_eq!(mode_of(&name("new")), mode & !umask, "mode {mode:o}, umask {umask:o}");
                assert_eq!(mode_of(&name("new")), mode_of(&name("oracle")));
                set_mode(&name("new"), 0o400);
                assert_same_bytes(&fs::read(name("new")).unwrap(), &random_bytes(len));
            }
        }
    });
}

#[test]
fn copy_over_an_existing_file_keeps_its_mode() {
    as_ordinary_user(|temp| {
        let path = temp.file("file", "new");
        for mode in [0o600, 0o640, 0o755, 0o602, 0o1600, 0o666] {
            for source_mode in [0o644, 0o400, 0o755] {
                set_mode(&path, source_mode);
                for (content, umask) in [("", 0o22), ("old content", 0o777)] {
                    set_umask(0o22);
                    let old = temp.file("old", content);
                    set_mode(&old, mode);
                    set_umask(umask);
                    file::copy(&*path, &*old).unwrap();
                    assert_eq!(fs::read(&old).unwrap(), b"new");
                    assert_eq!(mode_of(&old), mode);
                }
            }
        }
    });
}

/// The kernel takes these bits from a file that an ordinary user writes to.
#[test]
fn copy_over_a_set_user_id_file_does_to_its_mode_what_cp_does() {
    in_child(|temp| {
        let path = temp.file("file", "new");
        let check = |name: &str| {
            for mode in [0o4755, 0o2755, 0o6711, 0o7777] {
                let [ours, theirs] = ["ours", "theirs"].map(|whose| temp.file(&format!("{whose} {name}"), "old"));
                set_mode(&ours, mode);
                set_mode(&theirs, mode);
                file::copy(&*path, &*ours).unwrap();
                cp(&path, &theirs);
                assert_eq!(mode_of(&ours), mode_of(&theirs));
            }
        };
        check("of root");
        drop_root();
        check("of an ordinary user");
    });
}

#[test]
fn copy_drops_set_user_id_set_group_id_and_sticky_bits() {
    in_child(|temp| {
        set_umask(0);
        let path = temp.file("file", "x");
        for mode in [0o4755, 0o2755, 0o6711, 0o1644, 0o7777] {
            set_mode(&path, mode);
            assert_eq!(mode_of(&path), mode);
            file::copy(&*path, &*temp.join("new")).unwrap();
            assert_eq!(mode_of(&temp.join("new")), mode & 0o777);
            fs::remove_file(temp.join("new")).unwrap();
        }
    });
}

/// Gives a directory a default ACL of these permissions for owner, group and others. See acl(5).
#[cfg(target_os = "linux")]
pub(crate) fn set_default_acl(directory: &str, permissions: [u16; 3]) -> std::io::Result<()> {
    const VERSION: u32 = 2;
    const TAGS: [u16; 3] = [1, 4, 0x20];
    let mut acl = VERSION.to_le_bytes().to_vec();
    for (tag, permission) in TAGS.into_iter().zip(permissions) {
        acl.extend([&tag.to_le_bytes()[..], &permission.to_le_bytes(), &u32::MAX.to_le_bytes()].concat());
    }
    let (path, name) = (std::ffi::CString::new(directory).unwrap(), c"system.posix_acl_default");
    // SAFETY: the strings are NUL-terminated, and the value has this length.
    let result = unsafe { libc::setxattr(path.as_ptr(), name.as_ptr(), acl.as_ptr().cast(), acl.len(), 0) };
    if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

#[test]
#[cfg(target_os = "linux")]
fn copy_to_a_directory_with_a_default_acl_follows_the_acl() {
    let temp = TempDir::new();
    let path = temp.file("file", "x");
    for (name, permissions) in [("closed", [7, 5, 0]), ("open", [7, 7, 7]), ("private", [6, 0, 0])] {
        let directory = temp.mkdir(name);
        if let Err(error) = set_default_acl(&directory, permissions) {
            return report_cannot_run(&format!("a default ACL: set TMPDIR to a file system that has them ({error})"));
        }
        for mode in [0o644, 0o777, 0o600, 0o444] {
            let [new, created] = ["new", "created"].map(|what| format!("{directory}/{what}{mode}"));
            set_mode(&path, mode);
            file::copy(&*path, &*new).unwrap();
            fs::File::options().write(true).create_new(true).mode(mode).open(&created).unwrap();
            assert_eq!(mode_of(&new), mode_of(&created));
            let allowed = permissions.iter().fold(0, |mode, &bits| mode << 3 | u32::from(bits));
            assert_eq!(mode_of(&new), mode & allowed);
        }
    }
}

#[test]
fn copy_to_a_writable_file_of_another_user_keeps_owner_and_mode() {
    if !is_root() {
        return report_cannot_run("a file of another user: run the tests as root");
    }
    in_child(|temp| {
        let (path, old) = (temp.file("file", "new"), temp.file("old", "older content"));
        set_mode(&path, 0o644);
        set_mode(&old, 0o666);
        drop_root();
        file::copy(&*path, &*old).unwrap();
        assert_eq!(fs::read(&old).unwrap(), b"new");
        assert_eq!(mode_of(&old), 0o666);
        assert_eq!(fs::metadata(&old).unwrap().uid(), 0);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn copy_succeeds_where_a_sandbox_refuses_fchmod() {
    if is_emulated() {
        return report_not_in_an_emulator("a system call that is denied: an emulator makes other calls");
    }
    in_child(|temp| {
        let (path, old) = (temp.file("file", "new"), temp.file("old", "old"));
        set_mode(&path, 0o4751);
        set_umask(0);
        deny_syscall(libc::SYS_fchmod);
        file::copy(&*path, &*old).unwrap();
        file::copy(&*path, &*temp.join("new")).unwrap();
        assert_eq!(fs::read(&old).unwrap(), b"new");
        assert_eq!(fs::read(temp.join("new")).unwrap(), b"new");
        assert_eq!(mode_of(&temp.join("new")), 0o751);
    });
}
