//! The C functions for files.

use core::ffi::c_char;
use core::time::Duration;

use super::convert::{CStrArg, into_c, into_c_bool, into_c_pointer, number_with_arg, with_arg, with_args};
use crate::errno::{Errno, Result};
use crate::file;
use crate::text::Text;

/// Returns whether the path resolves; a dangling symbolic link does not. When it is false, rt_last_error() tells
/// whether that is certain (ENOENT, ENOTDIR) or unknown (EACCES, ELOOP, EIO).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_exists(path: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(path, |path| file::check_exists(path.get())) }
}

/// Reads a file to its end, whatever size it claims. rt_len() returns the length, which counts NUL bytes of the
/// content. Free the text with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_read_text(path: *const c_char) -> *mut c_char {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    into_c_pointer(path.and_then(|path| file::read_text(path.get())).map(Text::into_raw)).cast()
}

/// Replaces the content of a file, which is created if missing (0666 less the umask). The old content is gone before
/// the new one is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_write_text(path: *const c_char, content: *const c_char) -> bool {
    // SAFETY: C passes strings or NULL.
    unsafe { with_args(path, content, |path, content| file::write_text(path.get(), content.get().to_bytes())) }
}

/// Appends to a file, which is created if missing (0666 less the umask).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_append_text(path: *const c_char, content: *const c_char) -> bool {
    // SAFETY: C passes strings or NULL.
    unsafe { with_args(path, content, |path, content| file::append_text(path.get(), content.get().to_bytes())) }
}

/// Copies the content of a file; holes stay holes. A new destination gets the permission bits of the source, less the
/// umask or under the default ACL of its directory, and never set-user-ID, set-group-ID or sticky; an existing one keeps
/// its mode. EINVAL if both are the same file, EISDIR if either is a directory. After a failure a destination that the
/// call created is removed; one that existed, or that a dangling link led to, may be incomplete.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_copy(src: *const c_char, dst: *const c_char) -> bool {
    // SAFETY: C passes strings or NULL.
    unsafe { with_args(src, dst, |src, dst| file::copy(src.get(), dst.get())) }
}

/// Removes the name of a file; a symbolic link itself. ENOENT if it is missing, EISDIR for a directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_delete(path: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(path, |path| file::delete(path.get())) }
}

/// The same as rt_file_delete().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_remove(path: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(path, |path| file::delete(path.get())) }
}

/// Returns the size in bytes that stat(2) reports, for any kind of file; -1 on failure. Files of /proc report 0 and
/// have content.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_size(path: *const c_char) -> i64 {
    // SAFETY: C passes a string or NULL.
    unsafe { number_with_arg(path, |path| file::size(path.get())) }
}

/// Returns when the content last changed, in seconds since 1970 (UTC); negative before. -1 on failure, and with
/// rt_last_error() 0 for the second before 1970.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_modified_time(path: *const c_char) -> i64 {
    // SAFETY: C passes a string or NULL.
    unsafe { number_with_arg(path, |path| file::modified_time(path.get())) }
}

/// Takes an exclusive, advisory lock (flock(2)) on a file, which is created if missing (0666 less the umask), or on a
/// directory. It never waits: EAGAIN if another descriptor holds the lock, in this process too; the call needs no memory,
/// so EAGAIN never stands for a lack of it. Returns the descriptor that holds the lock, for rt_file_unlock(), or -1. It
/// is never a standard stream, also if these are closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_lock(path: *const c_char) -> i64 {
    // SAFETY: C passes a string or NULL.
    unsafe { number_with_arg(path, |path| Ok(i64::from(file::lock(path.get())?.into_raw()))) }
}

/// Takes an exclusive lock as rt_file_lock() does, and waits for it: at most this many milliseconds of the monotonic
/// clock (ETIMEDOUT), without limit if they are negative, and not at all for 0 (EAGAIN). Without a limit the call waits
/// for ever if the calling process holds the lock. Returns the descriptor that holds the lock, for rt_file_unlock(), or
/// -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_lock_timeout(path: *const c_char, timeout_ms: i64) -> i64 {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    lock_with(path, |path| file::lock_timeout(path.get(), limit(timeout_ms)))
}

/// Takes a shared lock, of which a file may have any number while it has no exclusive one. It waits as
/// rt_file_lock_timeout() does. Returns the descriptor that holds the lock, for rt_file_unlock(), or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_lock_shared(path: *const c_char, timeout_ms: i64) -> i64 {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    lock_with(path, |path| file::lock_shared_timeout(path.get(), limit(timeout_ms)))
}

/// Returns the time that milliseconds of C stand for; none if they are negative.
fn limit(milliseconds: i64) -> Option<Duration> {
    u64::try_from(milliseconds).ok().map(Duration::from_millis)
}

/// Returns the descriptor of a lock, which C owns from then on, or -1.
fn lock_with(path: Result<CStrArg<'_>>, lock: impl FnOnce(CStrArg<'_>) -> Result<file::FileLock>) -> i64 {
    into_c(path.and_then(lock).map(|lock| i64::from(lock.into_raw())))
}

/// Releases a lock, exclusive or shared, and closes its descriptor. EBADF if it is not an open descriptor.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_unlock(fd: i64) -> bool {
    let fd = u32::try_from(fd).ok().and_then(|fd| i32::try_from(fd).ok());
    // SAFETY: C passes a descriptor that a function for locks returned, so nothing else owns it.
    into_c_bool(fd.ok_or(Errno::EBADF).and_then(|fd| unsafe { file::FileLock::from_raw(fd) }.unlock()))
}
