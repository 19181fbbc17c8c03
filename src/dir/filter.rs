//! A pass through a tree that leaves out some entries.

use super::walk::{Step, Walk};
use super::walk_entry::OwnedEntry;

/// A [`Walk`] that leaves out some entries, and what is in them.
///
/// ```
/// use ffi_syscalls::dir::Walk;
///
/// let mut nothing = Walk::new("/").filter_entry(|_| false);
/// assert!(nothing.next().is_none());
/// ```
pub struct FilterEntry<P> {
    walk: Walk,
    predicate: P,
}

impl Walk {
    /// Yields only the entries for which `predicate` is true, and enters no directory for which it is false.
    #[must_use]
    pub const fn filter_entry<P: FnMut(&OwnedEntry) -> bool>(self, predicate: P) -> FilterEntry<P> {
        FilterEntry::new(self, predicate)
    }
}

impl<P> FilterEntry<P> {
    pub(super) const fn new(walk: Walk, predicate: P) -> Self {
        Self { walk, predicate }
    }

    /// Leaves out the rest of a directory, as [`Walk::skip_current_dir`].
    pub fn skip_current_dir(&mut self) {
        self.walk.skip_current_dir();
    }
}

impl<P: FnMut(&OwnedEntry) -> bool> Iterator for FilterEntry<P> {
    type Item = Step<OwnedEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.walk.next()? {
                Ok(entry) if !(self.predicate)(&entry) => {
                    if entry.is_dir() {
                        self.walk.skip_current_dir();
                    }
                }
                result => return Some(result),
            }
        }
    }
}
