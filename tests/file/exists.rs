use super::*;

#[test]
fn exists_is_true_for_every_file_type_and_false_for_missing_paths() {
    let temp = TempDir::new();
    let found = temp.file("file", "");
    temp.mkfifo("fifo");
    temp.symlink("good", "file");
    temp.symlink("dangling", "missing");
    for path in [&found, temp.path(), &temp.join("fifo"), &temp.join("good"), "/", ".", "/proc/self/status"] {
        assert_eq!(file::exists(path), Ok(true), "{path}");
    }
    for name in ["missing", "missing/x", "file/x", "file/", "good/", "dangling", "dangling/"] {
        assert_eq!(file::exists(&*temp.join(name)), Ok(false), "{name}");
    }
    assert_eq!(file::exists(""), Ok(false));
}

#[test]
fn exists_accepts_str_bytes_cstr_and_text() {
    let temp = TempDir::new();
    let path = temp.file("file", "");
    let c_path = std::ffi::CString::new(&*path).unwrap();
    let text = ffi_syscalls::Text::new(path.as_bytes()).unwrap();
    assert_eq!(file::exists(path.as_bytes()), Ok(true));
    assert_eq!(file::exists(&*c_path), Ok(true));
    assert_eq!(file::exists(&text), Ok(true));
    assert_eq!(file::exists(b"/dev/null"), Ok(true));
    assert_eq!(file::exists(b"/dev/nulls"), Ok(false));
}

#[test]
fn exists_accepts_paths_that_are_not_utf8() {
    let temp = TempDir::new();
    let name = [temp.path().as_bytes(), b"/\xff\xfe\n"].concat();
    assert_eq!(file::exists(&*name), Ok(false));
    fs::write(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&name), "").unwrap();
    assert_eq!(file::exists(&*name), Ok(true));
}

#[test]
fn exists_of_a_symlink_loop_fails_with_eloop() {
    let temp = TempDir::new();
    let path = temp.symlink("loop", "loop");
    assert_eq!(file::exists(&*path), Err(Errno::ELOOP));
    assert_same_error(file::exists(&*path), fs::metadata(&path));
}

#[test]
fn exists_below_an_unsearchable_directory_fails_with_eacces() {
    as_ordinary_user(|temp| {
        let directory = temp.mkdir("closed");
        let path = temp.file("closed/file", "");
        set_mode(&directory, 0o600);
        assert_eq!(file::exists(&*path), Err(Errno::EACCES));
        assert_eq!(file::exists(&*temp.join("closed/missing")), Err(Errno::EACCES));
        set_mode(&directory, 0o700);
        assert_eq!(file::exists(&*path), Ok(true));
    });
}

#[test]
fn exists_checks_as_the_effective_user() {
    if !is_root() {
        report_cannot_run("a process whose real user has fewer rights than the effective one: run the tests as root");
        return;
    }
    in_child(|temp| {
        let directory = temp.mkdir("closed");
        let path = temp.file("closed/file", "");
        set_mode(&directory, 0o700);
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::setresuid(NOBODY, 0, 0) });
        let c_path = std::ffi::CString::new(&*path).unwrap();
        // SAFETY: the path is NUL-terminated.
        assert_eq!(unsafe { libc::access(c_path.as_ptr(), libc::F_OK) }, -1);
        assert_eq!(file::exists(&*path), Ok(true));
        assert_eq!(file::exists(&*temp.join("closed/missing")), Ok(false));
    });
}

#[test]
fn exists_of_a_path_with_nul_fails_with_einval() {
    assert_eq!(file::exists("/dev/null\0"), Err(Errno::EINVAL));
    assert_eq!(file::exists("\0"), Err(Errno::EINVAL));
    assert_eq!(file::exists(b"/dev\0/null"), Err(Errno::EINVAL));
}

#[test]
fn exists_of_a_path_over_4095_bytes_fails_with_enametoolong() {
    let temp = TempDir::new();
    let path = temp.file("file", "");
    assert_eq!(file::exists(&*path_of_length(&path, 4095)), Ok(true));
    for len in [4096, 4097, 10_000] {
        let long = path_of_length(&path, len);
        assert_eq!(file::exists(&*long), Err(Errno::ENAMETOOLONG));
        assert_eq!(file::exists(&*std::ffi::CString::new(long).unwrap()), Err(Errno::ENAMETOOLONG));
    }
    assert_eq!(file::exists(&*temp.join(&"x".repeat(255))), Ok(false));
    assert_eq!(file::exists(&*temp.join(&"x".repeat(256))), Err(Errno::ENAMETOOLONG));
}
