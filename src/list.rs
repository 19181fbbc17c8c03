//! Lists: what operations return as several strings.

use core::ffi::{CStr, c_char, c_void};
use core::fmt;
use core::ptr::{NonNull, null_mut};

use crate::errno::Result;
use crate::heap::Block;

/// Strings without NUL bytes, in the form that C takes.
///
/// One block holds an array of pointers, ended by a null pointer, and after it the strings.
#[repr(transparent)]
pub struct List(Block);

impl List {
    /// Allocates a list of copies of these strings, none of which contains a NUL.
    pub(crate) fn new<'a>(strings: impl Iterator<Item = &'a [u8]>) -> Result<Self> {
        let mut builder = ListBuilder::new();
        for string in strings {
            builder.push(string);
        }
        builder.into_list()
    }

    /// Returns the number of strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the list has no strings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns an iterator over the strings.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &CStr> + Clone {
        // SAFETY: the block starts with this many pointers.
        let pointers: &[*const c_char] = unsafe { core::slice::from_raw_parts(self.as_ptr(), self.len()) };
        // SAFETY: each pointer points to a NUL-terminated string in the block.
        pointers.iter().map(|&pointer| unsafe { CStr::from_ptr(pointer) })
    }

    /// Returns the array of pointers, as C takes it.
    #[must_use]
    pub const fn as_ptr(&self) -> *const *const c_char {
        self.0.as_ptr().as_ptr().cast::<*const c_char>().cast_const()
    }

    /// Releases ownership: the list stays until `rt_free`, in C, or [`List::from_raw`].
    #[must_use]
    pub fn into_raw(self) -> NonNull<c_void> {
        self.0.into_raw()
    }

    /// Takes ownership of a list that [`into_raw`](Self::into_raw) released.
    ///
    /// # Safety
    /// The pointer came from there, and nothing else uses it afterwards.
    #[must_use]
    pub unsafe fn from_raw(pointer: NonNull<c_void>) -> Self {
        // SAFETY: the pointer is that of a list's block, which nothing else uses.
        Self(unsafe { Block::from_raw(pointer) })
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Collects the strings of a list, each followed by a NUL, or the reason why there is no memory for them.
///
/// Each starts at an odd offset, where no block starts, so that the heap notices when an entry is freed.
struct ListBuilder {
    strings: Result<Block>,
    count: usize,
}

impl ListBuilder {
    #[inline(never)]
    fn new() -> Self {
        const ROOM: usize = 4096; // enough for most lists
        Self { strings: Block::new(ROOM), count: 0 }
    }

    #[inline(never)]
    fn push(&mut self, string: &[u8]) {
        let Ok(strings) = &mut self.strings else { return };
        if let Err(errno) = append(strings, string) {
            self.strings = Err(errno);
        }
        self.count += 1;
    }

    #[inline(never)]
    fn into_list(self) -> Result<List> {
        let strings = self.strings?;
        let array_len = (self.count + 1) * size_of::<*const c_char>();
        let mut block = Block::new(array_len + strings.len())?;
        let mut slot = block.as_ptr().cast::<*mut c_char>();
        // SAFETY: the block is longer than the array.
        let content = unsafe { block.as_ptr().add(array_len) };
        // SAFETY: the two blocks do not overlap, and the new one has room for the strings after the array.
        unsafe { content.copy_from_nonoverlapping(strings.as_ptr(), strings.len()) };
        let mut string: *mut c_char = content.as_ptr().cast();
        for _ in 0..self.count {
            string = string.map_addr(|address| address | 1);
            // SAFETY: the array has a slot for each string.
            unsafe { slot.write(string) };
            // SAFETY: one more slot follows, for the null pointer.
            slot = unsafe { slot.add(1) };
            // SAFETY: one of the strings starts here, and ends with a NUL.
            string = string.wrapping_add(unsafe { CStr::from_ptr(string) }.count_bytes() + 1);
        }
        // SAFETY: the array has one slot more than there are strings.
        unsafe { slot.write(null_mut()) };
        // SAFETY: the array has this many pointers to strings.
        unsafe { block.set_len(self.count) };
        Ok(List(block))
    }
}

/// Appends a string and its NUL at the next odd offset.
fn append(strings: &mut Block, string: &[u8]) -> Result<()> {
    if strings.len().is_multiple_of(2) {
        strings.extend_from_slice(b"\0")?;
    }
    strings.extend_from_slice(string)?;
    // SAFETY: the byte after the string is the NUL that was just written.
    unsafe { strings.set_len(strings.len() + 1) };
    Ok(())
}
