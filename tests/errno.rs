//! Error numbers, names and texts, against the libc's.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use ffi_syscalls::Errno;

/// musl has no names, and other words for some.
#[cfg(target_env = "gnu")]
mod glibc {
    use super::*;

    use core::ffi::{CStr, c_char, c_int};
    use std::io;

    unsafe extern "C" {
        /// The symbol of an error number, in glibc.
        fn strerrorname_np(number: c_int) -> *const c_char;
    }

    fn libc_name(number: i32) -> Option<&'static str> {
        // SAFETY: takes a number.
        let name = unsafe { strerrorname_np(number) };
        // SAFETY: a static text, if there is one.
        (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }.to_str().unwrap())
    }

    #[test]
    fn names_and_texts_are_the_libcs() {
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
fn unknown_numbers_pass_through() {
    for number in [41, 58, 134, 524, 4095] {
        let errno = Errno::from_raw(number).unwrap();
        assert_eq!(errno.text(), c"Unknown error");
        assert_eq!(errno.to_string(), format!("Unknown error {number}"));
        assert_eq!(format!("{errno:?}"), format!("Errno({number})"));
    }
}

#[test]
fn only_what_the_kernel_reports_is_an_errno() {
    for number in [0, -1, 4096, 65_537, i32::MIN, i32::MAX] {
        assert_eq!(Errno::from_raw(number), None);
    }
}

#[test]
fn the_constants_are_the_kernels() {
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
