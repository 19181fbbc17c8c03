use super::*;

#[test]
fn set_cwd_changes_the_directory_of_the_process() {
    in_child(|temp| {
        let target = fs::canonicalize(temp.mkdir("directory")).unwrap();
        temp.symlink("link", "directory");
        env::set_cwd(&*temp.join("link")).unwrap();
        assert_eq!(std::env::current_dir().unwrap(), target);
        assert_eq!(env::cwd().unwrap(), target.as_os_str().as_bytes());
        env::set_cwd("..").unwrap();
        assert_eq!(std::env::current_dir().unwrap(), target.parent().unwrap());
        let seen = thread::spawn(|| env::cwd().unwrap().to_vec()).join().unwrap();
        assert_eq!(seen, target.parent().unwrap().as_os_str().as_bytes());
    });
}

#[test]
fn set_cwd_fails_as_std_does_and_changes_nothing() {
    in_child(|temp| {
        temp.file("file", b"");
        let before = std::env::current_dir().unwrap();
        let long = "x/".repeat(3000);
        for path in [&*temp.join("none"), &*temp.join("file"), "", &*long] {
            support::assert_same_error(env::set_cwd(path), std::env::set_current_dir(path));
        }
        assert_eq!(env::set_cwd("a\0b"), Err(Errno::EINVAL));
        assert_eq!(std::env::current_dir().unwrap(), before);
    });
}

#[test]
fn set_cwd_to_a_directory_that_may_not_be_searched_fails_with_eacces() {
    as_ordinary_user(|temp| {
        set_mode(&temp.mkdir("locked"), 0o000);
        assert_eq!(env::set_cwd(&*temp.join("locked")), Err(Errno::EACCES));
    });
}
