//! Creates directories with their parents in the real kernel, and compares the result with that of a simple recursion.
//!
//! `std::fs::create_dir_all` cannot be the model: it does not create a missing `c` for `c/.`.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Numbers, with_kernel};
use crate::dir;
use crate::errno::Errno;
use crate::kernel::Kernel;

/// The depth of the working directories. No path of a test has enough `..` to leave them.
const DEPTH: usize = 10;

/// The directories of the library and of the model, and their root. Dropping it removes them.
struct Places([PathBuf; 2], PathBuf);

impl Drop for Places {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.1);
    }
}

thread_local! {
    static PLACES: OnceCell<Places> = const { OnceCell::new() };
}

fn places() -> Places {
    let root = std::env::temp_dir().join(format!("ffi_syscalls_fuzz.{}", std::process::id()));
    let place = |name: &str| root.join(name).join("deep/".repeat(DEPTH));
    Places([place("library"), place("model")], root)
}

/// Input: the files, directories and links that exist before, and the path to create.
pub fn run(data: &[u8]) {
    let mut numbers = Numbers(data);
    let count = numbers.byte() % 4;
    let existing: Vec<_> = (0..count).map(|_| (numbers.byte() % 4, path(&mut numbers, 3))).collect();
    let wanted = path(&mut numbers, DEPTH - 2);
    PLACES.with(|places_here| {
        let Places(places, _) = places_here.get_or_init(places);
        for place in places {
            let _ = fs::remove_dir_all(place);
            fs::create_dir_all(place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
            existing.iter().for_each(|(kind, name)| prepare(*kind, &place.join(name)));
        }
        let [own, other] = places;
        let path = own.join(&wanted);
        let kernel = Kernel { has_real_directories: true, ..Kernel::default() };
        let result = with_kernel(kernel, || dir::create(path.as_os_str().as_bytes(), true));
        let expected = create(&other.join(&wanted));
        let failure = expected.err().map(|error| error.raw_os_error().unwrap_or_default());
        assert_eq!(result.err().map(Errno::raw), failure, "{}", wanted.display());
        assert_eq!(tree(own), tree(other), "{}", wanted.display());
    });
}

fn create(path: &Path) -> std::io::Result<()> {
    let Err(error) = fs::create_dir(path) else { return Ok(()) };
    let error = match parent(path).filter(|_| error.kind() == ErrorKind::NotFound) {
        Some(parent) => {
            create(parent)?;
            let Err(error) = fs::create_dir(path) else { return Ok(()) };
            error
        }
        None => error,
    };
    if path.is_dir() { Ok(()) } else { Err(error) }
}

/// Returns the path without its last name, even if that is `.` or `..`.
fn parent(path: &Path) -> Option<&Path> {
    let text = path.to_str()?.trim_end_matches('/');
    let parent = text[..text.rfind('/')?].trim_end_matches('/');
    (!parent.is_empty()).then_some(Path::new(parent))
}

/// Returns a path of a few names, with dots, empty names and names of 255 or 256 bytes among them.
fn path(numbers: &mut Numbers<'_>, max: usize) -> PathBuf {
    const NAMES: [&str; 8] = ["a", "b", "c", "..", ".", "", "a b", "link"];
    let count = usize::from(numbers.byte()) % max + 1;
    let long = "n".repeat(255 + usize::from(numbers.byte() % 3) % 2);
    let names: Vec<&str> = (0..count)
        .map(|_| match numbers.byte() {
            number @ ..240 => NAMES[usize::from(number % 8)],
            _ => &long,
        })
        .collect();
    // A relative path: an absolute one would lead out of the directory.
    OsStr::new(names.join("/").trim_start_matches('/')).into()
}

fn prepare(kind: u8, path: &Path) {
    let _ = match kind {
        0 => fs::write(path, ""),
        1 => fs::create_dir(path),
        2 => std::os::unix::fs::symlink("nowhere", path),
        _ => std::os::unix::fs::symlink("a", path),
    };
}

/// Returns every path below a directory, each with true for a directory. Does not follow links.
fn tree(place: &Path) -> BTreeSet<(PathBuf, bool)> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![PathBuf::new()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(place.join(&directory)).into_iter().flatten().flatten() {
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let path = directory.join(entry.file_name());
            if is_directory {
                waiting.push(path.clone());
            }
            found.insert((path, is_directory));
        }
    }
    found
}
