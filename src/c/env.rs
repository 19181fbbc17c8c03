//! The C functions for the environment.

use core::ffi::c_char;

use super::convert::{CStrArg, into_c_pointer, into_c_text, with_arg, with_args};
use crate::env;
use crate::list::List;
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

/// Removes a variable for rt_env_get() and the children of rt_process_run(), not for a libc's getenv(). A variable that
/// is not set is a success. EINVAL if the name is empty or contains "=".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_env_unset(key: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(key, |key| env::unset(key.get())) }
}

/// Lists all variables as "name=value", ended by NULL. One rt_free() frees the array and the strings.
#[unsafe(no_mangle)]
pub extern "C" fn rt_env_list() -> *mut *mut c_char {
    into_c_pointer(env::list().map(List::into_raw)).cast()
}

/// Lists the arguments that the program was started with, its name first, ended by NULL. NULL and ENOENT if only /proc
/// has them, with a libc other than glibc, and it is not mounted. One rt_free() frees the array and the strings.
#[unsafe(no_mangle)]
pub extern "C" fn rt_env_args() -> *mut *mut c_char {
    into_c_pointer(env::args().map(List::into_raw)).cast()
}

/// Sets the working directory of the process, of all its threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_env_set_cwd(path: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(path, |path| env::set_cwd(path.get())) }
}

/// Returns the path of the program's own file, absolute. ENOENT if it was removed. Free the text with rt_free().
#[unsafe(no_mangle)]
pub extern "C" fn rt_env_exe() -> *mut c_char {
    into_c_pointer(env::exe().map(Text::into_raw)).cast()
}

/// Returns the directory for temporary files: TMPDIR if it is absolute, otherwise /tmp. In secure-execution mode
/// (set-user-ID) TMPDIR is not trusted. Free the text with rt_free(), "" included.
#[unsafe(no_mangle)]
pub extern "C" fn rt_env_temp_dir() -> *mut c_char {
    into_c_text(env::temp_dir())
}

/// Returns the user's directory for data that can be computed again: XDG_CACHE_HOME if it is absolute, otherwise .cache
/// in the home directory; "" if that is unknown. It may not exist. Free the text with rt_free(), "" included.
#[unsafe(no_mangle)]
pub extern "C" fn rt_env_cache_dir() -> *mut c_char {
    into_c_text(env::cache_dir())
}

/// Returns the user's directory for configuration: XDG_CONFIG_HOME if it is absolute, otherwise .config in the home
/// directory; "" if that is unknown. It may not exist. Free the text with rt_free(), "" included.
#[unsafe(no_mangle)]
pub extern "C" fn rt_env_config_dir() -> *mut c_char {
    into_c_text(env::config_dir())
}

/// Returns the user's directory for data: XDG_DATA_HOME if it is absolute, otherwise .local/share in the home directory;
/// "" if that is unknown. It may not exist. Free the text with rt_free(), "" included.
#[unsafe(no_mangle)]
pub extern "C" fn rt_env_data_dir() -> *mut c_char {
    into_c_text(env::data_dir())
}
