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

    /// Sorts the strings by their bytes.
    pub(crate) fn sort(&mut self) {
        let pointers = self.0.as_ptr().as_ptr().cast::<*const c_char>();
        // SAFETY: the block starts with this many pointers, and is borrowed mutably.
        let pointers = unsafe { core::slice::from_raw_parts_mut(pointers, self.len()) };
        // SAFETY: each pointer points to a NUL-terminated string in the block.
        let string = |pointer: *const c_char| unsafe { CStr::from_ptr(pointer) };
        sort(pointers, &|a, b| string(a) < string(b));
    }

    /// Returns a string.
    pub(crate) fn get(&self, index: usize) -> Option<&CStr> {
        // SAFETY: the block starts with this many pointers.
        let pointers: &[*const c_char] = unsafe { core::slice::from_raw_parts(self.as_ptr(), self.len()) };
        // SAFETY: each pointer points to a NUL-terminated string in the block.
        pointers.get(index).map(|&pointer| unsafe { CStr::from_ptr(pointer) })
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
pub(crate) struct ListBuilder {
    strings: Result<Block>,
    count: usize,
}

type Grow = fn(&mut Block, usize) -> Result<()>;

impl ListBuilder {
    #[inline(never)]
    pub(crate) fn new() -> Self {
        const ROOM: usize = 4096; // enough for most lists
        Self { strings: Block::new(ROOM), count: 0 }
    }

    /// Makes room for `count` more strings, which have `len` bytes if two are added to each, and for the array.
    ///
    /// `grow` grows a block to at least a capacity. Until more strings are appended the list takes no other large block.
    pub(crate) fn reserve(&mut self, len: usize, count: usize, grow: Grow) -> Result<()> {
        let strings = self.strings.as_mut().map_err(|errno| *errno)?;
        grow(strings, strings.len() + len + array_len(self.count + count))
    }

    /// Appends a string, which contains no NUL.
    #[inline(never)]
    pub(crate) fn push(&mut self, string: &[u8]) {
        let Ok(strings) = &mut self.strings else { return };
        if let Err(errno) = append(strings, string) {
            self.strings = Err(errno);
        }
        self.count += 1;
    }

    /// Puts the array of pointers in front of the strings.
    #[inline(never)]
    pub(crate) fn into_list(self) -> Result<List> {
        let mut strings = self.strings?;
        let (array_len, len) = (array_len(self.count), strings.len());
        if array_len + len <= COPIED_MAX {
            let block = Block::new(array_len + len)?;
            // SAFETY: the block is longer than the array.
            let content = unsafe { block.as_ptr().add(array_len) };
            // SAFETY: the two blocks do not overlap, and the new one has room for the strings after the array.
            unsafe { content.copy_from_nonoverlapping(strings.as_ptr(), len) };
            strings = block;
        } else {
            strings.reserve(array_len + len)?;
            // SAFETY: the block has room for the array and the strings.
            unsafe { move_up(strings.as_ptr(), len, array_len) };
        }
        // SAFETY: the strings, each of which ends with a NUL, follow the room for the array.
        unsafe { write_pointers(strings.as_ptr(), self.count) };
        // SAFETY: the array has this many pointers to strings.
        unsafe { strings.set_len(self.count) };
        Ok(List(strings))
    }
}

/// Sorts values by heapsort. The sorts of core contain a panic for an order that is none.
fn sort<T: Copy>(values: &mut [T], is_less: &dyn Fn(T, T) -> bool) {
    for start in (0..values.len() / 2).rev() {
        sift_down(values, start, is_less);
    }
    for end in (1..values.len()).rev() {
        exchange(values, 0, end);
        sift_down(values.get_mut(..end).unwrap_or_default(), 0, is_less);
    }
}

/// Moves the value at a node of a heap down, until no child is larger.
fn sift_down<T: Copy>(heap: &mut [T], mut node: usize, is_less: &dyn Fn(T, T) -> bool) {
    loop {
        let mut largest = node;
        for child in [2 * node + 1, 2 * node + 2] {
            if let (Some(&value), Some(&other)) = (heap.get(largest), heap.get(child))
                && is_less(value, other)
            {
                largest = child;
            }
        }
        if largest == node {
            return;
        }
        exchange(heap, node, largest);
        node = largest;
    }
}

fn exchange<T: Copy>(values: &mut [T], a: usize, b: usize) {
    let (Some(&first), Some(&second)) = (values.get(a), values.get(b)) else { return };
    for (place, value) in [(a, second), (b, first)] {
        if let Some(place) = values.get_mut(place) {
            *place = value;
        }
    }
}

/// Returns the length in bytes of an array of this many pointers and a null pointer.
const fn array_len(count: usize) -> usize {
    (count + 1) * size_of::<*const c_char>()
}

/// A list up to this length gets a block that fits. A longer one stays in the block of its strings, since two blocks
/// could be more than there is memory for.
const COPIED_MAX: usize = 1 << 20;

/// Moves the first `len` bytes of a block up by `distance`: the last ones first, in parts that do not overlap.
///
/// # Safety
/// The block has `len + distance` bytes, and `distance` is not 0.
unsafe fn move_up(start: NonNull<u8>, mut len: usize, distance: usize) {
    while len > 0 {
        let part = len.min(distance);
        len -= part;
        // SAFETY: the part lies in the first bytes of the block.
        let from = unsafe { start.add(len) };
        // SAFETY: the block is longer than its first bytes by the distance.
        let to = unsafe { from.add(distance) };
        // SAFETY: the part is at most as long as the distance between both places.
        unsafe { to.copy_from_nonoverlapping(from, part) };
    }
}

/// Writes an array of `count` pointers and a null pointer. The strings follow it, each at the next odd address.
///
/// # Safety
/// The block has room for the array, and this many NUL-terminated strings after it.
unsafe fn write_pointers(block: NonNull<u8>, count: usize) {
    let mut slot = block.cast::<*mut c_char>();
    // SAFETY: the strings follow the array, which has one slot more than there are strings.
    let mut string: *mut c_char = unsafe { slot.add(count + 1) }.as_ptr().cast();
    for _ in 0..count {
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
