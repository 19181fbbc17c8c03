//! The conversions from and to the types of std.

#![expect(clippy::unwrap_used, reason = "a test stops at an unexpected result")]

mod support;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use ffi_syscalls::file::FileLock;
use ffi_syscalls::{Errno, dir, env, file};

use support::TempDir;

#[test]
fn errno_becomes_an_io_error_of_the_same_number_and_back() {
    for number in 1..=133 {
        let errno = Errno::from_raw(number).unwrap();
        let error = io::Error::from(errno);
        assert_eq!(error.raw_os_error(), Some(number));
        assert_eq!(error.kind(), io::Error::from_raw_os_error(number).kind());
        assert_eq!(Errno::try_from(error).unwrap(), errno);
    }
}

#[test]
fn an_io_error_without_a_number_stays_what_it_is() {
    for error in
        [io::Error::other("mine"), io::Error::from(io::ErrorKind::NotFound), io::Error::from_raw_os_error(5000)]
    {
        let text = error.to_string();
        assert_eq!(Errno::try_from(error).unwrap_err().to_string(), text);
    }
}

fn with_question_mark(path: &Path) -> io::Result<i64> {
    Ok(file::size(path)?)
}

#[test]
fn paths_and_names_of_std_are_arguments() {
    let temp = TempDir::new();
    let name = OsString::from_vec(b"not UTF-8: \xff".to_vec());
    let path: PathBuf = Path::new(temp.path()).join(&name);
    file::write_text(&path, "content").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"content");
    assert_eq!(with_question_mark(&path).unwrap(), 7);
    assert_eq!(with_question_mark(Path::new("/no/such/file")).unwrap_err().kind(), io::ErrorKind::NotFound);
    let os_string = path.clone().into_os_string();
    let sizes = [
        file::size(path.as_path()),
        file::size(path.clone()),
        file::size(path.as_os_str()),
        file::size(&os_string),
        file::size(os_string),
    ];
    assert_eq!(sizes, [Ok(7); 5]);
    let text = format!("{}/text", temp.path());
    file::write_text(&text, text.clone()).unwrap();
    assert_eq!(file::size(text.clone()), Ok(i64::try_from(text.len()).unwrap()));
    assert_eq!(file::size(OsStr::new("with\0NUL")), Err(Errno::EINVAL));
    let names = dir::list(temp.path()).unwrap();
    let mut names: Vec<_> = names.os_strs().collect();
    names.sort_unstable();
    assert_eq!(names, [name.as_os_str(), OsStr::new("text")]);
}

#[test]
fn texts_are_viewed_as_names_and_paths() {
    let cwd = env::cwd().unwrap();
    assert_eq!(cwd.as_path(), std::env::current_dir().unwrap());
    assert_eq!(cwd.as_os_str().as_bytes(), cwd.as_bytes());
    assert!(fs::metadata(cwd.as_path()).unwrap().is_dir());
}

#[test]
fn a_lock_gives_and_takes_its_descriptor() {
    let temp = TempDir::new();
    let path = temp.join("lock");
    let lock = file::lock(&path).unwrap();
    let number = lock.as_fd().as_raw_fd();
    let fd = OwnedFd::from(lock);
    assert_eq!(fd.as_raw_fd(), number);
    assert_eq!(file::lock(&path).unwrap_err(), Errno::EAGAIN);
    FileLock::from(fd).unlock().unwrap();
    file::lock(&path).unwrap();
}
