use std::collections::HashSet;

use super::*;

#[test]
fn temp_in_creates_an_empty_private_file_with_the_prefix() {
    in_child(|temp| {
        set_umask(0);
        std::env::set_current_dir(temp.path()).unwrap();
        let directory = temp.mkdir("directory");
        for (place, start) in [
            (&*directory, format!("{directory}/prefix-")),
            (&*format!("{directory}/"), format!("{directory}/prefix-")),
            ("directory", "directory/prefix-".to_owned()),
            (".", "./prefix-".to_owned()),
        ] {
            let path = file::temp_in(place, "prefix-").unwrap();
            let path = path.to_str().unwrap();
            assert_eq!(path.strip_prefix(&start).map(str::len), Some(12), "{path}");
            assert!(path.is_ascii());
            assert_eq!((mode_of(path), fs::metadata(path).unwrap().len()), (0o600, 0));
        }
        let path = file::temp_in(&*directory, "").unwrap();
        assert!(fs::metadata(path.to_str().unwrap()).unwrap().is_file());
    });
}

#[test]
fn temp_uses_tmpdir_if_it_is_absolute() {
    in_child(|temp| {
        let directory = temp.mkdir("directory");
        std::env::set_current_dir(temp.path()).unwrap();
        for (value, wanted) in [(&*directory, &*directory), ("directory", "/tmp"), ("", "/tmp")] {
            ffi_syscalls::env::set("TMPDIR", value).unwrap();
            let path = file::temp("prefix-").unwrap();
            assert!(path.starts_with(format!("{wanted}/prefix-").as_bytes()), "{path} for {value:?}");
            fs::remove_file(path.to_str().unwrap()).unwrap();
        }
    });
}

#[test]
fn temp_in_fails_without_leaving_a_file() {
    as_ordinary_user(|temp| {
        let (path, fixed) = (temp.file("file", ""), temp.mkdir("fixed"));
        set_mode(&fixed, 0o555);
        for (directory, prefix, wanted) in [
            (temp.path(), "a/b", Errno::EINVAL),
            (temp.path(), "/", Errno::EINVAL),
            (temp.path(), "\0", Errno::EINVAL),
            (temp.path(), &*"x".repeat(244), Errno::ENAMETOOLONG),
            (&*temp.join("missing"), "x", Errno::ENOENT),
            ("", "x", Errno::ENOENT),
            (&*path, "x", Errno::ENOTDIR),
            (&*fixed, "x", Errno::EACCES),
            (&*path_of_length("/", 4090), "x", Errno::ENAMETOOLONG),
        ] {
            assert_eq!(file::temp_in(directory, prefix).unwrap_err(), wanted, "{directory} {prefix}");
        }
        atomic_write::assert_names(temp.path(), &["file", "fixed"]);
        file::temp_in(temp.path(), &*"x".repeat(243)).unwrap();
    });
}

/// Creates files in threads, and returns the number of different paths.
fn create_in_threads(directory: &str) -> usize {
    let threads = if is_emulated() { 2 } else { 8 };
    let paths: HashSet<String> = thread::scope(|scope| {
        let create = || (0..100).map(|_| file::temp_in(directory, "x").unwrap().to_string()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(create)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(paths.len(), threads * 100);
    paths.len()
}

#[test]
fn temp_in_by_many_threads_gives_each_its_own_file() {
    let temp = TempDir::new();
    let before = count_descriptors();
    let created = create_in_threads(temp.path());
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), created);
    assert!(count_descriptors() <= before + 8, "descriptors of other tests aside");
}

#[test]
#[cfg(target_os = "linux")]
fn temp_in_and_atomic_write_work_without_getrandom() {
    if is_emulated() {
        return report_not_in_an_emulator("a sandbox without getrandom(2)");
    }
    in_child(|temp| {
        deny_syscall(libc::SYS_getrandom);
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
        let created = create_in_threads(temp.path());
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), created);
        file::atomic_write(&*temp.join("file"), "content").unwrap();
        assert_eq!(fs::read(temp.join("file")).unwrap(), b"content");
    });
}
