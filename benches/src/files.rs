//! File operations of each implementation.

use std::ffi::{CStr, CString};
use std::fs::{self, File, OpenOptions};
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use fs2::FileExt;
use rustix::buffer::spare_capacity;
use rustix::fd::AsFd;
use rustix::fs::{Access, FlockOperation, Mode, OFlags};

use crate::comparison::{Comparison, Implementation};
use crate::fixture::{Fixture, TestPath};

/// Returns a text of this many bytes, in lines.
fn text(len: usize) -> Vec<u8> {
    b"The quick brown fox jumps over the lazy dog, and nobody minds.\n".iter().copied().cycle().take(len).collect()
}

/// Text to write, as a C string: every implementation must find its end.
#[derive(Clone, Copy)]
struct Content {
    c: &'static CStr,
}

impl Content {
    fn new(len: usize) -> Result<Self> {
        Ok(Self { c: Box::leak(CString::new(text(len))?.into_boxed_c_str()) })
    }

    fn bytes(self) -> &'static [u8] {
        let pointer = black_box(self.c.as_ptr());
        // SAFETY: `pointer` is that of `self.c`, a static NUL-terminated string.
        unsafe { CStr::from_ptr(pointer) }.to_bytes()
    }
}

/// The bytes that a batch may write.
const MAX_BYTES: usize = 64 << 20;

pub fn exists(fixture: &Fixture, present: bool) -> Result<Comparison> {
    let name = if present { fixture.file("present", b"")? } else { fixture.path("missing")? };
    let mut comparison = Comparison::new(&present);
    comparison.add_libraries(fixture.libraries, |library| move |_| library.exists(name.c));
    comparison.add(Implementation::Std, move |_| name.path.exists());
    comparison.add(Implementation::Rustix, move |_| rustix::fs::access(name.c, Access::EXISTS).is_ok());
    Ok(comparison)
}

pub fn size(fixture: &Fixture) -> Result<Comparison> {
    let name = fixture.file("sized", &text(12_345))?;
    let mut comparison = Comparison::new(&12_345);
    comparison.add_libraries(fixture.libraries, |library| move |_| library.size(name.c));
    comparison.add(Implementation::Std, move |_| name.path.metadata().map(|facts| facts.len().cast_signed()));
    comparison.add(Implementation::Rustix, move |_| rustix::fs::stat(name.c).map(|facts| facts.st_size));
    Ok(comparison)
}

pub fn modified(fixture: &Fixture) -> Result<Comparison> {
    let name = fixture.file("dated", b"")?;
    let seconds = move || -> Result<i64> {
        let since = name.path.metadata()?.modified()?.duration_since(UNIX_EPOCH)?;
        Ok(since.as_secs().cast_signed())
    };
    let mut comparison = Comparison::new(&seconds()?);
    comparison.add_libraries(fixture.libraries, |library| move |_| library.modified(name.c));
    comparison.add(Implementation::Std, move |_| seconds());
    comparison.add(Implementation::Rustix, move |_| rustix::fs::stat(name.c).map(|facts| facts.st_mtime));
    Ok(comparison)
}

pub fn delete(fixture: &Fixture) -> Result<Comparison> {
    const MAX_CALLS: usize = 2000;
    let names = TestPath::numbered(&fixture.directory.join("doomed"), MAX_CALLS)?;
    let mut comparison = Comparison::new(&true);
    comparison.limit_calls(MAX_CALLS);
    comparison.before(|count| names.iter().take(count).try_for_each(|name| Ok(fs::write(name.path, "")?)));
    comparison.expect_effect("false", |_| Ok(names[0].path.exists().to_string().into()));
    comparison.add_libraries(fixture.libraries, |library| |number| library.delete(names[number].c));
    comparison.add(Implementation::Std, |number| fs::remove_file(names[number].path));
    comparison.add(Implementation::Rustix, |number| rustix::fs::unlink(names[number].c));
    Ok(comparison)
}

pub fn read(fixture: &Fixture, len: usize) -> Result<Comparison> {
    let content = text(len);
    let name = fixture.file("content", &content)?;
    let mut comparison = Comparison::new(&content);
    comparison.add_libraries(fixture.libraries, |library| move |_| library.read(name.c));
    comparison.add(Implementation::Std, move |_| fs::read(name.path));
    comparison.add(Implementation::Rustix, move |_| read_by_rustix(name.c));
    Ok(comparison)
}

fn read_by_rustix(path: &CStr) -> rustix::io::Result<Vec<u8>> {
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let size = rustix::fs::fstat(&file)?.st_size;
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    while rustix::io::read(&file, spare_capacity(&mut content))? > 0 {
        content.reserve(1);
    }
    Ok(content)
}

fn write_by_rustix(path: &CStr, flag: OFlags, mut content: &[u8]) -> rustix::io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC | flag;
    let file = rustix::fs::open(path, flags, Mode::from_raw_mode(0o666))?;
    while !content.is_empty() {
        content = &content[rustix::io::write(&file, content)?..];
    }
    Ok(())
}

pub fn write(fixture: &Fixture, len: usize) -> Result<Comparison> {
    let content = Content::new(len)?;
    let max_calls = max_files(len);
    let names = TestPath::numbered(&fixture.directory.join("written"), max_calls)?;
    let mut comparison = Comparison::new(&true);
    comparison.limit_calls(max_calls);
    comparison.expect_effect(content.bytes(), |_| Ok(fs::read(names[0].path)?));
    comparison.after(|count| remove(names, count));
    comparison.add_libraries(fixture.libraries, |library| move |number| library.write(names[number].c, content.c));
    comparison.add(Implementation::Std, move |number| fs::write(names[number].path, content.bytes()));
    comparison
        .add(Implementation::Rustix, move |number| write_by_rustix(names[number].c, OFlags::TRUNC, content.bytes()));
    Ok(comparison)
}

/// Returns the number of files of this length that a batch may leave behind.
fn max_files(len: usize) -> usize {
    (MAX_BYTES / len.max(1)).min(2000)
}

fn remove(names: &[TestPath], count: usize) -> Result<()> {
    names.iter().take(count).try_for_each(|name| Ok(fs::remove_file(name.path)?))
}

pub fn append(fixture: &Fixture, len: usize) -> Result<Comparison> {
    let content = Content::new(len)?;
    let name = fixture.path("appended")?;
    let mut comparison = Comparison::new(&true);
    comparison.limit_calls(MAX_BYTES / len.max(1));
    comparison.expect_effect(content.bytes(), move |_| Ok(fs::read(name.path)?));
    comparison.after(move |_| Ok(fs::remove_file(name.path)?));
    comparison.add_libraries(fixture.libraries, |library| move |_| library.append(name.c, content.c));
    comparison.add(Implementation::Std, move |_| {
        OpenOptions::new().append(true).create(true).open(name.path)?.write_all(content.bytes())
    });
    comparison.add(Implementation::Rustix, move |_| write_by_rustix(name.c, OFlags::APPEND, content.bytes()));
    Ok(comparison)
}

pub fn copy_to_new(fixture: &Fixture, len: usize) -> Result<Comparison> {
    copy(fixture, len, false)
}

/// Replaces an old content of the same length.
pub fn copy_over(fixture: &Fixture, len: usize) -> Result<Comparison> {
    copy(fixture, len, true)
}

fn copy(fixture: &Fixture, len: usize, over: bool) -> Result<Comparison> {
    let max_calls = max_files(len);
    let content = text(len);
    let source = fixture.file("source", &content)?;
    let names = TestPath::numbered(&fixture.directory.join("copy"), if over { 1 } else { max_calls })?;
    let mut comparison = Comparison::new(&true);
    comparison.expect_effect(content.clone(), |_| Ok(fs::read(names[0].path)?));
    if over {
        fs::write(names[0].path, content)?;
    } else {
        comparison.limit_calls(max_calls);
        comparison.after(|count| remove(names, count));
    }
    let to = |number: usize| &names[number % names.len()];
    comparison.add_libraries(fixture.libraries, |library| move |number| library.copy(source.c, to(number).c));
    comparison.add(Implementation::Std, move |number| {
        fs::copy(source.path, to(number).path).map(|copied| copied == len as u64)
    });
    comparison.add(Implementation::Rustix, move |number| copy_by_rustix(source.c, to(number).c));
    Ok(comparison)
}

fn copy_by_rustix(source: &CStr, destination: &CStr) -> rustix::io::Result<()> {
    let from = rustix::fs::open(source, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mode = Mode::from_raw_mode(rustix::fs::fstat(&from)?.st_mode & 0o777);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let to = rustix::fs::open(destination, flags, mode)?;
    while rustix::fs::copy_file_range(&from, None, &to, None, 1 << 30)? > 0 {}
    Ok(())
}

pub fn lock(fixture: &Fixture) -> Result<Comparison> {
    let name = fixture.file("locked", b"")?;
    let mut comparison = Comparison::new(&true);
    comparison.add_libraries(fixture.libraries, |library| {
        move |_| {
            let fd = library.lock(name.c);
            fd >= 0 && library.unlock(fd)
        }
    });
    comparison.add(Implementation::Std, move |_| -> Result<()> {
        let file = open_to_lock(name.path)?;
        file.try_lock()?;
        Ok(file.unlock()?)
    });
    comparison.add(Implementation::Rustix, move |_| -> rustix::io::Result<()> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let file = rustix::fs::open(name.c, flags, Mode::from_raw_mode(0o666))?;
        rustix::fs::flock(file.as_fd(), FlockOperation::NonBlockingLockExclusive)?;
        rustix::fs::flock(file.as_fd(), FlockOperation::Unlock)
    });
    comparison.add(Implementation::Fs2, move |_| -> Result<()> {
        let file = open_to_lock(name.path)?;
        FileExt::try_lock_exclusive(&file)?;
        Ok(FileExt::unlock(&file)?)
    });
    Ok(comparison)
}

fn open_to_lock(path: &Path) -> Result<File> {
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    options.context("the file to lock")
}
