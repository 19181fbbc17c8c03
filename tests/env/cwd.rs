use super::*;

#[test]
fn cwd_matches_std() {
    assert_eq!(env::cwd().unwrap(), std::env::current_dir().unwrap().as_os_str().as_bytes());
}

#[test]
fn cwd_follows_chdir_and_rename() {
    in_child(|temp| {
        let real = fs::canonicalize(temp.path()).unwrap();
        std::env::set_current_dir("/").unwrap();
        assert_eq!(env::cwd().unwrap(), "/");
        temp.mkdir("directory \n\u{fc}");
        temp.symlink("link", "directory \n\u{fc}");
        // The path is that of the directory, not of the link, and does not depend on PWD.
        env::set("PWD", "/somewhere").unwrap();
        std::env::set_current_dir(temp.join("link")).unwrap();
        assert_eq!(env::cwd().unwrap(), real.join("directory \n\u{fc}").as_os_str().as_bytes());
        fs::rename(temp.join("directory \n\u{fc}"), temp.join("renamed")).unwrap();
        assert_eq!(env::cwd().unwrap(), real.join("renamed").as_os_str().as_bytes());
    });
}

#[test]
fn cwd_of_a_removed_directory_fails_with_enoent() {
    in_child(|temp| {
        std::env::set_current_dir(temp.mkdir("directory")).unwrap();
        fs::remove_dir(temp.join("directory")).unwrap();
        assert_eq!(env::cwd().unwrap_err(), Errno::ENOENT);
        assert_eq!(support::errno_of(std::env::current_dir()), Some(libc::ENOENT));
    });
}

#[test]
fn cwd_over_4095_bytes_fails_with_enametoolong() {
    in_child(|temp| {
        let top = fs::canonicalize(temp.path()).unwrap();
        std::env::set_current_dir(&top).unwrap();
        let mut len = top.as_os_str().len();
        let enter = |name: &str| {
            fs::create_dir(name).unwrap();
            std::env::set_current_dir(name).unwrap();
        };
        while 4095 - len > 256 {
            enter(&"d".repeat(200));
            len += 201;
        }
        enter(&"e".repeat(4095 - len - 1));
        let cwd = env::cwd().unwrap();
        assert_eq!(cwd.len(), 4095);
        assert!(cwd.starts_with(top.as_os_str().as_bytes()));
        enter("g");
        assert_eq!(env::cwd().unwrap_err(), Errno::ENAMETOOLONG);
    });
}

#[test]
fn cwd_outside_the_root_directory_fails_with_enoent() {
    if !is_root() {
        report_cannot_run("a working directory outside the root directory: run the tests as root");
        return;
    }
    in_child(|temp| {
        std::env::set_current_dir("/").unwrap();
        std::os::unix::fs::chroot(temp.path()).unwrap();
        assert_eq!(env::cwd().unwrap_err(), Errno::ENOENT);
        std::env::set_current_dir("/usr").unwrap_err();
    });
}
