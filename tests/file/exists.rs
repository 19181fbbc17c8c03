use super::*;

#[test]
fn tells_what_is_there_from_what_is_not() {
    let place = Place::new();
    let found = place.file("file", "");
    place.fifo("fifo");
    place.link("good", "file");
    place.link("dangling", "missing");
    for path in [&found, place.path(), &place.at("fifo"), &place.at("good"), "/", ".", "/proc/self/status"] {
        assert_eq!(file::exists(path), Ok(true), "{path}");
    }
    for name in ["missing", "missing/x", "file/x", "file/", "good/", "dangling", "dangling/"] {
        assert_eq!(file::exists(&*place.at(name)), Ok(false), "{name}");
    }
    assert_eq!(file::exists(""), Ok(false));
}

#[test]
fn takes_every_form_of_path() {
    let place = Place::new();
    let path = place.file("file", "");
    let c_path = std::ffi::CString::new(&*path).unwrap();
    let text = ffi_syscalls::Text::new(path.as_bytes()).unwrap();
    assert_eq!(file::exists(path.as_bytes()), Ok(true));
    assert_eq!(file::exists(&*c_path), Ok(true));
    assert_eq!(file::exists(&text), Ok(true));
    assert_eq!(file::exists(b"/dev/null"), Ok(true));
    assert_eq!(file::exists(b"/dev/nulls"), Ok(false));
}

#[test]
fn takes_paths_that_are_not_utf8() {
    let place = Place::new();
    let name = [place.path().as_bytes(), b"/\xff\xfe\n"].concat();
    assert_eq!(file::exists(&*name), Ok(false));
    fs::write(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&name), "").unwrap();
    assert_eq!(file::exists(&*name), Ok(true));
}

#[test]
fn a_loop_leaves_it_unknown() {
    let place = Place::new();
    let path = place.link("loop", "loop");
    assert_eq!(file::exists(&*path), Err(Errno::ELOOP));
    assert_same_error(file::exists(&*path), fs::metadata(&path));
}

#[test]
fn a_directory_that_may_not_be_searched_leaves_it_unknown() {
    as_ordinary_user(|place| {
        let directory = place.dir("closed");
        let path = place.file("closed/file", "");
        set_mode(&directory, 0o600);
        assert_eq!(file::exists(&*path), Err(Errno::EACCES));
        assert_eq!(file::exists(&*place.at("closed/missing")), Err(Errno::EACCES));
        set_mode(&directory, 0o700);
        assert_eq!(file::exists(&*path), Ok(true));
    });
}

#[test]
fn counts_the_effective_user_and_not_the_real_one() {
    if !is_root() {
        loudly("a process whose real user has fewer rights than its effective one needs root");
        return;
    }
    in_child(|place| {
        let directory = place.dir("closed");
        let path = place.file("closed/file", "");
        set_mode(&directory, 0o700);
        // SAFETY: it takes numbers.
        checked(unsafe { libc::setresuid(NOBODY, 0, 0) });
        let c_path = std::ffi::CString::new(&*path).unwrap();
        // SAFETY: the path is NUL-terminated.
        assert_eq!(unsafe { libc::access(c_path.as_ptr(), libc::F_OK) }, -1);
        assert_eq!(file::exists(&*path), Ok(true));
        assert_eq!(file::exists(&*place.at("closed/missing")), Ok(false));
    });
}

#[test]
fn nul_in_a_path_is_invalid() {
    assert_eq!(file::exists("/dev/null\0"), Err(Errno::EINVAL));
    assert_eq!(file::exists("\0"), Err(Errno::EINVAL));
    assert_eq!(file::exists(b"/dev\0/null"), Err(Errno::EINVAL));
}

#[test]
fn a_path_has_4095_bytes_at_most() {
    let place = Place::new();
    let path = place.file("file", "");
    assert_eq!(file::exists(&*stretched(&path, 4095)), Ok(true));
    for len in [4096, 4097, 10_000] {
        let long = stretched(&path, len);
        assert_eq!(file::exists(&*long), Err(Errno::ENAMETOOLONG));
        assert_eq!(file::exists(&*std::ffi::CString::new(long).unwrap()), Err(Errno::ENAMETOOLONG));
    }
    assert_eq!(file::exists(&*place.at(&"x".repeat(255))), Ok(false));
    assert_eq!(file::exists(&*place.at(&"x".repeat(256))), Err(Errno::ENAMETOOLONG));
}
