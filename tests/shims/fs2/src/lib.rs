//! The locks of fs2 0.4 over the library.

use std::io::{Error, Result};

use ffi_syscalls::Errno;
use ffi_syscalls::file::LockExt;

/// Locks on files, with the errors of std.
pub trait FileExt {
    /// Duplicates the descriptor, by std.
    fn duplicate(&self) -> Result<fs::File>;
    /// Calls [`LockExt::lock_shared`].
    fn lock_shared(&self) -> Result<()>;
    /// Calls [`LockExt::lock_exclusive`].
    fn lock_exclusive(&self) -> Result<()>;
    /// Calls [`LockExt::try_lock_shared`].
    fn try_lock_shared(&self) -> Result<()>;
    /// Calls [`LockExt::try_lock_exclusive`].
    fn try_lock_exclusive(&self) -> Result<()>;
    /// Calls [`LockExt::unlock`].
    fn unlock(&self) -> Result<()>;
}

impl FileExt for fs::File {
    fn duplicate(&self) -> Result<Self> {
        self.0.try_clone().map(Self)
    }

    fn lock_shared(&self) -> Result<()> {
        Ok(LockExt::lock_shared(&self.0)?)
    }

    fn lock_exclusive(&self) -> Result<()> {
        Ok(LockExt::lock_exclusive(&self.0)?)
    }

    fn try_lock_shared(&self) -> Result<()> {
        Ok(LockExt::try_lock_shared(&self.0)?)
    }

    fn try_lock_exclusive(&self) -> Result<()> {
        Ok(LockExt::try_lock_exclusive(&self.0)?)
    }

    fn unlock(&self) -> Result<()> {
        Ok(LockExt::unlock(&self.0)?)
    }
}

/// Returns the error of a lock that another holds.
#[must_use]
pub fn lock_contended_error() -> Error {
    Errno::EAGAIN.into()
}

/// Files of std without the methods for locks that std has had since Rust 1.89, which would be called in place of those
/// of the trait.
pub mod fs {
    use std::io::Result;
    use std::ops::{Deref, DerefMut};
    use std::path::Path;

    /// A file of std.
    #[derive(Debug)]
    pub struct File(pub(crate) std::fs::File);

    impl Deref for File {
        type Target = std::fs::File;

        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }

    impl DerefMut for File {
        fn deref_mut(&mut self) -> &mut Self::Target {
            &mut self.0
        }
    }

    /// Opens files by std.
    #[derive(Debug)]
    pub struct OpenOptions(std::fs::OpenOptions);

    impl OpenOptions {
        /// See [`std::fs::OpenOptions::new`].
        #[expect(clippy::new_without_default, reason = "std has none")]
        pub fn new() -> Self {
            Self(std::fs::OpenOptions::new())
        }

        /// See [`std::fs::OpenOptions::read`].
        pub fn read(&mut self, read: bool) -> &mut Self {
            self.0.read(read);
            self
        }

        /// See [`std::fs::OpenOptions::write`].
        pub fn write(&mut self, write: bool) -> &mut Self {
            self.0.write(write);
            self
        }

        /// See [`std::fs::OpenOptions::create`].
        pub fn create(&mut self, create: bool) -> &mut Self {
            self.0.create(create);
            self
        }

        /// See [`std::fs::OpenOptions::open`].
        pub fn open<P: AsRef<Path>>(&self, path: P) -> Result<File> {
            self.0.open(path).map(File)
        }
    }
}
