//! The C functions for directories.

use core::ffi::c_char;

use super::convert::{CStrArg, into_c_pointer, temp_path, with_arg};
use crate::dir;
use crate::list::List;

/// Creates a directory (0777 less the umask). With recursive it creates missing parents too, whose owner gets write and
/// search permission even if the umask takes them, and an existing directory is a success; without, EEXIST.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_dir_create(path: *const c_char, recursive: bool) -> bool {
    let operation: fn(CStrArg<'_>) -> _ =
        if recursive { |path| dir::create(path.get(), true) } else { |path| dir::create(path.get(), false) };
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(path, operation) }
}

/// Returns whether the path leads to a directory, directly or by links. When it is false, rt_last_error() tells whether
/// that is certain (ENOENT, ENOTDIR) or unknown (EACCES, ELOOP, EIO).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_dir_exists(path: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(path, |path| dir::check_exists(path.get())) }
}

/// Removes an empty directory. ENOTEMPTY if it has entries, ENOENT if it is missing, ENOTDIR for anything else, a link
/// to a directory included.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_dir_remove(path: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(path, |path| dir::remove(path.get())) }
}

/// Removes a file, or a directory with everything in it. Symbolic links are removed and never followed, not even one
/// that takes the place of a directory meanwhile. It removes all that it can and reports the first error. ENOENT if
/// nothing is there; EINVAL for "/" and for a path that ends in "." or ".."; EBUSY for a mount point, whose content stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_dir_remove_all(path: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(path, |path| dir::remove_all(path.get())) }
}

/// Lists the names in a directory, without "." and "..", in the kernel's order, ended by NULL; rt_len() returns their
/// number. One rt_free() frees the array and the names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_dir_list(path: *const c_char) -> *mut *mut c_char {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    into_c_pointer(path.and_then(|path| dir::list(path.get())).map(List::into_raw)).cast()
}

/// Creates a directory with a new name, and returns its path: the parent, the prefix, and 12 random letters and digits. Only
/// its owner may use it (0700 less the umask). The parent NULL is TMPDIR if that is absolute, otherwise /tmp; in
/// secure-execution mode (set-user-ID) always /tmp. EINVAL for a prefix with a slash. Free the text with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_dir_temp(directory: *const c_char, prefix: *const c_char) -> *mut c_char {
    // SAFETY: C passes strings or NULL.
    unsafe {
        temp_path(
            directory,
            prefix,
            |prefix| dir::temp(prefix.get()),
            |directory, prefix| dir::temp_in(directory.get(), prefix.get()),
        )
    }
}

/// Lists everything below a directory that is not a directory: the given path and the way down, in the order of one
/// depth-first pass, links not followed. The list ends with NULL; rt_len() returns its length. An unreadable directory
/// fails the whole call. One rt_free() frees the array and the paths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_dir_walk(path: *const c_char) -> *mut *mut c_char {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    into_c_pointer(path.and_then(|path| dir::walk(path.get())).map(List::into_raw)).cast()
}
