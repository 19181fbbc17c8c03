//! The C functions for the environment.

use core::ffi::c_char;

use super::convert::{CStrArg, into_c_pointer, into_c_text, with_args};
use crate::env;
use crate::text::Text;

/// Returns the working directory, absolute. ENOENT if it was removed, ENAMETOOLONG if its path has 4096 bytes or more.
/// Free the text with rt_free().
#[unsafe(no_mangle)]
pub extern "C" fn rt_env_cwd() -> *mut c_char {
    into_c_pointer(env::cwd().map(Text::into_raw)).cast()
}

/// Returns the value of a variable: "" if it is not set (rt_last_error() is ENOENT) or empty (0). Free the text with
/// rt_free(), "" included.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_env_get(key: *const c_char) -> *mut c_char {
    // SAFETY: C passes a string or NULL.
    into_c_text(unsafe { CStrArg::new(key) }.and_then(|key| env::get(key.get())))
}

/// Returns the user's home directory: HOME if it is absolute, otherwise the entry of /etc/passwd; "" if neither has
/// one. In secure-execution mode (set-user-ID) HOME is not trusted. Free the text with rt_free(), "" included.
#[unsafe(no_mangle)]
pub extern "C" fn rt_env_home() -> *mut c_char {
    into_c_text(env::home())
}

/// Sets a variable for rt_env_get() and the children of rt_process_run(), not for a libc's getenv(). EINVAL if the name
/// is empty or contains "=". The first call copies the environment: what setenv(3), putenv(3), unsetenv(3) or
/// clearenv(3) change later is not seen by rt_env_get() and the children of rt_process_run().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_env_set(key: *const c_char, value: *const c_char) -> bool {
    // SAFETY: C passes strings or NULL.
    unsafe { with_args(key, value, |key, value| env::set(key.get(), value.get())) }
}
