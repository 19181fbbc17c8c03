use super::*;

type Write = fn(&str, &[u8]) -> ffi_syscalls::Result<()>;

const BOTH: [Write; 2] =
    [|path, content| file::write_text(path, content), |path, content| file::append_text(path, content)];

#[test]
fn any_content_replaces_what_was_there() {
    let place = Place::new();
    let path = place.at("file");
    for content in [noise(100_000), b"short".to_vec(), vec![], noise(3_000_000), b"\0\xff\0".to_vec()] {
        file::write_text(&*path, &content).unwrap();
        assert_same_bytes(&fs::read(&path).unwrap(), &content);
    }
}

#[test]
fn a_new_file_gets_0666_less_the_umask_and_an_old_one_keeps_its_mode() {
    in_child(|place| {
        for (umask, mode) in [(0, 0o666), (0o22, 0o644), (0o27, 0o640), (0o77, 0o600), (0o777, 0)] {
            set_umask(umask);
            for (name, write) in ["written", "appended"].into_iter().zip(BOTH) {
                let path = place.at(&format!("{name}{umask}"));
                write(&path, b"x").unwrap();
                assert_eq!(mode_of(&path), mode);
            }
        }
        let path = place.at("written18");
        set_mode(&path, 0o755);
        file::write_text(&*path, "y").unwrap();
        file::append_text(&*path, "z").unwrap();
        assert_eq!(mode_of(&path), 0o755);
        assert_eq!(fs::read(&path).unwrap(), b"yz");
    });
}

#[test]
fn follows_links_and_keeps_the_inode() {
    let place = Place::new();
    let path = place.file("file", "old");
    let inode = fs::metadata(&path).unwrap().ino();
    file::write_text(&*place.link("link", "file"), "new").unwrap();
    file::append_text(&*place.at("link"), "er").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"newer");
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    file::write_text(&*place.link("dangling", "target"), "made").unwrap();
    assert_eq!(fs::read(place.at("target")).unwrap(), b"made");
}

#[test]
fn a_full_device() {
    assert_eq!(file::write_text("/dev/full", "x"), Err(Errno::ENOSPC));
    assert_eq!(file::append_text("/dev/full", "x"), Err(Errno::ENOSPC));
    assert_eq!(file::write_text("/dev/full", ""), Ok(()));
    assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
}

#[test]
fn a_limit_on_the_size() {
    in_child(|place| {
        handle_signal(libc::SIGXFSZ, libc::SIG_IGN, 0);
        set_limit(libc::RLIMIT_FSIZE, 10_000);
        assert_eq!(file::write_text(&*place.at("file"), noise(20_000)), Err(Errno::EFBIG));
        assert_eq!(file::append_text(&*place.at("file"), "x"), Err(Errno::EFBIG));
        assert_eq!(fs::metadata(place.at("file")).unwrap().len(), 10_000);
    });
}

#[test]
fn a_directory() {
    let place = Place::new();
    assert_eq!(file::write_text(place.path(), "x"), Err(Errno::EISDIR));
    assert_eq!(file::append_text(place.path(), "x"), Err(Errno::EISDIR));
    assert_same_error(file::write_text(&*place.at("new/"), "x"), fs::write(place.at("new/"), "x"));
    assert!(fs::read_dir(place.path()).unwrap().next().is_none());
}

#[test]
fn a_file_that_may_not_be_written() {
    as_ordinary_user(|place| {
        let path = place.file("file", "old");
        set_mode(&path, 0o444);
        assert_eq!(file::write_text(&*path, "new"), Err(Errno::EACCES));
        assert_eq!(file::append_text(&*path, "new"), Err(Errno::EACCES));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        let directory = place.dir("directory");
        set_mode(&directory, 0o555);
        assert_eq!(file::write_text(&*place.at("directory/new"), "x"), Err(Errno::EACCES));
    });
}

#[test]
fn a_pipe_that_holds_less_than_the_content() {
    let place = Place::new();
    let path = place.fifo("fifo");
    let content = noise(1 << 20);
    for write in BOTH {
        thread::scope(|scope| {
            let reader = scope.spawn(|| fs::read(&path).unwrap());
            write(&path, &content).unwrap();
            assert_same_bytes(&reader.join().unwrap(), &content);
        });
    }
}

#[test]
fn a_pipe_whose_reader_has_gone() {
    let place = Place::new();
    let path = place.fifo("fifo");
    let content = noise(1 << 20);
    // Rust's runtime ignores SIGPIPE, so the call fails.
    thread::scope(|scope| {
        scope.spawn(|| fs::File::open(&path).unwrap().read_exact(&mut [0; 10]).unwrap());
        assert_eq!(file::write_text(&*path, &content), Err(Errno::EPIPE));
    });
}
