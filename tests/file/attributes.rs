use super::*;

use ffi_syscalls::file::Kind;

#[test]
fn kind_of_every_type_is_that_of_lstat() {
    let temp = TempDir::new();
    let _listener = UnixListener::bind(temp.join("socket")).unwrap();
    for (path, wanted) in [
        (temp.file("file", ""), Kind::File),
        (temp.path().to_owned(), Kind::Directory),
        (temp.symlink("link", "file"), Kind::Symlink),
        (temp.symlink("dangling", "missing"), Kind::Symlink),
        (temp.symlink("loop", "loop"), Kind::Symlink),
        (temp.mkfifo("fifo"), Kind::Fifo),
        (temp.join("socket"), Kind::Socket),
        ("/dev/null".to_owned(), Kind::CharDevice),
    ] {
        assert_eq!(file::kind(&*path), Ok(wanted), "{path}");
    }
    assert_same_error(file::kind(&*temp.join("missing")), fs::symlink_metadata(temp.join("missing")));
    assert_same_error(file::kind(&*temp.join("file/")), fs::symlink_metadata(temp.join("file/")));
}

#[test]
#[cfg(target_os = "linux")]
fn kind_of_a_block_device_is_told() {
    in_child(|temp| {
        let point = temp.mkdir("mount");
        let quirks = Quirks { has_device: true, ..Quirks::default() };
        let _mounted = match FuseMount::new(&point, quirks) {
            Ok(mounted) => mounted,
            Err(reason) => return report_no_fuse(&reason),
        };
        let device = format!("{point}/device");
        assert!(fs::symlink_metadata(&device).unwrap().file_type().is_block_device());
        assert_eq!(file::kind(&*device), Ok(Kind::BlockDevice));
    });
}

#[test]
fn set_mode_and_mode_follow_links_and_pass_on_every_bit() {
    in_child(|temp| {
        set_umask(0o77);
        let (path, directory) = (temp.file("file", ""), temp.mkdir("directory"));
        let link = temp.symlink("link", "file");
        for mode in [0, 0o7, 0o644, 0o777, 0o1755, 0o2755, 0o4755, 0o7777, 0o600] {
            for path in [&path, &link, &directory] {
                file::set_mode(&**path, mode).unwrap();
                assert_eq!(fs::metadata(path).unwrap().mode() & 0o7777, mode);
                assert_eq!(file::mode(&**path), Ok(mode));
            }
        }
        for mode in [0o10000, 0o100_644, u32::MAX] {
            assert_eq!(file::set_mode(&*path, mode), Err(Errno::EINVAL));
        }
        assert_eq!(mode_of(&path), 0o600);
        let dangling = temp.symlink("dangling", "missing");
        assert_eq!(file::mode(&*dangling), Err(Errno::ENOENT));
        assert_eq!(file::set_mode(&*dangling, 0), Err(Errno::ENOENT));
        drop_root();
        assert_same_error(
            file::set_mode("/dev/null", 0o666),
            fs::set_permissions("/dev/null", fs::Permissions::from_mode(0o666)),
        );
    });
}

#[test]
fn set_modified_time_sets_it_alone() {
    let temp = TempDir::new();
    let (path, directory) = (temp.file("file", "content"), temp.mkdir("directory"));
    let link = temp.symlink("link", "file");
    for path in [&path, &directory, &link] {
        set_modified(path, 5, 6);
        for (seconds, nanoseconds) in [(0, 0), (-1, 999_999_999), (1_700_000_000, 123_456_789), (1 << 31, 1)] {
            file::set_modified_time(&**path, seconds, nanoseconds).unwrap();
            let status = fs::metadata(path).unwrap();
            assert_eq!((status.mtime(), status.mtime_nsec()), (seconds, i64::from(nanoseconds)));
            assert_eq!((status.atime(), status.atime_nsec()), (5, 6));
            assert_eq!(file::modified_time(&**path), Ok(seconds));
        }
        // The kernel takes the last two for "now" and "leave it".
        for nanoseconds in [1_000_000_000, u32::MAX, (1 << 30) - 1, (1 << 30) - 2] {
            assert_eq!(file::set_modified_time(&**path, 1, nanoseconds), Err(Errno::EINVAL));
        }
        assert_eq!(fs::metadata(path).unwrap().mtime(), 1 << 31);
    }
    assert_eq!(file::set_modified_time(&*temp.join("missing"), 0, 0), Err(Errno::ENOENT));
}

#[test]
fn sync_takes_files_and_directories_and_does_not_wait_for_a_fifo() {
    as_ordinary_user(|temp| {
        let path = temp.file("file", "content");
        for mode in [0o600, 0o400, 0o200] {
            set_mode(&path, mode);
            assert_eq!(file::sync(&*path), Ok(()), "{mode:o}");
        }
        set_mode(&path, 0);
        assert_eq!(file::sync(&*path), Err(Errno::EACCES));
        assert_eq!(file::sync(temp.path()), Ok(()));
        assert_eq!(file::sync(&*temp.mkfifo("fifo")), Err(Errno::EINVAL));
        assert_eq!(file::sync(&*temp.join("missing")), Err(Errno::ENOENT));
        let open = fs::File::open("/dev/null").unwrap();
        assert_same_error(file::sync("/dev/null"), open.sync_all());
    });
}
