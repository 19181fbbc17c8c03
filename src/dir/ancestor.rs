//! The directories on the way down to an entry, for links that lead back to one.

use core::ffi::CStr;

use super::tree::Tree;
use crate::errno::Result;
use crate::path::{canonical, dirname};
use crate::sys::{self, FileId, StatBuffer};
use crate::text::Text;

/// Leads as many directories up as names are left of it.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
const UP: [u8; 3 * UP_MAX + 1] = {
    let mut path = [b'.'; 3 * UP_MAX + 1];
    let mut at = 0;
    while at < UP_MAX {
        path[3 * at + 2] = b'/';
        at += 1;
    }
    path[3 * UP_MAX] = 0;
    path
};

/// The most directories above the root that are looked at.
const UP_MAX: usize = 256;

impl Tree {
    /// Returns the path of the directory with this identity on the way down to the current entry, or above the root.
    /// The identities of the directories must be known.
    #[cold]
    pub(super) fn ancestor(&self, id: FileId) -> Option<Result<Text>> {
        let levels = self.levels();
        if let Some(level) = levels.iter().rev().find(|level| level.id == Some(id)) {
            return self.path().get(..level.path_len).map(Text::new);
        }
        let (fd, mut last, root_len) = self.root()?;
        let canonical = || canonical(self.path().get(..root_len).unwrap_or_default());
        for count in 1..=UP_MAX {
            let up = CStr::from_bytes_until_nul(UP.get(3 * (UP_MAX - count)..)?).ok()?;
            let mut buffer = StatBuffer::uninit();
            let above = sys::stat_at(fd, up, &mut buffer).ok()?.id();
            if above == last {
                break;
            }
            if above == id {
                return Some(canonical().and_then(|path| Text::new((0..count).fold(&path, |path, _| dirname(path)))));
            }
            last = above;
        }
        None
    }
}
