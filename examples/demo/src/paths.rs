//! Paths and patterns.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, absolute};
use std::process::Command;

use anyhow::Result;

use crate::shown::{Demo, c_path, lossy, printed};

pub fn show(demo: &mut Demo<'_>) -> Result<()> {
    demo.family("Paths");
    let path = Path::new("/usr/lib/libdemo.so");
    part(demo, "rt_path_basename", path.file_name())?;
    part(demo, "rt_path_dirname", path.parent().map(Path::as_os_str))?;
    part(demo, "rt_path_extension", path.extension())?;
    let joined = demo.library.text2("rt_path_join", c"/usr", c"bin")?;
    row(demo, "rt_path_join", "joined /usr and bin", &joined, &Path::new("/usr").join("bin"));
    let full = demo.library.text("rt_path_absolute", c"./note")?;
    row(demo, "rt_path_absolute", "made ./note absolute", &full, &absolute("./note")?);
    let (link, path) = demo.path("link")?;
    let canonical = demo.library.text("rt_path_canonical", &link)?;
    row(demo, "rt_path_canonical", "resolved link", &canonical, &fs::canonicalize(path)?);
    patterns(demo)
}

fn part(demo: &mut Demo<'_>, name: &str, expected: Option<&OsStr>) -> Result<()> {
    let part = demo.library.text(name, c"/usr/lib/libdemo.so")?;
    row(demo, name, "took apart /usr/lib/libdemo.so", &part, Path::new(expected.unwrap_or_default()));
    Ok(())
}

fn row(demo: &mut Demo<'_>, name: &str, action: &str, found: &[u8], expected: &Path) {
    demo.row(name, action, lossy(found), expected.as_os_str().as_bytes() == found);
}

fn patterns(demo: &mut Demo<'_>) -> Result<()> {
    demo.family("Patterns");
    let matches = demo.library.holds2("rt_glob_match", c"n[!a-n]t?*", c"notes")?;
    let shell = Command::new("sh").args(["-c", "case notes in n[!a-n]t?*) exit 0;; esac; exit 1"]).status()?;
    demo.row("rt_glob_match", "matched notes with n[!a-n]t?*", matches, matches == shell.success());
    let pattern = c_path(&demo.work.join("[l-n]*"))?;
    let paths = demo.library.list("rt_glob_pattern", &pattern)?;
    let mut shell = Command::new("sh");
    shell.args(["-c", "printf '%s\\n' \"$0\"/[l-n]*"]).arg(demo.work).env("LC_ALL", "C");
    let same = printed(&mut shell)?.lines().map(OsStr::new).eq(paths.iter().map(|path| path.as_os_str()));
    demo.row("rt_glob_pattern", "looked for [l-n]*", format!("{} paths", paths.len()), same);
    Ok(())
}
