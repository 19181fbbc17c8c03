//! Finds the home directory, from `HOME` and from /etc/passwd.

use std::ffi::CString;

use super::{with_kernel, without_nul};
use crate::env;
use crate::errno::Errno;
use crate::kernel::{self, File, Kernel};

/// Input: a line with the user id, a line with the value of `HOME` (unset if empty), and the content of /etc/passwd.
pub fn run(data: &[u8]) {
    let mut parts = data.splitn(3, |&byte| byte == b'\n');
    let user = parts.next().map(number).unwrap_or_default();
    let home = without_nul(parts.next().unwrap_or_default());
    let passwd = parts.next().unwrap_or_default();
    let mut kernel = Kernel { users: [user, user], ..Kernel::default() };
    kernel.files.insert(b"/etc/passwd".to_vec(), File::of(passwd));
    let variable = CString::new([b"HOME=".as_slice(), &home].concat()).unwrap_or_default();
    let variables = [if home.is_empty() { std::ptr::null() } else { variable.as_ptr() }, std::ptr::null()];
    kernel::arch::set_environ(Some(variables.as_ptr()));
    let expected = if home.first() == Some(&b'/') { Some(home) } else { home_of(user, passwd) };
    with_kernel(kernel, || match env::home() {
        Ok(found) => assert_eq!(Some(found.as_bytes()), expected.as_deref()),
        Err(errno) => assert_eq!((errno, None), (Errno::ENOENT, expected.as_deref())),
    });
    kernel::arch::set_environ(None);
    #[cfg(not(miri))]
    if let Some(by_libc) = libc::home_of(user, passwd) {
        assert_eq!(by_libc.filter(|home| home.starts_with(b"/")), home_of(user, passwd));
    }
}

fn number(digits: &[u8]) -> u32 {
    str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// Returns the home directory by passwd(5): of seven fields, the third is the user id and the sixth the directory.
fn home_of(user: u32, passwd: &[u8]) -> Option<Vec<u8>> {
    let is_entry = |line: &&[u8]| !line.starts_with(b"#") && !line.starts_with(b"+") && !line.starts_with(b"-");
    let entries = passwd.split(|&byte| byte == b'\n').filter(is_entry);
    let fields = entries.map(|line| line.split(|&byte| byte == b':').collect::<Vec<_>>());
    let is_users = |fields: &Vec<&[u8]>| {
        let id = fields.get(2).filter(|id| id.iter().all(u8::is_ascii_digit)).and_then(|id| str::from_utf8(id).ok());
        // An id may have any number of digits. One that exceeds 64 bits belongs to no user.
        fields.len() >= 7 && id.and_then(|id| id.parse::<u64>().ok()) == Some(user.into())
    };
    let home = fields.into_iter().find(|fields| is_users(fields))?.get(5)?.to_vec();
    home.starts_with(b"/").then_some(home)
}

/// Reads the same file with the libc, if all its lines have the form that passwd(5) describes.
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

    /// Returns the user's directory, if there is one. Returns `None` if the libc may differ from passwd(5).
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
            // SAFETY: the file is open.
            let entry = unsafe { fgetpwent(file) };
            // SAFETY: the pointer is null, or an entry that is valid until the next call.
            let Some(entry) = (unsafe { entry.as_ref() }) else { break };
            if entry.pw_uid == user {
                // SAFETY: the entry is valid, and its directory is a C string.
                found = Some(unsafe { CStr::from_ptr(entry.pw_dir) }.to_bytes().to_vec());
                break;
            }
        }
        // SAFETY: the file is open, and is not used again.
        unsafe { fclose(file) };
        Some(found)
    }
}
