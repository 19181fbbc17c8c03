//! Walks and removes trees in the real kernel while directories are moved, removed and swapped for links.
//!
//! The changes come from the input, each before a system call, so that a run can be repeated. Whatever they are, no walk
//! reaches a directory that only a link leads to, and nothing outside the tree is removed.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Numbers, with_kernel};
use crate::dir::{self, Walk};
use crate::errno::Errno;
use crate::kernel::Kernel;

/// The name of files that no operation may reach.
const PRECIOUS: &str = "precious";

/// More levels than an operation keeps open.
const DEPTH_MAX: u8 = 24;

/// Input: the operation, the shape of the tree, and the changes.
pub fn run(data: &[u8]) {
    let mut numbers = Numbers(data);
    let is_removal = numbers.byte().is_multiple_of(2);
    let place = Place::new();
    let tree = place.0.join("tree");
    let names = make_tree(&mut numbers, &tree);
    let changes = Changes { bytes: numbers.0.to_vec(), names, place: place.0.clone(), made: 0 };
    let race: Rc<RefCell<Changes>> = Rc::new(RefCell::new(changes));
    let before_each_call = Rc::clone(&race);
    let kernel = Kernel {
        before_real_call: Some(Rc::new(move || before_each_call.borrow_mut().make_next())),
        ..Kernel::default()
    };
    let open = count_descriptors();
    let path = tree.as_os_str().as_bytes();
    with_kernel(kernel, || if is_removal { remove(path, &race) } else { walk(path, &race) });
    assert_eq!(count_descriptors(), open, "descriptors are left open");
    for kept in ["outside/precious", "outside/directory/precious", "moved/precious"] {
        assert!(place.0.join(kept).exists(), "{kept} is gone");
    }
}

fn remove(path: &[u8], race: &RefCell<Changes>) {
    let result = dir::remove_all(path);
    if race.borrow().made == 0 {
        assert_eq!(result, Ok(()), "without a change");
        assert!(!Path::new(OsStr::from_bytes(path)).exists(), "the tree stays");
    }
    assert_ne!(result, Err(Errno::EINVAL), "the path of the tree is refused");
}

fn walk(path: &[u8], race: &RefCell<Changes>) {
    let mut reached = Vec::new();
    for entry in Walk::new(path).follow_root_links(false) {
        let Ok(entry) = entry else { continue };
        let name = entry.file_name();
        assert!(name != PRECIOUS.as_bytes(), "{} is reached", OsStr::from_bytes(entry.path()).display());
        reached.push(PathBuf::from(OsStr::from_bytes(entry.path())));
    }
    let race = race.borrow();
    let is_reached = |name: &PathBuf| reached.contains(name);
    assert!(race.made > 0 || race.names.iter().all(is_reached), "a directory is left out without a change");
}

/// A directory that is removed when dropped.
struct Place(PathBuf);

impl Place {
    /// Makes a directory with what must not be lost: what links lead to, and what is beside moved directories.
    fn new() -> Self {
        let place = Self(std::env::temp_dir().join(format!("ffi_syscalls_fuzz_trees.{}", std::process::id())));
        let _ = fs::remove_dir_all(&place.0);
        for directory in ["outside/directory", "moved", "tree"] {
            made(fs::create_dir_all(place.0.join(directory)));
        }
        for directory in ["outside", "outside/directory", "moved"] {
            made(fs::write(place.0.join(directory).join(PRECIOUS), ""));
        }
        place
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn made(result: std::io::Result<()>) {
    assert!(result.is_ok(), "{result:?}");
}

/// Makes a chain of directories, with a few files, links and directories in it. Returns the paths of the directories.
fn make_tree(numbers: &mut Numbers<'_>, root: &Path) -> Vec<PathBuf> {
    let mut directories = vec![root.to_owned()];
    for level in 0..numbers.byte() % DEPTH_MAX {
        let Some(last) = directories.last().cloned() else { break };
        let beside = last.join("beside");
        match numbers.byte() % 4 {
            0 => made(fs::write(&beside, "")),
            1 => made(symlink("../outside", &beside)),
            2 => made(fs::create_dir(&beside)),
            _ => {}
        }
        let next = last.join(level.to_string());
        made(fs::create_dir(&next));
        directories.push(next);
    }
    directories
}

/// Smaller bytes of the input let a system call pass without a change before it.
const FIRST_CHANGE: u8 = 128;

/// The changes that are still to be made.
struct Changes {
    bytes: Vec<u8>,
    /// The directories of the tree, as they were made.
    names: Vec<PathBuf>,
    place: PathBuf,
    /// The number of changes so far, each of which may have failed.
    made: usize,
}

impl Changes {
    /// Makes the next change, which fails if an earlier one has moved what it is to change.
    fn make_next(&mut self) {
        let rest = std::mem::take(&mut self.bytes);
        let mut numbers = Numbers(&rest);
        let kind = numbers.byte();
        if kind >= FIRST_CHANGE {
            let count = self.names.len();
            let name = self.names[usize::from(numbers.byte()) % count].clone();
            let other = self.names[usize::from(numbers.byte()) % count].clone();
            self.made += 1;
            let _ = self.make(kind % 6, &name, &other);
        }
        self.bytes = numbers.0.to_vec();
    }

    fn make(&self, kind: u8, name: &Path, other: &Path) -> std::io::Result<()> {
        match kind {
            0 => {
                self.move_out(name)?;
                symlink(self.place.join("outside"), name)
            }
            1 => {
                self.move_out(name)?;
                fs::create_dir(name)
            }
            2 => self.move_out(name),
            3 => fs::write(name.join("new"), ""),
            4 => fs::rename(name, other.join("renamed")),
            _ => {
                fs::remove_file(name)?;
                fs::create_dir(name)
            }
        }
    }

    fn move_out(&self, name: &Path) -> std::io::Result<()> {
        fs::rename(name, self.place.join("moved").join(self.made.to_string()))
    }
}

fn count_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
