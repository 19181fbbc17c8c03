//! Files: content, names and attributes.

use std::ffi::{OsStr, c_char, c_void};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use anyhow::Result;
use libloading::Symbol;

use crate::shown::{Demo, lossy};

pub fn show(demo: &mut Demo<'_>) -> Result<()> {
    demo.family("Files");
    written(demo)?;
    read(demo)?;
    at_offsets(demo)?;
    names(demo)?;
    links_and_new_names(demo)?;
    attributes(demo)?;
    deleted(demo)
}

fn written(demo: &mut Demo<'_>) -> Result<()> {
    let (note, path) = demo.path("note")?;
    let done = demo.library.holds2("rt_file_write_text", &note, c"straight from the kernel\n")?;
    demo.row("rt_file_write_text", "wrote a line", done, fs::read(&path)? == b"straight from the kernel\n");
    let done = demo.library.holds2("rt_file_append_text", &note, c"no libc\n")?;
    demo.row("rt_file_append_text", "appended a line", done, fs::read(&path)?.ends_with(b"kernel\nno libc\n"));
    let (safe, path) = demo.path("safe")?;
    let done = demo.library.puts("rt_file_write_bytes", &safe, b"a\0b")?;
    demo.row("rt_file_write_bytes", "wrote 3 bytes", done, fs::read(&path)? == b"a\0b");
    let done = demo.library.puts("rt_file_append_bytes", &safe, b"\0c")?;
    demo.row("rt_file_append_bytes", "appended 2 bytes", done, fs::read(&path)? == b"a\0b\0c");
    let before = fs::metadata(&path)?.ino();
    let done = demo.library.holds2("rt_file_atomic_write", &safe, c"whole")?;
    let is_new = fs::metadata(&path)?.ino() != before;
    demo.row("rt_file_atomic_write", "replaced a file by another", done, is_new && fs::read(&path)? == b"whole");
    let done = demo.library.puts("rt_file_atomic_write_bytes", &safe, b"wh\0le")?;
    demo.row("rt_file_atomic_write_bytes", "replaced it by bytes", done, fs::read(&path)? == b"wh\0le");
    Ok(())
}

fn read(demo: &mut Demo<'_>) -> Result<()> {
    let (note, path) = demo.path("note")?;
    let exists = demo.library.holds("rt_file_exists", &note)?;
    demo.row("rt_file_exists", "checked that note exists", exists, exists == path.exists());
    let text = demo.library.text("rt_file_read_text", &note)?;
    demo.row("rt_file_read_text", "read note", format!("{} bytes", text.len()), text == fs::read(&path)?);
    let lines = demo.library.list("rt_file_read_lines", &note)?;
    let same = fs::read_to_string(&path)?.lines().eq(lines.iter().map(|line| line.to_str().unwrap_or_default()));
    demo.row("rt_file_read_lines", "read the lines of note", format!("{} lines", lines.len()), same);
    Ok(())
}

fn at_offsets(demo: &mut Demo<'_>) -> Result<()> {
    type ReadAt = unsafe extern "C" fn(*const c_char, i64, usize) -> *mut c_char;
    type WriteAt = unsafe extern "C" fn(*const c_char, i64, *const c_void, usize) -> i64;
    let (note, path) = demo.path("note")?;
    let read_at: Symbol<'_, ReadAt> = demo.library.get("rt_file_read_at")?;
    // SAFETY: the first argument is a NUL-terminated string.
    let text = demo.library.take("rt_file_read_at", unsafe { read_at(note.as_ptr(), 9, 4) })?;
    demo.row("rt_file_read_at", "read 4 bytes from offset 9", lossy(&text), fs::read(&path)?[9..13] == text);
    let write_at: Symbol<'_, WriteAt> = demo.library.get("rt_file_write_at")?;
    let data = b"FROM";
    // SAFETY: the arguments are a NUL-terminated string, and a slice with its length.
    let count = unsafe { write_at(note.as_ptr(), 9, data.as_ptr().cast(), data.len()) };
    let same = count == 4 && fs::read(&path)?.starts_with(b"straight FROM the kernel\n");
    demo.row("rt_file_write_at", "wrote bytes at offset 9", format!("{count} bytes"), same);
    Ok(())
}

fn names(demo: &mut Demo<'_>) -> Result<()> {
    let (note, note_path) = demo.path("note")?;
    let (twin, twin_path) = demo.path("twin")?;
    let (other, other_path) = demo.path("other")?;
    let done = demo.library.holds2("rt_file_copy", &note, &twin)?;
    demo.row("rt_file_copy", "copied note to twin", done, fs::read(&twin_path)? == fs::read(note_path)?);
    let done = demo.library.holds2("rt_file_rename", &twin, &other)?;
    demo.row("rt_file_rename", "renamed twin to other", done, !twin_path.exists() && other_path.exists());
    let done = demo.library.holds2("rt_file_move", &other, &twin)?;
    demo.row("rt_file_move", "moved other to twin", done, twin_path.exists() && !other_path.exists());
    Ok(())
}

fn links_and_new_names(demo: &mut Demo<'_>) -> Result<()> {
    let (link, path) = demo.path("link")?;
    let done = demo.library.holds2("rt_file_symlink", c"note", &link)?;
    demo.row("rt_file_symlink", "made link lead to note", done, fs::read_link(&path)? == Path::new("note"));
    let target = demo.library.text("rt_file_read_link", &link)?;
    let same = fs::read_link(&path)?.as_os_str().as_bytes() == target;
    demo.row("rt_file_read_link", "read link", lossy(&target), same);
    let (directory, _) = demo.path("")?;
    let new = demo.library.text2("rt_file_temp", &directory, c"demo.")?;
    let path = Path::new(OsStr::from_bytes(&new));
    let facts = fs::metadata(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    demo.row("rt_file_temp", "created a file with a new name", name, facts.is_file() && facts.len() == 0);
    Ok(())
}

fn attributes(demo: &mut Demo<'_>) -> Result<()> {
    let (note, path) = demo.path("note")?;
    let size = demo.library.number("rt_file_size", &note)?;
    demo.row("rt_file_size", "queried the size of note", size, size == i64::try_from(fs::metadata(&path)?.len())?);
    let set: Symbol<'_, unsafe extern "C" fn(*const c_char, i64, i32) -> bool> =
        demo.library.get("rt_file_set_modified_time")?;
    // SAFETY: the first argument is a NUL-terminated string.
    let done = unsafe { set(note.as_ptr(), 1_000_000_000, 5) };
    let facts = fs::metadata(&path)?;
    let same = (facts.mtime(), facts.mtime_nsec()) == (1_000_000_000, 5);
    demo.row("rt_file_set_modified_time", "set the modification time of note", done, same);
    let time = demo.library.number("rt_file_modified_time", &note)?;
    demo.row("rt_file_modified_time", "queried it", time, time == facts.mtime());
    let kind = demo.library.small_number("rt_file_kind", &note)?;
    let letter = char::from(u8::try_from(kind)?);
    demo.row("rt_file_kind", "queried the kind of note", letter, (letter == 'f') == facts.is_file());
    let set: Symbol<'_, unsafe extern "C" fn(*const c_char, u32) -> bool> = demo.library.get("rt_file_set_mode")?;
    // SAFETY: the first argument is a NUL-terminated string.
    let done = unsafe { set(note.as_ptr(), 0o640) };
    let expected = i32::try_from(fs::metadata(&path)?.permissions().mode() & 0o7777)?;
    demo.row("rt_file_set_mode", "set the mode of note to 640", done, expected == 0o640);
    let mode = demo.library.small_number("rt_file_mode", &note)?;
    demo.row("rt_file_mode", "queried the mode of note", format!("{mode:o}"), mode == expected);
    let done = demo.library.holds("rt_file_sync", &note)?;
    demo.row("rt_file_sync", "waited until note is on the disk", done, done);
    Ok(())
}

fn deleted(demo: &mut Demo<'_>) -> Result<()> {
    let (twin, path) = demo.path("twin")?;
    let done = demo.library.holds("rt_file_delete", &twin)?;
    demo.row("rt_file_delete", "deleted twin", done, !path.exists());
    let again = demo.library.holds("rt_file_remove", &twin)?;
    let reason = demo.library.last_error()?;
    let failed = !again && reason.starts_with("ENOENT:");
    demo.row("rt_file_remove", "tried to delete it again", format!("{again}, {reason}"), failed);
    Ok(())
}
