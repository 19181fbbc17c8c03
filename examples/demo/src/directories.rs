//! Directories.

use std::collections::BTreeSet;
use std::ffi::{OsStr, c_char};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::Result;
use libloading::Symbol;

use crate::shown::{Demo, c_path};

pub fn show(demo: &mut Demo<'_>) -> Result<()> {
    demo.family("Directories");
    let (deep, path) = demo.path("a/b/c")?;
    let create: Symbol<'_, unsafe extern "C" fn(*const c_char, bool) -> bool> = demo.library.get("rt_dir_create")?;
    // SAFETY: the first argument is a NUL-terminated string.
    let done = unsafe { create(deep.as_ptr(), true) };
    demo.row("rt_dir_create", "created a/b/c", done, path.is_dir());
    let exists = demo.library.holds("rt_dir_exists", &deep)?;
    demo.row("rt_dir_exists", "checked that it exists", exists, exists == path.is_dir());
    listed(demo)?;
    let done = demo.library.holds("rt_dir_remove", &deep)?;
    demo.row("rt_dir_remove", "removed a/b/c", done, !path.exists());
    let (parent, path) = demo.path("a")?;
    let new = demo.library.text2("rt_dir_temp", &parent, c"demo.")?;
    let new = Path::new(OsStr::from_bytes(&new));
    let name = new.file_name().unwrap_or_default().to_string_lossy().into_owned();
    demo.row("rt_dir_temp", "created a directory with a new name", name, new.is_dir());
    let done = demo.library.holds("rt_dir_remove_all", &parent)?;
    demo.row("rt_dir_remove_all", "removed a and all in it", done, !path.exists());
    Ok(())
}

fn listed(demo: &mut Demo<'_>) -> Result<()> {
    let names = demo.library.list("rt_dir_list", c"/")?;
    let expected = fs::read_dir("/")?.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>>>()?;
    demo.row("rt_dir_list", "listed /", format!("{} names", names.len()), names == expected);
    let (_, tree) = demo.path("a")?;
    fs::write(tree.join("one"), "")?;
    fs::write(tree.join("b/two"), "")?;
    let files = demo.library.list("rt_dir_walk", &c_path(&tree)?)?;
    let found = files.iter().map(|file| Path::new(file).to_owned()).collect::<BTreeSet<_>>();
    let expected = BTreeSet::from([tree.join("one"), tree.join("b/two")]);
    demo.row("rt_dir_walk", "listed the files below a", format!("{} files", files.len()), found == expected);
    Ok(())
}
