use super::*;

type Write = fn(&str, &[u8]) -> ffi_syscalls::Result<()>;

const BOTH: [Write; 2] =
    [|path, content| file::write_text(path, content), |path, content| file::append_text(path, content)];

#[test]
fn write_text_replaces_the_old_content() {
    let temp = TempDir::new();
    let path = temp.join("file");
    for content in [random_bytes(100_000), b"short".to_vec(), vec![], random_bytes(3_000_000), b"\0\xff\0".to_vec()] {
        file::write_text(&*path, &content).unwrap();
        assert_same_bytes(&fs::read(&path).unwrap(), &content);
    }
}

#[test]
fn write_text_and_append_text_create_with_0666_less_umask_and_keep_an_existing_mode() {
    in_child(|temp| {
        for (umask, mode) in [(0, 0o666), (0o22, 0o644), (0o27, 0o640), (0o77, 0o600), (0o777, 0)] {
            set_umask(umask);
            for (name, write) in ["written", "appended"].into_iter().zip(BOTH) {
                let path = temp.join(&format!("{name}{umask}"));
                write(&path, b"x").unwrap();
                assert_eq!(mode_of(&path), mode);
            }
        }
        let path = temp.join("written18");
        set_mode(&path, 0o755);
        file::write_text(&*path, "y").unwrap();
        file::append_text(&*path, "z").unwrap();
        assert_eq!(mode_of(&path), 0o755);
        assert_eq!(fs::read(&path).unwrap(), b"yz");
    });
}

#[test]
fn write_text_and_append_text_follow_symlinks_and_keep_the_inode() {
    let temp = TempDir::new();
    let path = temp.file("file", "old");
    let inode = fs::metadata(&path).unwrap().ino();
    file::write_text(&*temp.symlink("link", "file"), "new").unwrap();
    file::append_text(&*temp.join("link"), "er").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"newer");
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    file::write_text(&*temp.symlink("dangling", "target"), "made").unwrap();
    assert_eq!(fs::read(temp.join("target")).unwrap(), b"made");
}

#[test]
fn write_text_and_append_text_to_a_full_device_fail_with_enospc() {
    assert_eq!(file::write_text("/dev/full", "x"), Err(Errno::ENOSPC));
    assert_eq!(file::append_text("/dev/full", "x"), Err(Errno::ENOSPC));
    assert_eq!(file::write_text("/dev/full", ""), Ok(()));
    assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
}

#[test]
fn write_text_and_append_text_over_the_file_size_limit_fail_with_efbig() {
    in_child(|temp| {
        set_signal_handler(libc::SIGXFSZ, libc::SIG_IGN, 0);
        set_soft_limit(libc::RLIMIT_FSIZE, 10_000);
        assert_eq!(file::write_text(&*temp.join("file"), random_bytes(20_000)), Err(Errno::EFBIG));
        assert_eq!(file::append_text(&*temp.join("file"), "x"), Err(Errno::EFBIG));
        assert_eq!(fs::metadata(temp.join("file")).unwrap().len(), 10_000);
    });
}

#[test]
fn write_text_and_append_text_to_a_directory_fail_with_eisdir() {
    let temp = TempDir::new();
    assert_eq!(file::write_text(temp.path(), "x"), Err(Errno::EISDIR));
    assert_eq!(file::append_text(temp.path(), "x"), Err(Errno::EISDIR));
    assert_same_error(file::write_text(&*temp.join("new/"), "x"), fs::write(temp.join("new/"), "x"));
    assert!(fs::read_dir(temp.path()).unwrap().next().is_none());
}

#[test]
fn write_text_and_append_text_without_permission_fail_with_eacces() {
    as_ordinary_user(|temp| {
        let path = temp.file("file", "old");
        set_mode(&path, 0o444);
        assert_eq!(file::write_text(&*path, "new"), Err(Errno::EACCES));
        assert_eq!(file::append_text(&*path, "new"), Err(Errno::EACCES));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        let directory = temp.mkdir("directory");
        set_mode(&directory, 0o555);
        assert_eq!(file::write_text(&*temp.join("directory/new"), "x"), Err(Errno::EACCES));
    });
}

#[test]
fn write_text_and_append_text_write_more_than_a_pipe_holds() {
    let temp = TempDir::new();
    let path = temp.mkfifo("fifo");
    let content = random_bytes(1 << 20);
    for write in BOTH {
        thread::scope(|scope| {
            let reader = scope.spawn(|| fs::read(&path).unwrap());
            write(&path, &content).unwrap();
            assert_same_bytes(&reader.join().unwrap(), &content);
        });
    }
}

#[test]
fn write_text_to_a_pipe_without_reader_fails_with_epipe() {
    let temp = TempDir::new();
    let path = temp.mkfifo("fifo");
    let content = random_bytes(1 << 20);
    // Rust's runtime ignores SIGPIPE, so the call fails instead of ending the process.
    thread::scope(|scope| {
        scope.spawn(|| fs::File::open(&path).unwrap().read_exact(&mut [0; 10]).unwrap());
        assert_eq!(file::write_text(&*path, &content), Err(Errno::EPIPE));
    });
}
