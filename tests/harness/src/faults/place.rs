//! The directory that the calls work on.

use std::cell::RefCell;
use std::fs::{self, File, OpenOptions, Permissions};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// A directory of files for the calls. Those that no call may change are made once.
pub struct Place {
    pub directory: PathBuf,
    pub program: PathBuf,
    pub small: Vec<u8>,
    pub medium: Vec<u8>,
    pub large: Vec<u8>,
    pub hole: Vec<u8>,
    pub sparse: Vec<u8>,
    pub piped: Vec<u8>,
    pub working_directory: Vec<u8>,
    pub host_name: Vec<u8>,
    pub home: Vec<u8>,
    pub few: Vec<Vec<u8>>,
    pub many: Vec<Vec<u8>>,
    /// The lines of the file `lines`, in order of their bytes.
    pub lines: Vec<Vec<u8>>,
    pub walked: Vec<Vec<u8>>,
    guarded: Vec<(PathBuf, Guarded)>,
    /// The file that is kept locked.
    held: RefCell<Option<File>>,
}

/// Length, mode, inode and modification time of a file, which show that it did not change.
type Guarded = (u64, u32, u64, i64, i64);

const SOURCES: [&str; 7] = ["empty", "small", "medium", "large", "hole", "sparse", "script"];
/// Longer than the first buffer of the library.
const MEDIUM: usize = 300_000;
/// More than the heap keeps for reuse.
const LARGE: usize = (17 << 20) + 5;
const PIPED: usize = 40_000;
/// The data of the files with holes. The kernel copies the first part of the second.
const HOLE: Range<usize> = 32_768..36_768;
const SPARSE: [Range<usize>; 2] = [0..70_000, 300_000..304_000];
/// So many names do not fit into the first buffer of the library.
const MANY: usize = 1500;

impl Place {
    /// More bytes than a place ever takes.
    pub const SIZE: u64 = 2 * LARGE as u64;

    /// Fills an empty directory, for a program.
    pub fn new(directory: &Path, program: &Path) -> Result<Self> {
        let bytes = |len: usize| (0..len).map(|at| b"0123456789abcdefghijklmnopqrs\n\0"[at % 31]).collect::<Vec<_>>();
        let with_holes = |len: usize, extents: &[Range<usize>]| -> Vec<u8> {
            let is_data = |at: usize| extents.iter().any(|extent| extent.contains(&at));
            (0..len).map(|at| if is_data(at) { b"abcdefghijklmnopqrstuvw"[at % 23] } else { 0 }).collect()
        };
        let names = |count: usize| {
            let mut names: Vec<_> = (0..count).map(|number| format!("{number:0>70}").into_bytes()).collect();
            names.sort_unstable();
            names
        };
        let directory = directory.canonicalize()?;
        let mut place = Self {
            working_directory: directory.as_os_str().as_encoded_bytes().to_vec(),
            program: program.to_path_buf(),
            small: bytes(4000),
            medium: bytes(MEDIUM),
            large: bytes(LARGE),
            hole: with_holes(36_768, &[HOLE]),
            sparse: with_holes(500_000, &SPARSE),
            piped: (0..PIPED).map(|at| b"abcdefghijklmnopqrstuvw"[at % 23]).collect(),
            host_name: fs::read_to_string("/proc/sys/kernel/hostname")?.trim_end().as_bytes().to_vec(),
            home: home_in_passwd()?,
            few: names(3),
            many: names(MANY),
            lines: [&b"and another"[..], b"one line"].map(<[u8]>::to_vec).to_vec(),
            walked: ["path/b/prog", "path/c/prog", "path/c/script"].map(|path| path.as_bytes().to_vec()).to_vec(),
            guarded: Vec::new(),
            held: RefCell::new(None),
            directory,
        };
        place.fill()?;
        Ok(place)
    }

    fn fill(&mut self) -> Result<()> {
        fs::write(self.at("empty"), b"")?;
        fs::write(self.at("small"), &self.small)?;
        fs::write(self.at("medium"), &self.medium)?;
        fs::write(self.at("large"), &self.large)?;
        self.write_sparse("hole", &self.hole, &[HOLE])?;
        self.write_sparse("sparse", &self.sparse, &SPARSE)?;
        fs::write(self.at("lines"), "one line\r\nand another\n")?;
        fs::write(self.at("script"), "exit 7\n")?;
        fs::set_permissions(self.at("script"), Permissions::from_mode(0o755))?;
        fs::set_permissions(self.at("small"), Permissions::from_mode(0o640))?;
        symlink("small", self.at("link"))?;
        symlink("link-to-itself", self.at("link-to-itself"))?;
        symlink(".", self.at("here"))?;
        for (name, entries) in [("few", &self.few), ("many", &self.many)] {
            fs::create_dir(self.at(name))?;
            for entry in entries {
                File::create(self.at(name).join(str::from_utf8(entry)?))?;
            }
        }
        // For searches: an empty directory, one with a file that is not executable, one with the program.
        for name in ["path", "path/a", "path/b", "path/c"] {
            fs::create_dir(self.at(name))?;
        }
        fs::write(self.at("path/b/prog"), "")?;
        symlink(&self.program, self.at("path/c/prog"))?;
        fs::copy(self.at("script"), self.at("path/c/script"))?;
        for name in SOURCES {
            self.guarded.push((self.at(name), guard(&self.at(name))?));
        }
        Ok(())
    }

    /// Writes a file of which these parts are data, and the rest are holes.
    fn write_sparse(&self, name: &str, content: &[u8], extents: &[Range<usize>]) -> Result<()> {
        let file = File::create(self.at(name))?;
        file.set_len(content.len().try_into()?)?;
        for extent in extents {
            let data = content.get(extent.clone()).context("beyond the end")?;
            file.write_all_at(data, extent.start.try_into()?)?;
        }
        Ok(())
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Opens the file of the program's standard output.
    pub fn output(&self) -> Result<File> {
        Ok(OpenOptions::new().append(true).create(true).open(self.at("output"))?)
    }

    /// Opens the file of its standard error.
    pub fn errors(&self) -> Result<File> {
        Ok(OpenOptions::new().append(true).create(true).open(self.at("errors"))?)
    }

    pub fn empty_output(&self) -> Result<()> {
        for name in ["output", "errors"] {
            OpenOptions::new().write(true).create(true).truncate(true).open(self.at(name))?;
        }
        Ok(())
    }

    /// Checks that no source has changed.
    pub fn is_unharmed(&self) -> Result<()> {
        for (path, wanted) in &self.guarded {
            ensure!(guard(path)? == *wanted, "{} has changed", path.display());
        }
        Ok(())
    }

    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.at(name);
        match fs::symlink_metadata(&path) {
            Ok(file) if file.is_dir() => Ok(fs::remove_dir_all(path)?),
            Ok(_) => Ok(fs::remove_file(path)?),
            Err(_) => Ok(()),
        }
    }

    /// Removes the directories `new/b/c`, which may lack every permission, and lets each user create them.
    pub fn remove_new_directories(&self) -> Result<()> {
        fs::set_permissions(&self.directory, Permissions::from_mode(0o777))?;
        for name in ["new", "new/b"].into_iter().filter(|name| self.exists(name)) {
            fs::set_permissions(self.at(name), Permissions::from_mode(0o700))?;
        }
        self.remove("new")
    }

    /// Checks that the owner of a directory can create files in it.
    pub fn gives_access(&self, name: &str) -> Result<()> {
        let mode = fs::metadata(self.at(name))?.mode() & 0o7777;
        ensure!(mode & 0o300 == 0o300, "{name} has the mode {mode:o}");
        Ok(())
    }

    /// Makes an empty directory.
    pub fn make_directory(&self, name: &str) -> Result<()> {
        self.remove(name)?;
        Ok(fs::create_dir(self.at(name))?)
    }

    /// Makes a directory with a file, a link to a directory, and a directory with a file.
    pub fn make_tree(&self, name: &str) -> Result<()> {
        self.make_directory(name)?;
        fs::create_dir(self.at(name).join("inner"))?;
        fs::write(self.at(name).join("inner/file"), b"")?;
        fs::write(self.at(name).join("file"), b"")?;
        Ok(symlink("../few", self.at(name).join("link"))?)
    }

    pub fn make_link(&self, name: &str, target: &str) -> Result<()> {
        self.remove(name)?;
        Ok(symlink(target, self.at(name))?)
    }

    pub fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        self.remove(name)?;
        Ok(fs::write(self.at(name), content)?)
    }

    /// Writes a file that only its owner may use.
    pub fn write_private(&self, name: &str, content: &[u8]) -> Result<()> {
        self.write(name, content)?;
        Ok(fs::set_permissions(self.at(name), Permissions::from_mode(0o600))?)
    }

    pub fn exists(&self, name: &str) -> bool {
        fs::symlink_metadata(self.at(name)).is_ok()
    }

    pub fn is(&self, name: &str, content: &[u8]) -> Result<()> {
        let found = fs::read(self.at(name)).with_context(|| format!("no {name}"))?;
        ensure!(found == content, "{name} has {} bytes, and not the {} that it should", found.len(), content.len());
        Ok(())
    }

    pub fn is_copy(&self, name: &str, source: &str, content: &[u8]) -> Result<()> {
        self.is(name, content)?;
        self.has_mode(name, fs::metadata(self.at(source))?.mode() & 0o777)
    }

    /// Checks the content of a file that existed, and that its mode did not change.
    pub fn is_over(&self, name: &str, content: &[u8]) -> Result<()> {
        self.is(name, content)?;
        self.has_mode(name, 0o600)
    }

    pub fn has_mode(&self, name: &str, wanted: u32) -> Result<()> {
        let mode = fs::metadata(self.at(name))?.mode() & 0o7777;
        ensure!(mode == wanted, "{name} has the mode {mode:o}, and not {wanted:o}");
        Ok(())
    }

    pub fn has_no(&self, name: &str) -> Result<()> {
        ensure!(!self.exists(name), "{name} is still there");
        Ok(())
    }

    pub fn has(&self, name: &str) -> Result<()> {
        ensure!(self.exists(name), "{name} is gone");
        Ok(())
    }

    /// Keeps a new file locked until the next scenario is prepared.
    pub fn hold(&self, name: &str) -> Result<()> {
        self.write(name, b"")?;
        let file = File::open(self.at(name))?;
        file.lock()?;
        self.held.replace(Some(file));
        Ok(())
    }

    /// Releases the lock of [`hold`](Self::hold).
    pub fn release(&self) {
        self.held.take();
    }

    /// Makes a directory that is empty.
    pub fn empty_directory(&self, name: &str) -> Result<()> {
        self.remove(name)?;
        Ok(fs::create_dir(self.at(name))?)
    }

    /// Returns the names in a directory, in order of their bytes.
    pub fn names_in(&self, directory: &str) -> Result<Vec<String>> {
        let names =
            fs::read_dir(self.at(directory))?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut names = names.collect::<Result<Vec<_>>>()?;
        names.sort_unstable();
        Ok(names)
    }

    /// Checks that a directory contains these names, which are in order, and no others.
    pub fn contains_only(&self, directory: &str, wanted: &[&str]) -> Result<()> {
        let found = self.names_in(directory)?;
        ensure!(found == wanted, "{directory} contains {found:?}, and not {wanted:?}");
        Ok(())
    }

    /// Checks that no lock is held, by taking it for a moment.
    pub fn is_free(&self, name: &str) -> Result<()> {
        let file = File::open(self.at(name))?;
        ensure!(file.try_lock().is_ok(), "{name} is still locked");
        Ok(())
    }

    /// Checks that others can get a shared lock, but no exclusive one.
    pub fn is_shared(&self, name: &str) -> Result<()> {
        self.is_locked(name)?;
        let file = File::open(self.at(name))?;
        ensure!(file.try_lock_shared().is_ok(), "{name} has an exclusive lock");
        Ok(())
    }

    pub fn is_locked(&self, name: &str) -> Result<()> {
        let file = File::open(self.at(name))?;
        ensure!(file.try_lock().is_err(), "{name} is not locked");
        Ok(())
    }
}

fn guard(path: &Path) -> Result<Guarded> {
    let file = fs::metadata(path)?;
    Ok((file.len(), file.mode(), file.ino(), file.mtime(), file.mtime_nsec()))
}

/// Returns the home directory of the current user in /etc/passwd.
fn home_in_passwd() -> Result<Vec<u8>> {
    let user = rustix::process::getuid().as_raw().to_string();
    let passwd = fs::read_to_string("/etc/passwd")?;
    let mut homes = passwd.lines().filter_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        (fields.len() >= 7 && fields[2] == user).then(|| fields[5].as_bytes().to_vec())
    });
    homes.next().context("/etc/passwd does not have this user")
}
