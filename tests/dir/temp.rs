use super::*;

#[test]
fn temp_in_creates_an_empty_private_directory_with_the_prefix() {
    in_child(|temp| {
        set_umask(0);
        let mut paths = BTreeSet::new();
        for _ in 0..100 {
            let path = dir::temp_in(temp.path(), "prefix-").unwrap();
            let path = path.to_str().unwrap();
            let start = format!("{}/prefix-", temp.path());
            assert_eq!(path.strip_prefix(&start).map(str::len), Some(12), "{path}");
            assert_eq!((mode_of(path), fs::read_dir(path).unwrap().count()), (0o700, 0));
            paths.insert(path.to_owned());
        }
        assert_eq!((paths.len(), fs::read_dir(temp.path()).unwrap().count()), (100, 100));
    });
}

#[test]
fn temp_uses_tmpdir_if_it_is_absolute() {
    in_child(|temp| {
        for (value, wanted) in [(temp.path(), temp.path()), ("directory", "/tmp"), ("", "/tmp")] {
            ffi_syscalls::env::set("TMPDIR", value).unwrap();
            let path = dir::temp("prefix-").unwrap();
            assert!(path.starts_with(format!("{wanted}/prefix-").as_bytes()), "{path} for {value:?}");
            fs::remove_dir(path.to_str().unwrap()).unwrap();
        }
    });
}

#[test]
fn temp_in_fails_without_leaving_a_directory() {
    as_ordinary_user(|temp| {
        let fixed = temp.join("fixed");
        fs::create_dir(&fixed).unwrap();
        set_mode(&fixed, 0o555);
        for (directory, prefix, wanted) in [
            (temp.path(), "a/b", Errno::EINVAL),
            (temp.path(), "\0", Errno::EINVAL),
            (temp.path(), &*"x".repeat(244), Errno::ENAMETOOLONG),
            (&*temp.join("missing"), "x", Errno::ENOENT),
            ("", "x", Errno::ENOENT),
            (&*fixed, "x", Errno::EACCES),
        ] {
            assert_eq!(dir::temp_in(directory, prefix).unwrap_err(), wanted, "{directory} {prefix}");
        }
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
    });
}
