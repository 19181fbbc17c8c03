//! The user's directories. See the XDG Base Directory Specification.

use super::secure_exec::is_secure_exec;
use super::variables;
use crate::content::read_file;
use crate::errno::{Errno, Result};
use crate::fields::{fields, parse_decimal, without_last};
use crate::heap::Block;
use crate::sys;
use crate::text::Text;

/// Returns the user's home directory: `HOME` if it is absolute, otherwise the entry of /etc/passwd.
///
/// In secure-execution mode (set-user-ID and the like) `HOME` is not trusted, and the effective user counts. Name
/// services other than /etc/passwd (LDAP) are not used.
///
/// # Errors
/// `ENOENT` if neither has one; those of reading /etc/passwd.
pub fn home() -> Result<Text> {
    if let Some(home) = absolute_value(b"HOME")? {
        return Ok(home);
    }
    let user = if is_secure_exec() { sys::effective_user() } else { sys::real_user() };
    let passwd = read_file(c"/etc/passwd")?;
    let mut lines = fields(&passwd, b'\n');
    Text::new(lines.find_map(|line| home_in(line, user)).filter(|home| home.starts_with(b"/")).ok_or(Errno::ENOENT)?)
}

/// Returns the home directory in a line of /etc/passwd, if the line is this user's. See passwd(5).
fn home_in(line: &[u8], user: u32) -> Option<&[u8]> {
    // Comments, and the lines of NIS that add or remove users.
    if matches!(line.first(), Some(b'#' | b'+' | b'-')) {
        return None;
    }
    let mut fields = fields(line, b':');
    let id = fields.nth(2)?;
    let home = fields.nth(2)?;
    fields.next()?; // the shell, which may be empty
    (parse_decimal(id)? == u64::from(user)).then_some(home)
}

/// Returns the directory for temporary files: `TMPDIR` if it is absolute, otherwise /tmp.
///
/// In secure-execution mode (set-user-ID and the like) `TMPDIR` is not trusted.
///
/// # Errors
/// `ENOMEM`; `EAGAIN` if memory is locked ([Memory](crate#memory)).
///
/// ```
/// assert!(ffi_syscalls::env::temp_dir().unwrap().starts_with(b"/"));
/// ```
pub fn temp_dir() -> Result<Text> {
    absolute_value(b"TMPDIR")?.map_or_else(|| Text::new(b"/tmp"), Ok)
}

/// Returns the user's directory for data that can be computed again: `XDG_CACHE_HOME` if it is absolute, otherwise
/// .cache in the [home directory](home). It may not exist.
///
/// # Errors
/// Those of [`home`]: `ENOENT` if it is unknown.
///
/// ```
/// # if ffi_syscalls::env::home().is_ok() {
/// assert!(ffi_syscalls::env::cache_dir().unwrap().starts_with(b"/"));
/// # }
/// ```
pub fn cache_dir() -> Result<Text> {
    user_directory(b"XDG_CACHE_HOME", b"/.cache")
}

/// Returns the user's directory for configuration: `XDG_CONFIG_HOME` if it is absolute, otherwise .config in the
/// [home directory](home). It may not exist.
///
/// # Errors
/// Those of [`home`]: `ENOENT` if it is unknown.
///
/// ```
/// # if ffi_syscalls::env::home().is_ok() {
/// assert!(ffi_syscalls::env::config_dir().unwrap().starts_with(b"/"));
/// # }
/// ```
pub fn config_dir() -> Result<Text> {
    user_directory(b"XDG_CONFIG_HOME", b"/.config")
}

/// Returns the user's directory for data: `XDG_DATA_HOME` if it is absolute, otherwise .local/share in the
/// [home directory](home). It may not exist.
///
/// # Errors
/// Those of [`home`]: `ENOENT` if it is unknown.
///
/// ```
/// # if ffi_syscalls::env::home().is_ok() {
/// assert!(ffi_syscalls::env::data_dir().unwrap().starts_with(b"/"));
/// # }
/// ```
pub fn data_dir() -> Result<Text> {
    user_directory(b"XDG_DATA_HOME", b"/.local/share")
}

/// Returns the value of a variable if it is absolute, or a directory in the home directory.
fn user_directory(variable: &[u8], in_home: &[u8]) -> Result<Text> {
    if let Some(directory) = absolute_value(variable)? {
        return Ok(directory);
    }
    let home = home()?;
    let mut path = Block::new(home.len() + in_home.len() + 1)?;
    path.extend_from_slice(without_last(&home, b'/'))?;
    path.extend_from_slice(in_home)?;
    Text::from_block(path)
}

/// Returns the value of a variable that may be trusted and is an absolute path.
fn absolute_value(variable: &[u8]) -> Result<Option<Text>> {
    if is_secure_exec() {
        return Ok(None);
    }
    match variables::get(variable) {
        Ok(value) => Ok(Some(value).filter(|value| value.starts_with(b"/"))),
        Err(Errno::ENOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}
