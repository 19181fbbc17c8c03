//! Conversions between C values and those of the operations.
//!
//! The functions that are not inlined are compiled once: they are most of what an export does.

use core::ffi::{CStr, c_char, c_void};
use core::marker::PhantomData;
use core::ptr::{NonNull, null_mut};

use crate::errno::{Errno, Result};
use crate::heap::EMPTY;
use crate::text::Text;

/// A string that C passed.
///
/// The length is computed lazily: most functions only pass the pointer to the kernel.
#[derive(Clone, Copy)]
pub(super) struct CStrArg<'a>(NonNull<c_char>, PhantomData<&'a CStr>);

impl<'a> CStrArg<'a> {
    /// Checks a pointer.
    ///
    /// # Safety
    /// The pointer is null, or points to a NUL-terminated string that stays unchanged for the lifetime.
    pub(super) unsafe fn new(pointer: *const c_char) -> Result<Self> {
        NonNull::new(pointer.cast_mut()).map(|pointer| Self(pointer, PhantomData)).ok_or(Errno::EFAULT)
    }

    pub(super) fn get(self) -> &'a CStr {
        // SAFETY: the pointer points to a NUL-terminated string that stays unchanged for the lifetime.
        unsafe { CStr::from_ptr(self.0.as_ptr()) }
    }
}

/// Returns bytes that C passed by a pointer and a length. A null pointer is valid for no bytes.
///
/// # Safety
/// The pointer is null, or points to this many bytes that stay unchanged for the lifetime.
pub(super) unsafe fn bytes_arg<'a>(data: *const c_void, len: usize) -> Result<&'a [u8]> {
    if data.is_null() || isize::try_from(len).is_err() {
        // No memory is longer than an isize counts.
        return if len == 0 { Ok(&[]) } else { Err(Errno::EFAULT) };
    }
    // SAFETY: the pointer points to this many bytes, which stay unchanged for the lifetime.
    Ok(unsafe { core::slice::from_raw_parts(data.cast(), len) })
}

/// Calls an operation with a string, and returns whether it succeeded.
///
/// # Safety
/// The pointer is null, or points to a NUL-terminated string that stays unchanged during the call.
#[inline(never)]
pub(super) unsafe fn with_arg(pointer: *const c_char, operation: fn(CStrArg<'_>) -> Result<()>) -> bool {
    // SAFETY: the pointer is null or points to such a string.
    into_c_bool(unsafe { CStrArg::new(pointer) }.and_then(operation))
}

/// Calls an operation with two strings, and returns whether it succeeded.
///
/// # Safety
/// Each pointer is null, or points to a NUL-terminated string that stays unchanged during the call.
#[inline(never)]
pub(super) unsafe fn with_args(
    first: *const c_char,
    second: *const c_char,
    operation: fn(CStrArg<'_>, CStrArg<'_>) -> Result<()>,
) -> bool {
    // SAFETY: the pointer is null or points to such a string.
    let first = unsafe { CStrArg::new(first) };
    // SAFETY: the pointer is null or points to such a string.
    let second = unsafe { CStrArg::new(second) };
    into_c_bool(first.and_then(|first| operation(first, second?)))
}

/// Calls an operation with a string, and returns its number.
///
/// # Safety
/// The pointer is null, or points to a NUL-terminated string that stays unchanged during the call.
#[inline(never)]
pub(super) unsafe fn number_with_arg(pointer: *const c_char, operation: fn(CStrArg<'_>) -> Result<i64>) -> i64 {
    // SAFETY: the pointer is null or points to such a string.
    into_c(unsafe { CStrArg::new(pointer) }.and_then(operation))
}

/// Calls an operation with a string and bytes, and returns whether it succeeded.
///
/// # Safety
/// The path is null, or points to a NUL-terminated string, and the data is as [`bytes_arg`] demands. Both stay unchanged
/// during the call.
#[inline(never)]
pub(super) unsafe fn with_bytes(
    path: *const c_char,
    data: *const c_void,
    len: usize,
    operation: fn(CStrArg<'_>, &[u8]) -> Result<()>,
) -> bool {
    // SAFETY: the pointer is null or points to such a string.
    let path = unsafe { CStrArg::new(path) };
    // SAFETY: the pointer is null or points to this many bytes.
    let data = unsafe { bytes_arg(data, len) };
    into_c_bool(path.and_then(|path| operation(path, data?)))
}

/// Calls an operation that creates something with a prefix, in a directory if that is not null, and returns its path.
///
/// # Safety
/// Each pointer is null, or points to a NUL-terminated string that stays unchanged during the call.
#[inline(never)]
pub(super) unsafe fn temp_path(
    directory: *const c_char,
    prefix: *const c_char,
    create: fn(CStrArg<'_>) -> Result<Text>,
    create_in: fn(CStrArg<'_>, CStrArg<'_>) -> Result<Text>,
) -> *mut c_char {
    // SAFETY: the pointer is null or points to such a string.
    let directory = unsafe { CStrArg::new(directory) };
    // SAFETY: the pointer is null or points to such a string.
    let prefix = unsafe { CStrArg::new(prefix) };
    let path = prefix.and_then(|prefix| match directory {
        Ok(directory) => create_in(directory, prefix),
        Err(_) => create(prefix),
    });
    into_c_pointer(path.map(Text::into_raw)).cast()
}

/// Calls an operation with a string, and returns its text, which C owns from then on, or null.
///
/// # Safety
/// The pointer is null, or points to a NUL-terminated string that stays unchanged during the call.
#[inline(never)]
pub(super) unsafe fn text_with_arg(pointer: *const c_char, operation: fn(CStrArg<'_>) -> Result<Text>) -> *mut c_char {
    // SAFETY: the pointer is null or points to such a string.
    into_c_pointer(unsafe { CStrArg::new(pointer) }.and_then(operation).map(Text::into_raw)).cast()
}

/// A C value, one of which stands for failure.
pub(super) trait CValue: PartialEq + Sized {
    const FAILURE: Self;
}

impl CValue for bool {
    const FAILURE: Self = false;
}

impl CValue for i32 {
    const FAILURE: Self = -1;
}

impl CValue for i64 {
    const FAILURE: Self = -1;
}

impl<T> CValue for *mut T {
    const FAILURE: Self = null_mut();
}

/// Returns the value of a result, or the failure value, whose reason is recorded.
///
/// A genuine value that equals the failure value has the reason 0.
pub(super) fn into_c<T: CValue>(result: Result<T>) -> T {
    match result {
        Ok(value) if value == T::FAILURE => fail(value, 0),
        Ok(value) => value,
        Err(errno) => fail(T::FAILURE, errno.raw()),
    }
}

/// Records why a function returns its failure value.
#[cold]
pub(super) fn fail<T>(value: T, reason: i32) -> T {
    #[cfg(feature = "archive")]
    super::set_error::ffi_syscalls_set_error(reason);
    #[cfg(not(feature = "archive"))]
    super::last_error::set(reason);
    value
}

/// Returns whether a result is a success.
#[inline(never)]
pub(super) fn into_c_bool(result: Result<()>) -> bool {
    into_c(result.map(|()| true))
}

/// Returns a released text or list, which C owns from then on, or null.
#[inline(never)]
pub(super) fn into_c_pointer(block: Result<NonNull<c_void>>) -> *mut c_void {
    into_c(block.map(NonNull::as_ptr))
}

/// Returns a text, which C owns from then on, or an empty one on failure.
#[inline(never)]
pub(super) fn into_c_text(text: Result<Text>) -> *mut c_char {
    let reason = match text {
        Ok(text) if !text.is_empty() => return text.into_raw().as_ptr().cast(),
        Ok(_) => 0,
        Err(errno) => errno.raw(),
    };
    fail(EMPTY.as_ptr().as_ptr().cast(), reason)
}
