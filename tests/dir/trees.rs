//! Trees for the operations on them.

use super::*;

/// A source of choices, the same in each run.
pub(crate) struct Choices(std::iter::Cycle<std::vec::IntoIter<u8>>);

impl Choices {
    pub(crate) fn new() -> Self {
        Self(random_bytes((1 << 20) - 1).into_iter().cycle())
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        let mut next = || usize::from(self.0.next().unwrap());
        (next() << 8 | next()) % count
    }
}

/// Makes a tree of at most this many entries: directories, files, FIFOs, and links to anything.
pub(crate) fn random_tree(choices: &mut Choices, root: &str, entries: usize) {
    fs::create_dir(root).unwrap();
    let mut directories = vec![root.to_owned()];
    for i in 0..entries {
        let parent = directories[choices.below(directories.len())].clone();
        let name =
            [format!("{i}"), format!(".{i}"), format!("{i:0>200}"), format!("\u{e9} {i}\n")][choices.below(4)].clone();
        let path = format!("{parent}/{name}");
        match choices.below(8) {
            0..3 => {
                fs::create_dir(&path).unwrap();
                directories.push(path);
            }
            3 => {
                let target = [".", "..", "missing", "0", &name, root][choices.below(6)].to_owned();
                std::os::unix::fs::symlink(target, path).unwrap();
            }
            _ => fs::write(path, "").unwrap(),
        }
    }
}

/// Makes directories one in another, and a file in each. Returns the length of the path below the root of the last one.
pub(crate) fn deep_tree(root: &str, levels: usize, name: &str) -> usize {
    fs::create_dir(root).unwrap();
    let c_name = CString::new(name).unwrap();
    let root = CString::new(root).unwrap();
    // SAFETY: the path is NUL-terminated.
    let mut fd = checked(unsafe { libc::open(root.as_ptr(), libc::O_DIRECTORY | libc::O_CLOEXEC) });
    for _ in 0..levels {
        // SAFETY: the name is NUL-terminated.
        checked(unsafe { libc::mkdirat(fd, c_name.as_ptr(), 0o777) });
        for file in [c"a", c"z"] {
            // SAFETY: the name is NUL-terminated.
            let created =
                unsafe { libc::openat(fd, file.as_ptr(), libc::O_CREAT | libc::O_WRONLY | libc::O_CLOEXEC, 0o666) };
            // SAFETY: the descriptor was just opened.
            unsafe { libc::close(checked(created)) };
        }
        // SAFETY: the name is NUL-terminated.
        let inner = unsafe { libc::openat(fd, c_name.as_ptr(), libc::O_DIRECTORY | libc::O_CLOEXEC) };
        // SAFETY: the descriptor was just opened.
        unsafe { libc::close(fd) };
        fd = checked(inner);
    }
    // SAFETY: the descriptor was just opened.
    unsafe { libc::close(fd) };
    levels * (name.len() + 1)
}
