use super::*;

fn owner_of(path: &str) -> (u32, u32) {
    let status = fs::metadata(path).unwrap();
    (status.uid(), status.gid())
}

#[test]
fn atomic_write_by_root_keeps_owner_group_and_mode() {
    if !is_root() {
        return report_cannot_run("files of other users: run the tests as root");
    }
    let temp = TempDir::new();
    let path = temp.file("file", "old");
    for (owner, mode) in [((NOBODY, 7), 0o640), ((7, NOBODY), 0o4755), ((0, 7), 0o2770), ((7, 0), 0o6711)] {
        std::os::unix::fs::chown(&path, Some(owner.0), Some(owner.1)).unwrap();
        set_mode(&path, mode);
        file::atomic_write(&*path, format!("{mode:o}")).unwrap();
        assert_eq!((owner_of(&path), mode_of(&path)), (owner, mode));
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{mode:o}"));
    }
}

#[test]
fn atomic_write_to_a_file_of_another_user_keeps_the_mode_without_the_rights_of_that_user() {
    if !is_root() {
        return report_cannot_run("files of other users: run the tests as root");
    }
    in_child(|temp| {
        let cases = [(0o644, 0o644), (0o4755, 0o755), (0o2755, 0o755), (0o6711, 0o711)];
        for (mode, _) in cases {
            set_mode(&temp.file(&format!("{mode:o}"), "old"), mode);
        }
        drop_root();
        for (mode, wanted) in cases {
            let path = temp.join(&format!("{mode:o}"));
            file::atomic_write(&*path, "new").unwrap();
            assert_eq!((owner_of(&path), mode_of(&path)), ((NOBODY, NOBODY), wanted), "{mode:o}");
            assert_eq!(fs::read(&path).unwrap(), b"new");
        }
    });
}

/// A group that the caller is in may be given to its file.
#[test]
fn atomic_write_keeps_a_group_of_the_caller() {
    if !is_root() {
        return report_cannot_run("files of other users: run the tests as root");
    }
    in_child(|temp| {
        let path = temp.file("file", "old");
        std::os::unix::fs::chown(&path, Some(0), Some(7)).unwrap();
        set_mode(&path, 0o6770);
        let group: libc::gid_t = 7;
        // SAFETY: the list has one group.
        checked(unsafe { libc::setgroups(1, &raw const group) });
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::setresgid(NOBODY, NOBODY, NOBODY) });
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) });
        file::atomic_write(&*path, "new").unwrap();
        assert_eq!((owner_of(&path), mode_of(&path)), ((NOBODY, 7), 0o2770));
    });
}
