//! Locks of files.

use std::ffi::c_char;
use std::fs::{File, TryLockError};

use anyhow::Result;
use libloading::Symbol;

use crate::shown::Demo;

pub fn show(demo: &mut Demo<'_>) -> Result<()> {
    demo.family("Locks");
    let (note, path) = demo.path("note")?;
    let file = File::open(path)?;
    let lock = demo.library.number("rt_file_lock", &note)?;
    demo.row("rt_file_lock", "locked note", format!("descriptor {lock}"), lock >= 0 && is_locked(&file));
    let late = timed(demo, "rt_file_lock_timeout", &note, 10)?;
    let reason = demo.library.last_error()?;
    let failed = late == -1 && reason.starts_with("ETIMEDOUT:");
    demo.row("rt_file_lock_timeout", "waited for the lock for 10 ms", reason, failed);
    let unlock: Symbol<'_, unsafe extern "C" fn(i64) -> bool> = demo.library.get("rt_file_unlock")?;
    // SAFETY: the argument is a plain integer.
    let done = unsafe { unlock(lock) };
    demo.row("rt_file_unlock", "unlocked note", done, file.try_lock().is_ok());
    file.unlock()?;
    let shared = timed(demo, "rt_file_lock_shared", &note, 0)?;
    let is_shared = shared >= 0 && is_locked(&file) && file.try_lock_shared().is_ok();
    demo.row("rt_file_lock_shared", "locked note with others", format!("descriptor {shared}"), is_shared);
    // SAFETY: the argument is a plain integer.
    unsafe { unlock(shared) };
    Ok(())
}

fn timed(demo: &Demo<'_>, name: &str, path: &std::ffi::CStr, milliseconds: i64) -> Result<i64> {
    let function: Symbol<'_, unsafe extern "C" fn(*const c_char, i64) -> i64> = demo.library.get(name)?;
    // SAFETY: the first argument is a NUL-terminated string.
    Ok(unsafe { function(path.as_ptr(), milliseconds) })
}

fn is_locked(file: &File) -> bool {
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}
