//! The environment: working directory, variables, arguments, and the user's directories.
//!
//! Variables come from where the program got them: in a freestanding program from the entry stack, in one with a libc
//! from the libc's `environ`, otherwise from /proc/self/environ. The first [`set`] copies them into a table of the
//! library's own, which from then on [`get`] and the programs of [`crate::process::run`] and [`crate::process::exec`]
//! see. A libc's `getenv` and the children of its `system` do not see it. In turn, what a libc's `setenv`, `putenv`,
//! `unsetenv` or `clearenv` changes before the first [`set`] is seen here, and what they change afterwards is not.
//!
//! Any thread may call any function at any time. The caller must only exclude a libc's `setenv` and the like until the
//! first [`set`] has returned; `run` and `exec` read the environment, too.

mod directories;
mod program;
mod variables;

use core::mem::MaybeUninit;
use core::sync::atomic::AtomicU8;
use core::sync::atomic::Ordering::Relaxed;

use crate::arg::{Arg, PATH_MAX};
use crate::content::read_file;
use crate::errno::{Errno, Result};
use crate::fields::{fields, parse_decimal};
use crate::list::List;
use crate::sys;
use crate::text::Text;

pub use directories::{cache_dir, config_dir, data_dir, temp_dir};
pub use program::{args, exe};
#[cfg(fuzzing_hooks)]
pub(crate) use variables::forget;
pub(crate) use variables::{EntriesOf, snapshot, value_in};

/// Returns the working directory, absolute.
///
/// # Errors
/// Those of getcwd(2): `ENOENT` if it was removed, or lies outside the root directory; `ENAMETOOLONG` if its path has
/// 4096 bytes or more.
pub fn cwd() -> Result<Text> {
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    let len = sys::getcwd(&mut buffer)?;
    // SAFETY: the call initialized this many bytes, of which the last is a NUL.
    let path = unsafe { buffer.get(..len.saturating_sub(1)).unwrap_or_default().assume_init_ref() };
    // A directory outside the root directory gets a text such as "(unreachable)/tmp".
    if path.starts_with(b"/") { Text::new(path) } else { Err(Errno::ENOENT) }
}

/// Returns the value of a variable; the first one if there are several.
///
/// # Errors
/// `ENOENT` if it is not set, which no variable with an empty name or with `=` in its name can be. `ENOMEM`; `EAGAIN`
/// if memory is locked ([Memory](crate#memory)). Those of reading /proc/self/environ, in a process that has no other
/// environment.
pub fn get(name: impl Arg) -> Result<Text> {
    variables::get(name.bytes())
}

/// Sets a variable for [`get`] and for the programs of [`crate::process::run`] and [`crate::process::exec`].
///
/// # Errors
/// `EINVAL` if the name is empty or contains `=`, or either contains a NUL byte. `ENOMEM`, or `EAGAIN` if
/// memory is locked ([Memory](crate#memory)); then nothing has changed.
pub fn set(name: impl Arg, value: impl Arg) -> Result<()> {
    variables::set(name.bytes(), value.bytes())
}

/// Removes a variable for [`get`] and for the programs of [`crate::process::run`] and [`crate::process::exec`].
///
/// A variable that is not set is a success.
///
/// # Errors
/// `EINVAL` if the name is empty or contains `=` or a NUL byte. `ENOMEM`, or `EAGAIN` if memory is locked
/// ([Memory](crate#memory)); then nothing has changed.
///
/// ```
/// use ffi_syscalls::{Errno, env};
///
/// env::set("EXAMPLE", "value").unwrap();
/// env::unset("EXAMPLE").unwrap();
/// assert_eq!(env::get("EXAMPLE"), Err(Errno::ENOENT));
/// ```
pub fn unset(name: impl Arg) -> Result<()> {
    variables::unset(name.bytes())
}

/// Returns all variables, each as `name=value`, in the order of the environment.
///
/// # Errors
/// `ENOMEM`; `EAGAIN` if memory is locked ([Memory](crate#memory)). Those of reading /proc/self/environ, in a process
/// that has no other environment.
///
/// ```
/// use ffi_syscalls::env;
///
/// env::set("EXAMPLE", "value").unwrap();
/// assert!(env::list().unwrap().iter().any(|variable| variable == c"EXAMPLE=value"));
/// ```
pub fn list() -> Result<List> {
    snapshot()
}

/// Sets the working directory of the process, of all its threads.
///
/// # Errors
/// Those of chdir(2): `ENOENT`, `ENOTDIR`, `EACCES`.
///
/// ```
/// use ffi_syscalls::env;
///
/// env::set_cwd("/").unwrap();
/// assert_eq!(env::cwd().unwrap(), "/");
/// ```
pub fn set_cwd(path: impl Arg) -> Result<()> {
    path.with_c_str(sys::chdir)
}

/// Returns the user's home directory: `HOME` if it is absolute, otherwise the entry of /etc/passwd.
///
/// In secure-execution mode (set-user-ID and the like) `HOME` is not trusted, and the effective user counts. Name
/// services other than /etc/passwd (LDAP) are not used.
///
/// # Errors
/// `ENOENT` if neither has one; those of reading /etc/passwd.
pub fn home() -> Result<Text> {
    if let Some(home) = directories::absolute_value(b"HOME")? {
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

/// Returns whether the program was started in secure-execution mode. It is decided once, since a program can drop its
/// privileges later.
pub(crate) fn is_secure_exec() -> bool {
    const NO: u8 = 1;
    const YES: u8 = 2;
    static DECIDED: AtomicU8 = AtomicU8::new(0);
    match DECIDED.load(Relaxed) {
        0 => {
            let secure = sys::is_secure_exec();
            DECIDED.store(if secure { YES } else { NO }, Relaxed);
            secure
        }
        decided => decided == YES,
    }
}
