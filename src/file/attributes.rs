//! What a file is.

use crate::sys;

/// The kind of a file. See inode(7).
///
/// ```
/// use ffi_syscalls::dir::Walk;
/// use ffi_syscalls::file::Kind;
///
/// let root = Walk::new("/").next();
/// assert_eq!(root.and_then(Result::ok).and_then(|root| root.kind()), Some(Kind::Directory));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A FIFO, also known as a named pipe.
    Fifo,
    /// A socket with a name.
    Socket,
    /// A block device.
    BlockDevice,
    /// A character device.
    CharDevice,
}

impl Kind {
    /// Returns the kind that the type bits of a mode state, if it is a known one.
    pub(crate) const fn from_mode(mode: u32) -> Option<Self> {
        Some(match mode & sys::S_IFMT {
            sys::S_IFREG => Self::File,
            sys::S_IFDIR => Self::Directory,
            sys::S_IFLNK => Self::Symlink,
            sys::S_IFIFO => Self::Fifo,
            sys::S_IFSOCK => Self::Socket,
            sys::S_IFBLK => Self::BlockDevice,
            sys::S_IFCHR => Self::CharDevice,
            _ => return None,
        })
    }
}
