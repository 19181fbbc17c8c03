//! Mappings of files.

use std::ffi::{c_char, c_void};
use std::fs;

use anyhow::{Result, ensure};
use libloading::Symbol;

use crate::shown::Demo;

/// A mapping that is shared and writable.
const SHARED: u32 = 1;
/// The advice that the mapping will be read from the start to the end.
const SEQUENTIAL: i32 = 2;

type Map = unsafe extern "C" fn(*const c_char, i64, usize, u32, *mut usize) -> *mut c_void;

pub fn show(demo: &mut Demo<'_>) -> Result<()> {
    demo.family("Mappings");
    let (note, path) = demo.path("note")?;
    let map: Symbol<'_, Map> = demo.library.get("rt_file_mmap")?;
    let mut len = 0;
    // SAFETY: the arguments are a NUL-terminated string and a place for the length.
    let address = unsafe { map(note.as_ptr(), 0, 0, SHARED, &raw mut len) };
    ensure!(!address.is_null(), "rt_file_mmap: {}", demo.library.last_error()?);
    // SAFETY: the mapping has `len` bytes, and nothing else uses the file.
    let bytes = unsafe { std::slice::from_raw_parts_mut(address.cast::<u8>(), len) };
    demo.row("rt_file_mmap", "mapped note", format!("{len} bytes"), bytes == fs::read(&path)?);
    let advise: Symbol<'_, unsafe extern "C" fn(*mut c_void, usize, i32) -> bool> =
        demo.library.get("rt_file_madvise")?;
    // SAFETY: this is the mapping.
    let done = unsafe { advise(address, len, SEQUENTIAL) };
    demo.row("rt_file_madvise", "announced to read it in order", done, done);
    bytes[0] = b'S';
    let sync: Symbol<'_, unsafe extern "C" fn(*mut c_void, usize, bool) -> bool> = demo.library.get("rt_file_msync")?;
    // SAFETY: this is the mapping.
    let done = unsafe { sync(address, len, true) };
    demo.row("rt_file_msync", "wrote a changed byte to note", done, fs::read(&path)?.first() == Some(&b'S'));
    let unmap: Symbol<'_, unsafe extern "C" fn(*mut c_void, usize) -> bool> = demo.library.get("rt_file_munmap")?;
    // SAFETY: this is the mapping, which is not used again.
    let done = unsafe { unmap(address, len) };
    let path = path.to_string_lossy().into_owned();
    demo.row("rt_file_munmap", "unmapped note", done, !fs::read_to_string("/proc/self/maps")?.contains(&path));
    Ok(())
}
