//! The C functions. The header `include/ffi_syscalls.h` is generated from this file, comments included.
//!
//! Each checks its pointers, calls the operation, and turns the result into a C value. A null pointer is `EFAULT`.
//!
//! # Safety
//! A pointer that is passed in is null or leads to a NUL-terminated string, which stays as it is during the call.

#![expect(clippy::missing_safety_doc, reason = "one condition holds for all of them; it stands above")]

use core::ffi::{CStr, c_char, c_void};
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::{Errno, List, Result, Text, alloc, dir, env, errno, file, last_error, process, system};

/// A text that C passed. Its length is not known until somebody asks for it: most only hand it on to the kernel.
#[derive(Clone, Copy)]
struct Passed<'a>(NonNull<c_char>, PhantomData<&'a CStr>);

impl<'a> Passed<'a> {
    fn get(self) -> &'a CStr {
        // SAFETY: the caller's of the function that got it, see the module.
        unsafe { CStr::from_ptr(self.0.as_ptr()) }
    }
}

/// A text that C passed.
unsafe fn text<'a>(pointer: *const c_char) -> Result<Passed<'a>> {
    match NonNull::new(pointer.cast_mut()) {
        Some(pointer) => Ok(Passed(pointer, PhantomData)),
        None => Err(Errno::EFAULT),
    }
}

/// Does what is done with one text, and says whether it went well.
///
/// This and its like are compiled once: they are most of what a function for C does.
#[inline(never)]
unsafe fn with_text(pointer: *const c_char, operation: fn(Passed<'_>) -> Result<()>) -> bool {
    // SAFETY: the caller's, see the module.
    success(unsafe { text(pointer) }.and_then(operation))
}

/// As [`with_text`], for two texts.
#[inline(never)]
unsafe fn with_texts(
    first: *const c_char,
    second: *const c_char,
    operation: fn(Passed<'_>, Passed<'_>) -> Result<()>,
) -> bool {
    // SAFETY: the caller's, see the module.
    let first = unsafe { text(first) };
    // SAFETY: as above.
    let second = unsafe { text(second) };
    success(first.and_then(|first| operation(first, second?)))
}

/// As [`with_text`], for a number.
#[inline(never)]
unsafe fn number_with_text(pointer: *const c_char, operation: fn(Passed<'_>) -> Result<i64>) -> i64 {
    // SAFETY: the caller's, see the module.
    answer(unsafe { text(pointer) }.and_then(operation))
}

/// A value that C gets, one of which stands for failure.
trait Value: PartialEq + Sized {
    const FAILURE: Self;
}

impl Value for bool {
    const FAILURE: Self = false;
}

impl Value for i64 {
    const FAILURE: Self = -1;
}

impl<T> Value for *mut T {
    const FAILURE: Self = core::ptr::null_mut();
}

/// The one way from a result to C: the failure value and its reason, or the value, which has the reason 0 when it
/// looks like a failure.
fn answer<T: Value>(result: Result<T>) -> T {
    match result {
        Ok(value) if value == T::FAILURE => fail(value, 0),
        Ok(value) => value,
        Err(errno) => fail(T::FAILURE, errno.raw()),
    }
}

#[cold]
fn fail<T>(value: T, reason: i32) -> T {
    #[cfg(feature = "archive")]
    crate::archive::ffi_syscalls_set_error(reason);
    #[cfg(not(feature = "archive"))]
    last_error::set(reason);
    value
}

#[inline(never)]
fn success(result: Result<()>) -> bool {
    answer(result.map(|()| true))
}

/// A text or a list, which now is the caller's.
#[inline(never)]
fn owned(block: Result<NonNull<c_void>>) -> *mut c_void {
    answer(block.map(NonNull::as_ptr))
}

/// As [`owned`], with the empty text for a failure.
#[inline(never)]
fn owned_or_empty(text: Result<Text>) -> *mut c_char {
    let reason = match text {
        Ok(text) if !text.is_empty() => return text.into_raw().as_ptr().cast(),
        Ok(_) => 0,
        Err(errno) => errno.raw(),
    };
    fail(alloc::EMPTY.pointer().as_ptr().cast(), reason)
}

/// Whether the path leads to anything; a dangling symbolic link leads nowhere. When it is false, rt_last_error() says
/// whether that is certain (ENOENT, ENOTDIR) or could not be found out (EACCES, ELOOP, EIO).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_exists(path: *const c_char) -> bool {
    // SAFETY: the caller's, see the module.
    unsafe { with_text(path, |path| file::find(path.get())) }
}

/// The whole content of a file, to its end, whatever size it claims. rt_len() knows its length, should it contain NUL
/// bytes. Free it with rt_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_read_text(path: *const c_char) -> *mut c_char {
    // SAFETY: the caller's, see the module.
    owned(unsafe { text(path) }.and_then(|path| file::read_text(path.get())).map(Text::into_raw)).cast()
}

/// Makes this the content of a file, which is created when missing (0666 less the umask). The old content is gone
/// before the new one is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_write_text(path: *const c_char, content: *const c_char) -> bool {
    // SAFETY: the caller's, see the module.
    unsafe { with_texts(path, content, |path, content| file::write_text(path.get(), content.get().to_bytes())) }
}

/// Adds this to the end of a file, which is created when missing (0666 less the umask).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_append_text(path: *const c_char, content: *const c_char) -> bool {
    // SAFETY: the caller's, see the module.
    unsafe { with_texts(path, content, |path, content| file::append_text(path.get(), content.get().to_bytes())) }
}

/// Copies a file's content and permission bits, without set-user-ID and set-group-ID. EINVAL when both are the same
/// file, EISDIR when either is a directory. After a failure a destination that the call created is removed; one that
/// existed, or that a dangling link led to, may be incomplete.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_copy(src: *const c_char, dst: *const c_char) -> bool {
    // SAFETY: the caller's, see the module.
    unsafe { with_texts(src, dst, |src, dst| file::copy(src.get(), dst.get())) }
}

/// Removes a file's name; a symbolic link itself. ENOENT when it is missing, EISDIR for a directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_delete(path: *const c_char) -> bool {
    // SAFETY: the caller's, see the module.
    unsafe { with_text(path, |path| file::delete(path.get())) }
}

/// rt_file_delete() under its second name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_remove(path: *const c_char) -> bool {
    // SAFETY: the caller's, see the module.
    unsafe { with_text(path, |path| file::delete(path.get())) }
}

/// The size in bytes that stat(2) reports, for any kind of file; -1 on failure. Files of /proc say 0 and have content.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_size(path: *const c_char) -> i64 {
    // SAFETY: the caller's, see the module.
    unsafe { number_with_text(path, |path| file::size(path.get())) }
}

/// When the content last changed, in seconds since 1970 (UTC); negative before. -1 on failure, and with rt_last_error()
/// 0 for the second before 1970.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_modified_time(path: *const c_char) -> i64 {
    // SAFETY: the caller's, see the module.
    unsafe { number_with_text(path, |path| file::modified_time(path.get())) }
}

/// Takes an exclusive, advisory lock (flock(2)) on a file, which is created when missing (0666 less the umask). Never
/// waits: EAGAIN when somebody else has it, another descriptor of this process included. The descriptor that holds the
/// lock, for rt_file_unlock(), or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_file_lock(path: *const c_char) -> i64 {
    // SAFETY: the caller's, see the module.
    unsafe { number_with_text(path, |path| Ok(i64::from(file::lock(path.get())?.into_raw()))) }
}

/// Gives up a lock of rt_file_lock() and closes its descriptor. EBADF for a number that is no open descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn rt_file_unlock(fd: i64) -> bool {
    success(i32::try_from(fd).map_err(|_| Errno::EBADF).and_then(file::unlock))
}

/// Makes a directory (0777 less the umask). With recursive its missing parents too, and one that exists is a success;
/// without, EEXIST.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_dir_create(path: *const c_char, recursive: bool) -> bool {
    // SAFETY: the caller's, see the module.
    unsafe {
        with_text(
            path,
            if recursive { |path| dir::create(path.get(), true) } else { |path| dir::create(path.get(), false) },
        )
    }
}

/// The names in a directory, without "." and "..", in the kernel's order, ended by NULL; rt_len() counts them. One
/// rt_free() frees the array and the names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_dir_list(path: *const c_char) -> *mut *mut c_char {
    // SAFETY: the caller's, see the module.
    owned(unsafe { text(path) }.and_then(|path| dir::list(path.get())).map(List::into_raw)).cast()
}

/// The working directory, absolute. ENOENT when it was removed, ENAMETOOLONG when its path has 4096 bytes or more.
/// Free it with rt_free().
#[unsafe(no_mangle)]
pub extern "C" fn rt_env_cwd() -> *mut c_char {
    owned(env::cwd().map(Text::into_raw)).cast()
}

/// The value of a variable. "" when it is not set (rt_last_error() is ENOENT) or empty (0). Free it with rt_free(),
/// "" included.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_env_get(key: *const c_char) -> *mut c_char {
    // SAFETY: the caller's, see the module.
    owned_or_empty(unsafe { text(key) }.and_then(|key| env::get(key.get())))
}

/// The user's home directory: HOME if it is absolute, else what /etc/passwd says; "" when neither knows one. With
/// raised rights (set-user-ID) HOME is not trusted. Free it with rt_free(), "" included.
#[unsafe(no_mangle)]
pub extern "C" fn rt_env_home() -> *mut c_char {
    owned_or_empty(env::home())
}

/// Sets a variable for rt_env_get() and the children of rt_process_run(), not for a libc's getenv(). EINVAL when the
/// name is empty or contains "=".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_env_set(key: *const c_char, value: *const c_char) -> bool {
    // SAFETY: the caller's, see the module.
    unsafe { with_texts(key, value, |key, value| env::set(key.get(), value.get())) }
}

/// The caller's process id.
#[unsafe(no_mangle)]
pub extern "C" fn rt_getpid() -> i64 {
    i64::from(process::getpid())
}

/// Runs a program with these arguments behind its name, looked for in PATH as by execvp(3), and waits for its end.
///
/// 0 to 255: its exit code. 128 + N: signal N ended it. 127: not found, 126: found, and could not be executed;
/// rt_last_error() is the reason, and 0 when the program itself exited with 126 or 127. -1: no child could be started
/// or waited for. It works also when the caller ignores SIGCHLD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_process_run(cmd: *const c_char, args: *const *const c_char, arg_count: usize) -> i32 {
    // SAFETY: the caller's, see the module.
    let command = unsafe { text(cmd) };
    let message = command.and_then(|command| {
        // SAFETY: the caller's: an array of this many pointers.
        let args = unsafe { pointers(args, arg_count) }?;
        // SAFETY: the caller's: those that are not null are texts.
        unsafe { process::run_pointers(command.get(), args) }
    });
    let (code, reason) = match message {
        Ok(message) => process::code_and_reason(message),
        Err(errno) => (-1, errno.raw()),
    };
    // The values that stand for failure. A program's own exit code can be one.
    if matches!(code, 126 | 127 | -1) { fail(code, reason) } else { code }
}

/// An array of pointers that C passed.
unsafe fn pointers<'a>(array: *const *const c_char, count: usize) -> Result<&'a [*const c_char]> {
    match count {
        0 => Ok(&[]),
        _ if array.is_null() => Err(Errno::EFAULT),
        _ if count > isize::MAX as usize / size_of::<*const c_char>() => Err(Errno::E2BIG),
        // SAFETY: the caller's.
        _ => Ok(unsafe { core::slice::from_raw_parts(array, count) }),
    }
}

/// How many processors the calling thread can keep busy: those it may run on, or fewer when a control group limits its
/// share, rounded up. At least 1.
#[unsafe(no_mangle)]
pub extern "C" fn rt_system_cpu_count() -> i64 {
    i64::try_from(system::cpu_count()).unwrap_or(i64::MAX)
}

/// The host name, with or without a domain. Free it with rt_free().
#[unsafe(no_mangle)]
pub extern "C" fn rt_hostname() -> *mut c_char {
    owned(system::hostname().map(Text::into_raw)).cast()
}

/// Frees what a function of this library returned; NULL is fine. A list is freed as a whole, never its entries.
///
/// Freeing a small block twice in a row, an entry of a list, or a pointer that is misaligned or not the library's stops
/// the process with a message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_free(p: *mut c_void) {
    match NonNull::new(p) {
        Some(pointer) if pointer != alloc::EMPTY.pointer() => alloc::free(pointer),
        _ => {}
    }
}

/// Of a text: its bytes without the final NUL. Of a list: its entries. Of NULL: 0. In constant time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_len(p: *const c_void) -> usize {
    match NonNull::new(p.cast_mut()) {
        // SAFETY: the caller's: a pointer that the library returned.
        Some(pointer) => unsafe { alloc::length_of(pointer) },
        None => 0,
    }
}

/// The errno of the calling thread's last call that returned its failure value; 0 when that value was genuine.
/// Unspecified after a success.
#[unsafe(no_mangle)]
pub extern "C" fn rt_last_error() -> i32 {
    last_error::get()
}

/// What an errno means, for people: "ENOENT: No such file or directory". Static, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn rt_error_text(err: i32) -> *const c_char {
    errno::text_of(err).as_ptr()
}

/// Writes a text to a descriptor, all of it.
#[inline(never)]
unsafe fn write_text(fd: i32, pointer: *const c_char) -> bool {
    // SAFETY: the caller's, see the module.
    success(unsafe { text(pointer) }.and_then(|text| file::write_all(fd, text.get().to_bytes())))
}

/// Writes a text to the standard output, all of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_print(text: *const c_char) -> bool {
    // SAFETY: the caller's, see the module.
    unsafe { write_text(1, text) }
}

/// Writes a text to the standard error, all of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rt_eprint(text: *const c_char) -> bool {
    // SAFETY: the caller's, see the module.
    unsafe { write_text(2, text) }
}

/// Ends the process, all its threads included. The low 8 bits of the code count.
#[unsafe(no_mangle)]
pub extern "C" fn rt_exit(code: i32) -> ! {
    process::exit(code)
}
