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
mod secure_exec;
mod variables;
mod working_directory;

use crate::arg::Arg;
use crate::errno::Result;
use crate::list::List;
use crate::text::Text;

pub use directories::{cache_dir, config_dir, data_dir, home, temp_dir};
pub use program::{args, exe};
pub(crate) use secure_exec::is_secure_exec;
#[cfg(fuzzing_hooks)]
pub(crate) use variables::forget;
pub(crate) use variables::{EntriesOf, snapshot, value_in};
pub use working_directory::{cwd, set_cwd};

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
