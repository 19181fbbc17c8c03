//! Mappings, atomic replacement and captured output, of each implementation.

use std::ffi::{c_char, c_void};
use std::fs::{self, File};
use std::io::Write;
use std::process::Command;

use anyhow::{Context, Result};
use rustix::mm::{MapFlags, ProtFlags};

use crate::comparison::{Comparison, Implementation};
use crate::fixture::{Fixture, TestPath};
use crate::library::Library;

/// The bytes of the mapped file.
const MAPPED: usize = 1 << 20;

/// Maps a file, reads its last byte, and unmaps it.
pub fn map(fixture: &Fixture) -> Result<Comparison> {
    let file = fixture.file("mapped", &vec![7; MAPPED])?;
    let mut comparison = Comparison::new(&7);
    type Map = unsafe extern "C" fn(*const c_char, i64, usize, u32, *mut usize) -> *mut c_void;
    type Unmap = unsafe extern "C" fn(*mut c_void, usize) -> bool;
    for &(implementation, library) in fixture.libraries {
        // SAFETY: these are the types of the functions.
        let functions = unsafe { library.find::<Map>("rt_file_mmap").zip(library.find::<Unmap>("rt_file_munmap")) };
        if let Some((map, unmap)) = functions {
            comparison.add(implementation, move |_| map_by_library(file, map, unmap));
        }
    }
    comparison.add(Implementation::Memmap2, move |_| -> Result<i64> {
        // SAFETY: nothing changes the file.
        let map = unsafe { memmap2::Mmap::map(&File::open(file.path)?) }?;
        Ok(i64::from(*map.last().context("an empty map")?))
    });
    comparison.add(Implementation::Rustix, move |_| map_by_rustix(file));
    Ok(comparison)
}

fn map_by_library(
    file: TestPath,
    map: unsafe extern "C" fn(*const c_char, i64, usize, u32, *mut usize) -> *mut c_void,
    unmap: unsafe extern "C" fn(*mut c_void, usize) -> bool,
) -> i64 {
    let mut len = 0;
    // SAFETY: the path is a NUL-terminated string, and the length is writable.
    let address = unsafe { map(file.c.as_ptr(), 0, 0, 0, &mut len) };
    if address.is_null() || len == 0 {
        return -1;
    }
    // SAFETY: the mapping has this length, and nothing changes the file.
    let byte = unsafe { address.cast::<u8>().add(len - 1).read() };
    // SAFETY: the mapping is not used again.
    unsafe { unmap(address, len) };
    i64::from(byte)
}

fn map_by_rustix(file: TestPath) -> Result<i64> {
    let open = File::open(file.path)?;
    let len = usize::try_from(open.metadata()?.len())?;
    // SAFETY: the kernel chooses an address that is free.
    let address = unsafe { rustix::mm::mmap(std::ptr::null_mut(), len, ProtFlags::READ, MapFlags::SHARED, &open, 0) }?;
    // SAFETY: the mapping has this length, and nothing changes the file.
    let byte = unsafe { address.cast::<u8>().add(len - 1).read() };
    // SAFETY: the mapping is not used again.
    unsafe { rustix::mm::munmap(address, len) }?;
    Ok(i64::from(byte))
}

/// Replaces a file so that a reader sees the old or the new content, also after a crash.
pub fn atomic_write(fixture: &Fixture) -> Result<Comparison> {
    const CONTENT: [u8; 4096] = [b'c'; 4096];
    let file = fixture.file("replaced", b"old")?;
    let directory = fixture.directory.clone();
    let mut comparison = Comparison::new(&true);
    comparison.expect_effect(CONTENT, move |_| Ok(fs::read(file.path)?));
    comparison.before(move |_| Ok(fs::write(file.path, "old")?));
    type WriteBytes = unsafe extern "C" fn(*const c_char, *const c_void, usize) -> bool;
    let call = |_: &'static Library, write: WriteBytes| {
        // SAFETY: the path is a NUL-terminated string, and the content has this length.
        move |_| unsafe { write(file.c.as_ptr(), CONTENT.as_ptr().cast(), CONTENT.len()) }
    };
    // SAFETY: this is the type of the function.
    unsafe { comparison.add_function(fixture.libraries, "rt_file_atomic_write_bytes", call) };
    comparison.add(Implementation::Tempfile, move |_| -> Result<()> {
        let mut temporary = tempfile::NamedTempFile::new_in(&directory)?;
        temporary.write_all(&CONTENT)?;
        temporary.as_file().sync_all()?;
        temporary.persist(file.path)?;
        Ok(File::open(&directory)?.sync_all()?)
    });
    Ok(comparison)
}

/// Captures 64 MB that a program prints.
pub fn capture(fixture: &Fixture) -> Result<Comparison> {
    let content = vec![b'c'; 64 << 20];
    let file = fixture.file("printed", &content)?;
    let mut comparison = Comparison::new(&content);
    type Output = unsafe extern "C" fn(*const c_char, *const *const c_char, usize) -> *mut c_char;
    let call = |library: &'static Library, output: Output| {
        move |_| {
            let argument = file.c.as_ptr();
            // SAFETY: the program and the argument are NUL-terminated strings.
            library.own(unsafe { output(c"cat".as_ptr(), &raw const argument, 1) })
        }
    };
    // SAFETY: this is the type of the function.
    unsafe { comparison.add_function(fixture.libraries, "rt_process_output", call) };
    comparison
        .add(Implementation::Std, move |_| Command::new("cat").arg(file.path).output().map(|output| output.stdout));
    Ok(comparison)
}
