//! Temporary directories, and the content of files.

use super::*;

/// A temporary directory that every user may write to. Dropping it removes it, except in a child, which borrows that of
/// its parent.
pub(crate) struct TempDir {
    pub(super) path: String,
    pub(super) _removed_on_drop: Option<tempfile::TempDir>,
}

impl TempDir {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap().to_owned();
        set_mode(&path, 0o777);
        Self { path, _removed_on_drop: Some(directory) }
    }

    /// Returns the path of a name in the directory.
    pub(crate) fn join(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes an executable file and returns its path.
    pub(crate) fn executable(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let (draft, path) = (self.file(&format!("{name}.draft"), content), self.join(name));
        copy_program(&draft, &path);
        fs::remove_file(draft).unwrap();
        set_mode(&path, 0o755);
        path
    }

    /// Creates a directory and returns its path.
    pub(crate) fn mkdir(&self, name: &str) -> String {
        let path = self.join(name);
        fs::create_dir(&path).unwrap();
        path
    }

    /// Creates a symbolic link and returns its path.
    pub(crate) fn symlink(&self, name: &str, target: &str) -> String {
        let path = self.join(name);
        std::os::unix::fs::symlink(target, &path).unwrap();
        path
    }

    /// Creates a named pipe and returns its path.
    pub(crate) fn mkfifo(&self, name: &str) -> String {
        let path = self.join(name);
        let c_path = CString::new(&*path).unwrap();
        // SAFETY: the path is NUL-terminated.
        checked(unsafe { libc::mkfifo(c_path.as_ptr(), 0o666) });
        path
    }
}

/// Copies a program with cp(1). If this process opened the copy for writing, a child that another test starts at that
/// moment would inherit the descriptor, and the kernel would refuse to execute the copy (ETXTBSY).
pub(crate) fn copy_program(from: &str, to: &str) {
    assert!(Command::new("/bin/cp").args([from, to]).status().unwrap().success());
}

pub(crate) fn set_mode(path: &str, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn mode_of(path: &str) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Creates a directory for files of `size` bytes, in memory (/dev/shm) if there is enough, which is faster.
pub(crate) fn temp_dir_with_space(size: u64) -> TempDir {
    let has_space = |path: &CStr| {
        // SAFETY: the struct has integer fields only, so all zeroes are a valid value.
        let mut facts: libc::statvfs = unsafe { std::mem::zeroed() };
        // SAFETY: the path is NUL-terminated and the struct writable.
        (unsafe { libc::statvfs(path.as_ptr(), &mut facts) }) == 0 && facts.f_bavail * facts.f_frsize >= size
    };
    if !has_space(c"/dev/shm") {
        return TempDir::new();
    }
    let directory = tempfile::tempdir_in("/dev/shm").unwrap();
    TempDir { path: directory.path().to_str().unwrap().to_owned(), _removed_on_drop: Some(directory) }
}

/// Returns the path, padded to `len` bytes with leading slashes.
pub(crate) fn path_of_length(path: &str, len: usize) -> String {
    "/".repeat(len - path.len()) + path
}

/// Returns pseudorandom bytes, NUL included. They are the same in each call.
pub(crate) fn random_bytes(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_ne_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Asserts equality. A failure reports the lengths and the first difference instead of megabytes of text.
#[track_caller]
pub(crate) fn assert_same_bytes(found: &[u8], expected: &[u8]) {
    let first = || found.iter().zip(expected).position(|(found, expected)| found != expected);
    let (len, expected_len) = (found.len(), expected.len());
    assert!(found == expected, "{len} bytes instead of {expected_len}, first difference at {:?}", first());
}

/// Returns the byte after a text, which must be NUL.
pub(crate) fn byte_after(text: &Text) -> u8 {
    // SAFETY: the block of a text ends with a NUL after the content.
    let end = unsafe { text.as_ptr().add(text.len()) };
    // SAFETY: `end` points to the NUL, inside the block.
    unsafe { end.read() }
}

/// Returns an entry of the array that C sees. The entry after the last one is null.
pub(crate) fn raw_entry(list: &List, index: usize) -> *const c_char {
    assert!(index <= list.len());
    // SAFETY: the array has `len` entries and a null pointer after them.
    let entry = unsafe { list.as_ptr().add(index) };
    // SAFETY: `entry` points into the array, to a pointer that was written.
    unsafe { entry.read() }
}
