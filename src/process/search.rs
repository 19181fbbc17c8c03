//! The search for a command, as execvp(3) does it.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::arg::{PATH_MAX, join};
use crate::errno::Errno;
use crate::fields::fields;
use crate::file::check_exists;

/// The longest name of a command that is searched. Few directories could hold a longer one.
const NAME_MAX: usize = 255;

/// The search path without `PATH`, as in glibc.
pub(super) const DEFAULT_PATH: &CStr = c"/bin:/usr/bin";

/// A command, and where it can be.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) command: &'a CStr,
    /// The directories, separated by `:`. An empty one is the working directory.
    pub(super) path: &'a [u8],
}

impl Search<'_> {
    /// Makes an attempt with each path that the command can have, until one ends in a way that ends the search.
    ///
    /// Returns the error of that attempt, or the one that execvp(3) reports if all of them continued the search.
    pub(super) fn try_candidates(&self, attempt: &dyn Fn(&CStr) -> Errno) -> Errno {
        let command = self.command.to_bytes();
        if self.is_path() {
            return attempt(self.command);
        }
        if command.len() > NAME_MAX {
            return Errno::ENAMETOOLONG;
        }
        let mut reason = Errno::ENOENT;
        if command.is_empty() {
            return reason;
        }
        for directory in fields(self.path, b':') {
            let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
            let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
            // A path that is too long for the kernel is skipped.
            let Ok(candidate) = join([directory, slash, command], &mut buffer) else { continue };
            let errno = attempt(candidate);
            if !continues_search(errno) {
                return errno;
            }
            // A file that may not be executed is a better reason than one that is missing.
            if reason != Errno::EACCES {
                reason = errno;
            }
        }
        reason
    }

    /// Returns whether a file of that name exists, after an attempt failed with this error.
    pub(super) fn is_found(&self, errno: Errno) -> bool {
        let is_certain = match errno {
            // Some kernels check the arguments before they look the file up.
            Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG | Errno::E2BIG => false,
            // A directory in `PATH` that may not be searched reveals nothing about its files.
            Errno::EACCES => self.is_path(),
            _ => true,
        };
        let check = |path: &CStr| if check_exists(path).is_ok() { Errno::EEXIST } else { Errno::ENOENT };
        is_certain || self.try_candidates(&check) == Errno::EEXIST
    }

    /// Returns whether the command is a path, which is not searched.
    #[inline(never)]
    #[expect(clippy::manual_contains, reason = "the search in core takes more code than this function")]
    fn is_path(&self) -> bool {
        self.command.to_bytes().iter().any(|&byte| byte == b'/')
    }
}

/// Returns whether another directory may have a command that works.
const fn continues_search(errno: Errno) -> bool {
    matches!(errno, Errno::EACCES | Errno::ENOENT | Errno::ENOTDIR | Errno::ESTALE | Errno::ENODEV | Errno::ETIMEDOUT)
}
