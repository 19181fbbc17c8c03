//! Makes the library's modules those of this crate: a copy of its source, and a list that declares every module public.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What is put behind the library's module `env`, and only here: what the library knows of the environment it keeps as
/// long as a process runs, and a target begins anew with each run.
const BEHIND_ENV: &str = "
/// Forgets what was set, as if the process began.
pub fn forget() {
    VARIABLES.lock().own = None;
}
";

/// What is for an archive, or for a program without std.
const NOT_HERE: [&str; 3] = ["archive", "panic", "start"];

fn main() -> io::Result<()> {
    let variable = |name| env::var_os(name).map(PathBuf::from).unwrap_or_default();
    let source = variable("CARGO_MANIFEST_DIR").join("../../src");
    println!("cargo::rerun-if-changed={}", source.display());
    let place = variable("OUT_DIR").join("library");
    copy(&source, &place)?;
    let environment = fs::read_to_string(place.join("env.rs"))? + BEHIND_ENV;
    fs::write(place.join("env.rs"), environment)?;
    let root = fs::read_to_string(source.join("lib.rs"))?;
    let modules =
        root.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    let modules = modules.filter(|name| !NOT_HERE.contains(name));
    let list: String = modules.map(|name| format!("pub mod {name};\n")).collect();
    fs::write(place.join("modules.rs"), list)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in from.read_dir()? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::write(to, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
