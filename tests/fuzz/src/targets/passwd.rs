//! /etc/passwd, and `HOME`.

use std::ffi::CString;

use super::{with_kernel, without_nul};
use crate::env;
use crate::errno::Errno;
use crate::kernel::{self, File, Kernel};

/// The first line is the user's number, the second what `HOME` is (nothing: not set), the rest the file.
pub fn run(data: &[u8]) {
    let mut parts = data.splitn(3, |&byte| byte == b'\n');
    let user = parts.next().map(number).unwrap_or_default();
    let home = without_nul(parts.next().unwrap_or_default());
    let passwd = parts.next().unwrap_or_default();
    let mut kernel = Kernel { users: [user, user], ..Kernel::default() };
    kernel.files.insert(b"/etc/passwd".to_vec(), File::of(passwd));
    let variable = CString::new([b"HOME=".as_slice(), &home].concat()).unwrap_or_default();
    let variables = [if home.is_empty() { std::ptr::null() } else { variable.as_ptr() }, std::ptr::null()];
    kernel::set_environ(Some(variables.as_ptr()));
    let expected = if home.first() == Some(&b'/') { Some(home) } else { home_of(user, passwd) };
    with_kernel(kernel, || match env::home() {
        Ok(found) => assert_eq!(Some(found.as_bytes()), expected.as_deref()),
        Err(errno) => assert_eq!((errno, None), (Errno::ENOENT, expected.as_deref())),
    });
    kernel::set_environ(None);
    #[cfg(not(miri))]
    if let Some(by_libc) = libc::home_of(user, passwd) {
        assert_eq!(by_libc.filter(|home| home.starts_with(b"/")), home_of(user, passwd));
    }
}

fn number(digits: &[u8]) -> u32 {
    str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// What passwd(5) says: seven fields, of which the third is the user and the sixth the directory.
fn home_of(user: u32, passwd: &[u8]) -> Option<Vec<u8>> {
    let is_entry = |line: &&[u8]| !line.starts_with(b"#") && !line.starts_with(b"+") && !line.starts_with(b"-");
    let entries = passwd.split(|&byte| byte == b'\n').filter(is_entry);
    let fields = entries.map(|line| line.split(|&byte| byte == b':').collect::<Vec<_>>());
    let is_users = |fields: &Vec<&[u8]>| {
        let id = fields.get(2).filter(|id| id.iter().all(u8::is_ascii_digit)).and_then(|id| str::from_utf8(id).ok());
        // As large as one likes: what is no 64-bit number is no user's.
        fields.len() >= 7 && id.and_then(|id| id.parse::<u64>().ok()) == Some(user.into())
    };
    let home = fields.into_iter().find(|fields| is_users(fields))?.get(5)?.to_vec();
    home.starts_with(b"/").then_some(home)
}

/// What the libc reads in the same file, where all lines are what it and passwd(5) understand.
#[cfg(not(miri))]
mod libc {
    use crate::targets::lines;

    use std::ffi::CStr;

    use ::libc::{FILE, fclose, fmemopen, passwd};

    unsafe extern "C" {
        fn fgetpwent(file: *mut FILE) -> *mut passwd;
    }

    fn is_plain(line: &[u8]) -> bool {
        let fields: Vec<_> = line.split(|&byte| byte == b':').collect();
        let is_number = |field: &&[u8]| (1..10).contains(&field.len()) && field.iter().all(u8::is_ascii_digit);
        let is_named = line.first().is_some_and(u8::is_ascii_alphanumeric);
        let is_short = line.len() < 500;
        is_named && is_short && !line.contains(&0) && fields.len() == 7 && fields[2..4].iter().all(is_number)
    }

    /// The directory, if there is one for the user; nothing where the libc may differ.
    pub fn home_of(user: u32, content: &[u8]) -> Option<Option<Vec<u8>>> {
        let lines = lines(content);
        if lines.is_empty() || !lines.into_iter().all(is_plain) {
            return None;
        }
        let mut content = content.to_vec();
        // SAFETY: the buffer lives until the file is closed.
        let file = unsafe { fmemopen(content.as_mut_ptr().cast(), content.len(), c"r".as_ptr()) };
        let mut found = None;
        loop {
            // SAFETY: an open file.
            let entry = unsafe { fgetpwent(file) };
            // SAFETY: what the call returns is an entry until the next.
            let Some(entry) = (unsafe { entry.as_ref() }) else { break };
            if entry.pw_uid == user {
                // SAFETY: as above.
                found = Some(unsafe { CStr::from_ptr(entry.pw_dir) }.to_bytes().to_vec());
                break;
            }
        }
        // SAFETY: opened above.
        unsafe { fclose(file) };
        Some(found)
    }
}
