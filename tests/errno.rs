//! Error numbers, names and texts, compared with libc.
#![expect(clippy::unwrap_used, reason = "a test stops at an unexpected result")]

use ffi_syscalls::Errno;

/// musl has no function for names, and other texts for some errors.
#[cfg(target_env = "gnu")]
mod glibc {
    use super::*;

    use core::ffi::{CStr, c_char, c_int};
    use std::io;

    unsafe extern "C" {
        /// Returns the symbolic name of an error number, a glibc extension.
        fn strerrorname_np(number: c_int) -> *const c_char;
    }

    fn libc_name(number: i32) -> Option<&'static str> {
        // SAFETY: the arguments are plain integers.
        let name = unsafe { strerrorname_np(number) };
        // SAFETY: a pointer that is not null points to a static NUL-terminated string.
        (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_str().unwrap())
    }

    #[test]
    fn errno_names_and_texts_match_glibc() {
        let mut named = 0;
        for number in 1..4096 {
            let errno = Errno::from_raw(number).unwrap();
            assert_eq!(errno.raw(), number);
            assert_eq!(errno.name(), libc_name(number), "{number}");
            if let Some(name) = errno.name() {
                let described = io::Error::from_raw_os_error(number).to_string();
                assert_eq!(format!("{} (os error {number})", errno.description()), described);
                assert_eq!(errno.to_string(), format!("{name}: {}", errno.description()));
                assert_eq!(errno.text().to_str().unwrap(), errno.to_string());
                assert_eq!(format!("{errno:?}"), name);
                named += 1;
            }
        }
        assert_eq!(named, 131);
    }
}

#[test]
fn errno_of_an_unknown_number_keeps_it() {
    for number in [41, 58, 134, 524, 4095] {
        let errno = Errno::from_raw(number).unwrap();
        assert_eq!(errno.text(), c"Unknown error");
        assert_eq!(errno.to_string(), format!("Unknown error {number}"));
        assert_eq!(format!("{errno:?}"), format!("Errno({number})"));
    }
}

#[test]
fn errno_from_raw_accepts_only_1_to_4095() {
    for number in [0, -1, 4096, 65_537, i32::MIN, i32::MAX] {
        assert_eq!(Errno::from_raw(number), None);
    }
}

#[test]
fn errno_constants_match_libc() {
    let pairs = [
        (Errno::EPERM, libc::EPERM),
        (Errno::ENOENT, libc::ENOENT),
        (Errno::EAGAIN, libc::EWOULDBLOCK),
        (Errno::EDEADLK, libc::EDEADLK),
        (Errno::ENAMETOOLONG, libc::ENAMETOOLONG),
        (Errno::EOPNOTSUPP, libc::ENOTSUP),
        (Errno::EHWPOISON, libc::EHWPOISON),
    ];
    for (errno, number) in pairs {
        assert_eq!(errno.raw(), number);
    }
}
