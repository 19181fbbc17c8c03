//! What is done with files, by each contender.

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

use crate::race::{Contender, Race};
use crate::scene::{Name, Scene};

/// Text of this many bytes, in lines.
fn text(len: usize) -> Vec<u8> {
    b"The quick brown fox jumps over the lazy dog, and nobody minds.\n".iter().copied().cycle().take(len).collect()
}

/// Text to write, as C passes it: whoever writes has to find its end.
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
        // SAFETY: a NUL-terminated text that stays.
        unsafe { CStr::from_ptr(pointer) }.to_bytes()
    }
}

/// How much a turn may write.
const MOST_BYTES: usize = 64 << 20;

pub fn exists(scene: &Scene, present: bool) -> Result<Race> {
    let name = if present { scene.file("present", b"")? } else { scene.name("missing")? };
    let mut race = Race::new(&present);
    race.enter_libraries(scene.libraries, |library| move |_| library.exists(name.c));
    race.enter(Contender::Std, move |_| name.path.exists());
    race.enter(Contender::Rustix, move |_| rustix::fs::access(name.c, Access::EXISTS).is_ok());
    Ok(race)
}

pub fn size(scene: &Scene) -> Result<Race> {
    let name = scene.file("sized", &text(12_345))?;
    let mut race = Race::new(&12_345);
    race.enter_libraries(scene.libraries, |library| move |_| library.size(name.c));
    race.enter(Contender::Std, move |_| name.path.metadata().map(|facts| facts.len().cast_signed()));
    race.enter(Contender::Rustix, move |_| rustix::fs::stat(name.c).map(|facts| facts.st_size));
    Ok(race)
}

pub fn modified(scene: &Scene) -> Result<Race> {
    let name = scene.file("dated", b"")?;
    let seconds = move || -> Result<i64> {
        let since = name.path.metadata()?.modified()?.duration_since(UNIX_EPOCH)?;
        Ok(since.as_secs().cast_signed())
    };
    let mut race = Race::new(&seconds()?);
    race.enter_libraries(scene.libraries, |library| move |_| library.modified(name.c));
    race.enter(Contender::Std, move |_| seconds());
    race.enter(Contender::Rustix, move |_| rustix::fs::stat(name.c).map(|facts| facts.st_mtime));
    Ok(race)
}

pub fn delete(scene: &Scene) -> Result<Race> {
    const MOST: usize = 2000;
    let names = Name::numbered(&scene.directory.join("doomed"), MOST)?;
    let mut race = Race::new(&true);
    race.at_most(MOST);
    race.before(|count| names.iter().take(count).try_for_each(|name| Ok(fs::write(name.path, "")?)));
    race.effect("false", |_| Ok(names[0].path.exists().to_string().into()));
    race.enter_libraries(scene.libraries, |library| |number| library.delete(names[number].c));
    race.enter(Contender::Std, |number| fs::remove_file(names[number].path));
    race.enter(Contender::Rustix, |number| rustix::fs::unlink(names[number].c));
    Ok(race)
}

pub fn read(scene: &Scene, len: usize) -> Result<Race> {
    let content = text(len);
    let name = scene.file("content", &content)?;
    let mut race = Race::new(&content);
    race.enter_libraries(scene.libraries, |library| move |_| library.read(name.c));
    race.enter(Contender::Std, move |_| fs::read(name.path));
    race.enter(Contender::Rustix, move |_| read_by_rustix(name.c));
    Ok(race)
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

pub fn write(scene: &Scene, len: usize) -> Result<Race> {
    let content = Content::new(len)?;
    let most = most_files(len);
    let names = Name::numbered(&scene.directory.join("written"), most)?;
    let mut race = Race::new(&true);
    race.at_most(most);
    race.effect(content.bytes(), |_| Ok(fs::read(names[0].path)?));
    race.after(|count| remove(names, count));
    race.enter_libraries(scene.libraries, |library| move |number| library.write(names[number].c, content.c));
    race.enter(Contender::Std, move |number| fs::write(names[number].path, content.bytes()));
    race.enter(Contender::Rustix, move |number| write_by_rustix(names[number].c, OFlags::TRUNC, content.bytes()));
    Ok(race)
}

/// How many files of this length a turn may leave behind.
fn most_files(len: usize) -> usize {
    (MOST_BYTES / len.max(1)).min(2000)
}

fn remove(names: &[Name], count: usize) -> Result<()> {
    names.iter().take(count).try_for_each(|name| Ok(fs::remove_file(name.path)?))
}

pub fn append(scene: &Scene, len: usize) -> Result<Race> {
    let content = Content::new(len)?;
    let name = scene.name("appended")?;
    let mut race = Race::new(&true);
    race.at_most(MOST_BYTES / len.max(1));
    race.effect(content.bytes(), move |_| Ok(fs::read(name.path)?));
    race.after(move |_| Ok(fs::remove_file(name.path)?));
    race.enter_libraries(scene.libraries, |library| move |_| library.append(name.c, content.c));
    race.enter(Contender::Std, move |_| {
        OpenOptions::new().append(true).create(true).open(name.path)?.write_all(content.bytes())
    });
    race.enter(Contender::Rustix, move |_| write_by_rustix(name.c, OFlags::APPEND, content.bytes()));
    Ok(race)
}

pub fn copy_to_new(scene: &Scene, len: usize) -> Result<Race> {
    copy(scene, len, false)
}

/// Over an old content of the same length.
pub fn copy_over(scene: &Scene, len: usize) -> Result<Race> {
    copy(scene, len, true)
}

fn copy(scene: &Scene, len: usize, over: bool) -> Result<Race> {
    let most = most_files(len);
    let content = text(len);
    let source = scene.file("source", &content)?;
    let names = Name::numbered(&scene.directory.join("copy"), if over { 1 } else { most })?;
    let mut race = Race::new(&true);
    race.effect(content.clone(), |_| Ok(fs::read(names[0].path)?));
    if over {
        fs::write(names[0].path, content)?;
    } else {
        race.at_most(most);
        race.after(|count| remove(names, count));
    }
    let to = |number: usize| &names[number % names.len()];
    race.enter_libraries(scene.libraries, |library| move |number| library.copy(source.c, to(number).c));
    race.enter(Contender::Std, move |number| fs::copy(source.path, to(number).path).map(|copied| copied == len as u64));
    race.enter(Contender::Rustix, move |number| copy_by_rustix(source.c, to(number).c));
    Ok(race)
}

fn copy_by_rustix(source: &CStr, destination: &CStr) -> rustix::io::Result<()> {
    let from = rustix::fs::open(source, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mode = Mode::from_raw_mode(rustix::fs::fstat(&from)?.st_mode & 0o777);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let to = rustix::fs::open(destination, flags, mode)?;
    while rustix::fs::copy_file_range(&from, None, &to, None, 1 << 30)? > 0 {}
    Ok(())
}

pub fn lock(scene: &Scene) -> Result<Race> {
    let name = scene.file("locked", b"")?;
    let mut race = Race::new(&true);
    race.enter_libraries(scene.libraries, |library| {
        move |_| {
            let fd = library.lock(name.c);
            fd >= 0 && library.unlock(fd)
        }
    });
    race.enter(Contender::Std, move |_| -> Result<()> {
        let file = open_to_lock(name.path)?;
        file.try_lock()?;
        Ok(file.unlock()?)
    });
    race.enter(Contender::Rustix, move |_| -> rustix::io::Result<()> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let file = rustix::fs::open(name.c, flags, Mode::from_raw_mode(0o666))?;
        rustix::fs::flock(file.as_fd(), FlockOperation::NonBlockingLockExclusive)?;
        rustix::fs::flock(file.as_fd(), FlockOperation::Unlock)
    });
    race.enter(Contender::Fs2, move |_| -> Result<()> {
        let file = open_to_lock(name.path)?;
        FileExt::try_lock_exclusive(&file)?;
        Ok(FileExt::unlock(&file)?)
    });
    Ok(race)
}

fn open_to_lock(path: &Path) -> Result<File> {
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    options.context("the file to lock")
}
