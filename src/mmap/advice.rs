//! Advice to the kernel about mappings.

use crate::sys;

/// How a mapping will be used. None of it changes the content. See madvise(2).
///
/// Systems other than Linux refuse all but the first four with `EINVAL`, and Linux what it was built without.
///
/// ```
/// use ffi_syscalls::mmap::{Advice, MapMut};
///
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// let map = MapMut::map_anon(1 << 20)?;
/// map.advise(Advice::Random)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// In no special way: MADV_NORMAL.
    Normal,
    /// In any order, so that reading ahead is of no use: MADV_RANDOM.
    Random,
    /// From the start to the end: MADV_SEQUENTIAL.
    Sequential,
    /// Soon, so that it may be read now: MADV_WILLNEED.
    WillNeed,
    /// Not in children of fork(2): MADV_DONTFORK.
    DontFork,
    /// The opposite of `DontFork`: MADV_DOFORK.
    DoFork,
    /// With pages that may be merged with equal ones: MADV_MERGEABLE.
    Mergeable,
    /// The opposite of `Mergeable`: MADV_UNMERGEABLE.
    Unmergeable,
    /// With huge pages: MADV_HUGEPAGE.
    HugePage,
    /// Without huge pages: MADV_NOHUGEPAGE.
    NoHugePage,
    /// Not in a core dump: MADV_DONTDUMP.
    DontDump,
    /// The opposite of `DontDump`: MADV_DODUMP.
    DoDump,
    /// By reading all of it now: MADV_POPULATE_READ (Linux 5.14). `EFAULT` where an access would raise SIGBUS.
    PopulateRead,
    /// By writing to all of it now: MADV_POPULATE_WRITE (Linux 5.14). `EFAULT` where an access would raise SIGBUS.
    PopulateWrite,
}

impl Advice {
    pub(crate) const fn number(self) -> u32 {
        match self {
            Self::Normal => sys::MADV_NORMAL,
            Self::Random => sys::MADV_RANDOM,
            Self::Sequential => sys::MADV_SEQUENTIAL,
            Self::WillNeed => sys::MADV_WILLNEED,
            Self::DontFork => sys::MADV_DONTFORK,
            Self::DoFork => sys::MADV_DOFORK,
            Self::Mergeable => sys::MADV_MERGEABLE,
            Self::Unmergeable => sys::MADV_UNMERGEABLE,
            Self::HugePage => sys::MADV_HUGEPAGE,
            Self::NoHugePage => sys::MADV_NOHUGEPAGE,
            Self::DontDump => sys::MADV_DONTDUMP,
            Self::DoDump => sys::MADV_DODUMP,
            Self::PopulateRead => sys::MADV_POPULATE_READ,
            Self::PopulateWrite => sys::MADV_POPULATE_WRITE,
        }
    }

    /// Returns whether the kernel knows this advice.
    ///
    /// ```
    /// assert!(ffi_syscalls::mmap::Advice::Sequential.is_supported());
    /// ```
    #[must_use]
    pub fn is_supported(self) -> bool {
        is_supported(self.number())
    }
}

/// How a mapping will not be used, so that the kernel may drop its content. See madvise(2).
///
/// ```
/// use ffi_syscalls::mmap::{MapMut, UncheckedAdvice};
///
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// let mut map = MapMut::map_anon(1 << 20)?;
/// map.fill(1);
/// // SAFETY: no reference to the content is kept.
/// unsafe { map.unchecked_advise(UncheckedAdvice::DontNeed) }?;
/// # #[cfg(target_os = "linux")]
/// assert_eq!(map[0], 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UncheckedAdvice {
    /// Not soon: MADV_DONTNEED. Pages of a private mapping lose what was written to them. Those of a file are read
    /// again.
    DontNeed,
    /// Not before it is written: MADV_FREE. The pages keep their content, or lose it, until they are written to.
    Free,
    /// Not at all: MADV_REMOVE. It makes a hole in the file. Only Linux has it.
    Remove,
}

impl UncheckedAdvice {
    pub(crate) const fn number(self) -> u32 {
        match self {
            Self::DontNeed => sys::MADV_DONTNEED,
            Self::Free => sys::MADV_FREE,
            Self::Remove => sys::MADV_REMOVE,
        }
    }

    /// Returns whether the kernel knows this advice.
    ///
    /// ```
    /// assert!(ffi_syscalls::mmap::UncheckedAdvice::DontNeed.is_supported());
    /// ```
    #[must_use]
    pub fn is_supported(self) -> bool {
        is_supported(self.number())
    }
}

fn is_supported(advice: u32) -> bool {
    // SAFETY: the range is empty.
    unsafe { sys::advise(core::ptr::null_mut(), 0, advice) }.is_ok()
}

/// How [`remap`](super::Mapping::remap) changes a length.
///
/// ```
/// let options = ffi_syscalls::mmap::RemapOptions::new().may_move(true);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RemapOptions {
    pub(super) may_move: bool,
}

impl RemapOptions {
    /// Returns options by which the mapping stays at its address.
    ///
    /// ```
    /// let options = ffi_syscalls::mmap::RemapOptions::new();
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { may_move: false }
    }

    /// Sets whether the mapping may move to another address.
    ///
    /// ```
    /// let options = ffi_syscalls::mmap::RemapOptions::new().may_move(true);
    /// ```
    #[must_use]
    pub const fn may_move(self, may_move: bool) -> Self {
        Self { may_move }
    }
}
