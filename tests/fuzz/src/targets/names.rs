//! The parts of paths, compared with those of std where both have the same rules.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{self, Path};

use crate::path::{absolute, basename, dirname, extension, join};

/// Input: two paths, with a newline between them.
pub fn run(data: &[u8]) {
    let mut paths = data.splitn(2, |&byte| byte == b'\n').map(|path| &path[..path.len().min(2000)]);
    let (first, second) = (paths.next().unwrap_or_default(), paths.next().unwrap_or_default());
    check_parts(first);
    check_parts(second);
    check_joined(first, second);
    check_absolute(&[b"/", first].concat());
}

fn of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn check_parts(path: &[u8]) {
    let (name, directory) = (basename(path), dirname(path));
    let theirs = of(path);
    let Some(last) = path.split(|&byte| byte == b'/').rfind(|name| !name.is_empty()) else {
        let expected: [&[u8]; 2] = if path.is_empty() { [b"", b"."] } else { [b"/", b"/"] };
        assert_eq!([name, directory], expected);
        return;
    };
    assert_eq!(name, last);
    // To std, a dot at the end is no name.
    if last == b"." {
        assert_eq!(extension(path), b"");
        return;
    }
    assert_eq!(extension(path), theirs.extension().unwrap_or_default().as_bytes(), "{theirs:?}");
    if last != b".." {
        assert_eq!(Some(name), theirs.file_name().map(OsStr::as_bytes), "{theirs:?}");
    }
    match theirs.parent() {
        Some(parent) if parent.as_os_str().is_empty() => assert_eq!(directory, b".", "{theirs:?}"),
        parent => assert_eq!(Some(of(directory)), parent),
    }
}

fn check_joined(base: &[u8], path: &[u8]) {
    let joined = join(base, path).unwrap_or_else(|errno| panic!("{errno:?}"));
    // std appends a slash for an empty path.
    let expected = if path.is_empty() { of(base).into() } else { of(base).join(of(path)) };
    assert_eq!(&*joined, expected.as_os_str().as_bytes());
}

fn check_absolute(path: &[u8]) {
    let found = absolute(path).unwrap_or_else(|errno| panic!("{errno:?}"));
    let expected = path::absolute(of(path)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(of(&found), expected);
    // The comparison of std takes these for the same as those without a dot, or with one slash.
    let mut names = found.split(|&byte| byte == b'/').skip(1);
    assert!(&*found == b"/" || names.all(|name| !matches!(name, b"" | b".")), "{:?}", of(&found));
}
