//! The C functions for files.

use core::ffi::{c_char, c_void};
use core::time::Duration;

use super::convert::{
    CStrArg, bytes_arg, fail, into_c, into_c_bool, into_c_pointer, number_with_arg, temp_path, with_arg, with_args,
    with_bytes,
};
use crate::errno::{Errno, Result};
use crate::file::{self, Kind};
use crate::list::List;
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

/// Replaces the content of a file by bytes, otherwise as rt_file_write_text(). NULL with the length 0 is an empty content.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_write_bytes(path: *const c_char, data: *const c_void, len: usize) -> bool {
    // SAFETY: C passes a string and the bytes, or NULL.
    unsafe { with_bytes(path, data, len, |path, data| file::write_text(path.get(), data)) }
}

/// Appends bytes to a file, otherwise as rt_file_append_text(). NULL with the length 0 is an empty content.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_append_bytes(path: *const c_char, data: *const c_void, len: usize) -> bool {
    // SAFETY: C passes a string and the bytes, or NULL.
    unsafe { with_bytes(path, data, len, |path, data| file::append_text(path.get(), data)) }
}

/// Replaces a file in one step: every reader sees all of the old content or all of the new one, after a crash of the
/// system too. A missing file is created (0666 less the umask); an existing one keeps its mode, and owner and group where
/// that is permitted. A symbolic link is followed and stays; other hard links keep the old content. EISDIR for a
/// directory, EINVAL for a device, a FIFO or a socket. After a failure the old file is unchanged, except that it may be
/// replaced if the fsync(2) of its directory failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_atomic_write(path: *const c_char, content: *const c_char) -> bool {
    // SAFETY: C passes strings or NULL.
    unsafe { with_args(path, content, |path, content| file::atomic_write(path.get(), content.get().to_bytes())) }
}

/// Replaces a file by bytes in one step, otherwise as rt_file_atomic_write(). NULL with the length 0 is an empty content.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_atomic_write_bytes(path: *const c_char, data: *const c_void, len: usize) -> bool {
    // SAFETY: C passes a string and the bytes, or NULL.
    unsafe { with_bytes(path, data, len, |path, data| file::atomic_write(path.get(), data)) }
}

/// Reads at most len bytes from an offset on: fewer where the file ends, "" at its end and after it. The memory is that of
/// what is read, so len may be SIZE_MAX. ESPIPE for a pipe, EINVAL for a negative offset. Free the text with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_read_at(path: *const c_char, offset: i64, len: usize) -> *mut c_char {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    let text = path.and_then(|path| file::read_at(path.get(), checked_offset(offset)?, len));
    into_c_pointer(text.map(Text::into_raw)).cast()
}

/// Writes bytes at an offset of a file, which is created if missing (0666 less the umask); the rest of the file stays.
/// Returns the number of bytes, which is all of them, or -1. EINVAL for a negative offset, ESPIPE for a pipe.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_write_at(path: *const c_char, offset: i64, data: *const c_void, len: usize) -> i64 {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    // SAFETY: C passes the bytes, or NULL.
    let data = unsafe { bytes_arg(data, len) };
    into_c(path.and_then(|path| {
        let (offset, data) = (checked_offset(offset)?, data?);
        file::write_at(path.get(), offset, data)?;
        i64::try_from(data.len()).map_err(|_| Errno::EFAULT)
    }))
}

fn checked_offset(offset: i64) -> Result<u64> {
    u64::try_from(offset).map_err(|_| Errno::EINVAL)
}

/// Reads the lines of a file, without the "\n" or "\r\n" that ends them. The last line needs no end; an empty file has no
/// lines. EILSEQ if a line contains a NUL byte. rt_len() returns their number. One rt_free() frees the array and the lines.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_read_lines(path: *const c_char) -> *mut *mut c_char {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    into_c_pointer(path.and_then(|path| file::read_lines(path.get())).map(List::into_raw)).cast()
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

/// Gives a file or directory another name within its file system; what had that name is replaced in one step. A symbolic
/// link is renamed itself. EXDEV across file systems. Of two names of one file, both stay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_rename(from: *const c_char, to: *const c_char) -> bool {
    // SAFETY: C passes strings or NULL.
    unsafe { with_args(from, to, |from, to| file::rename(from.get(), to.get())) }
}

/// Gives a file or directory another name; across file systems it copies a regular file or a symbolic link, and deletes
/// the source last. A file that had the name is replaced in one step. Permissions (0777), times, and owner and group are
/// kept where that is permitted. Of two names of one file the first goes. Across file systems EXDEV for a directory, EINVAL
/// for a device, a FIFO or a socket. After a failure the source is complete.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_move(from: *const c_char, to: *const c_char) -> bool {
    // SAFETY: C passes strings or NULL.
    unsafe { with_args(from, to, |from, to| file::move_to(from.get(), to.get())) }
}

/// Creates a symbolic link that contains a target, which need not exist. EEXIST if the name of the link is taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_symlink(target: *const c_char, path: *const c_char) -> bool {
    // SAFETY: C passes strings or NULL.
    unsafe { with_args(target, path, |target, path| file::symlink(target.get(), path.get())) }
}

/// Returns the content of a symbolic link. EINVAL if it is none. Free the text with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_read_link(path: *const c_char) -> *mut c_char {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    into_c_pointer(path.and_then(|path| file::read_link(path.get())).map(Text::into_raw)).cast()
}

/// Creates an empty file with a new name, and returns its path: the directory, the prefix, and 12 random letters and
/// digits. Only its owner may use it (0600 less the umask). The directory NULL is TMPDIR if that is absolute, otherwise
/// /tmp; in secure-execution mode (set-user-ID) always /tmp. EINVAL for a prefix with a slash. Free the text with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_temp(directory: *const c_char, prefix: *const c_char) -> *mut c_char {
    // SAFETY: C passes strings or NULL.
    unsafe {
        temp_path(
            directory,
            prefix,
            |prefix| file::temp(prefix.get()),
            |directory, prefix| file::temp_in(directory.get(), prefix.get()),
        )
    }
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

/// Sets when the content of a file last changed: seconds since 1970 (UTC), negative before, and nanoseconds after them.
/// The time of the last access stays. EINVAL for nanoseconds outside 0 to 999999999.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_set_modified_time(path: *const c_char, seconds: i64, nanoseconds: i32) -> bool {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    let nanoseconds = u32::try_from(nanoseconds).map_err(|_| Errno::EINVAL);
    into_c_bool(path.and_then(|path| file::set_modified_time(path.get(), seconds, nanoseconds?)))
}

/// Returns the kind of a file as a letter: 'f' for a regular file, 'd' for a directory, 'l' for a symbolic link, which is
/// not followed, 'p' for a FIFO, 's' for a socket, 'b' and 'c' for a block and a character device; 0 on failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_kind(path: *const c_char) -> i32 {
    // SAFETY: C passes a string or NULL.
    match unsafe { CStrArg::new(path) }.and_then(|path| file::kind(path.get())) {
        Ok(kind) => i32::from(letter_of(kind)),
        Err(errno) => fail(0, errno.raw()),
    }
}

const fn letter_of(kind: Kind) -> u8 {
    match kind {
        Kind::File => b'f',
        Kind::Directory => b'd',
        Kind::Symlink => b'l',
        Kind::Fifo => b'p',
        Kind::Socket => b's',
        Kind::BlockDevice => b'b',
        Kind::CharDevice => b'c',
    }
}

/// Returns the permission bits of a file, with set-user-ID, set-group-ID and sticky (07777); -1 on failure. A symbolic
/// link is followed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_mode(path: *const c_char) -> i32 {
    // SAFETY: C passes a string or NULL.
    match unsafe { CStrArg::new(path) }.and_then(|path| file::mode(path.get())) {
        Ok(mode) => mode.cast_signed(),
        Err(errno) => fail(-1, errno.raw()),
    }
}

/// Sets the permission bits of a file, set-user-ID, set-group-ID and sticky included; the umask does not matter. EINVAL
/// for other bits than 07777.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_set_mode(path: *const c_char, mode: u32) -> bool {
    // SAFETY: C passes a string or NULL.
    let path = unsafe { CStrArg::new(path) };
    into_c_bool(path.and_then(|path| file::set_mode(path.get(), mode)))
}

/// Waits until the content and the size of a file are on its disk, or the names in a directory. EINVAL for what has no
/// disk, such as a pipe.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_sync(path: *const c_char) -> bool {
    // SAFETY: C passes a string or NULL.
    unsafe { with_arg(path, |path| file::sync(path.get())) }
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
