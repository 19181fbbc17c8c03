//! What is returned: texts and lists, in one block of memory each.

use core::ffi::{CStr, c_char, c_void};
use core::fmt;
use core::ops::Deref;
use core::ptr::NonNull;

use crate::alloc::{self, Block};
use crate::{Errno, Result};

/// Bytes of any kind, with a NUL behind them that does not count.
///
/// It dereferences to the bytes. NUL bytes in the content are content, as in a file that has some.
#[repr(transparent)]
pub struct Text(Block);

impl Text {
    /// A text with this content.
    ///
    /// # Errors
    /// `ENOMEM`: no memory for it.
    pub fn new(content: &[u8]) -> Result<Self> {
        let mut builder = Builder::new(content.len())?;
        builder.push(content);
        Ok(builder.finish())
    }

    /// The content.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the block holds this many initialised bytes.
        unsafe { core::slice::from_raw_parts(self.0.pointer().as_ptr(), self.0.len()) }
    }

    /// The content up to its first NUL byte, or all of it when it has none.
    #[must_use]
    pub fn as_c_str(&self) -> &CStr {
        // SAFETY: a NUL follows the content.
        unsafe { CStr::from_ptr(self.0.pointer().as_ptr().cast()) }
    }

    /// The content, if it is UTF-8.
    ///
    /// # Errors
    /// It is not.
    pub fn to_str(&self) -> core::result::Result<&str, core::str::Utf8Error> {
        core::str::from_utf8(self.as_bytes())
    }

    /// Gives up ownership: the text stays until `rt_free`, in C or in [`Text::from_raw`].
    #[must_use]
    pub fn into_raw(self) -> NonNull<c_void> {
        self.0.into_raw().cast()
    }

    /// The text that [`into_raw`](Self::into_raw) gave up.
    ///
    /// # Safety
    /// The pointer came from there and is used for nothing else from now on.
    #[must_use]
    pub unsafe fn from_raw(pointer: NonNull<c_void>) -> Self {
        // SAFETY: the caller's.
        Self(unsafe { Block::from_raw(pointer) })
    }

    /// A text that owns `block`, whose first `len` bytes are set.
    pub(crate) fn from_block(mut block: Block, len: usize) -> Result<Self> {
        block.grow(len.checked_add(1).ok_or(Errno::ENOMEM)?)?;
        if let Some(end) = block.spare().get_mut(len) {
            end.write(0);
        }
        block.set_len(len);
        Ok(Self(block))
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for Text {
    fn eq(&self, other: &T) -> bool {
        self.as_bytes() == other.as_ref()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

/// Writes the content; what is not UTF-8 as U+FFFD.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.as_bytes().utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

/// A text in the making, whose greatest length is known.
pub(crate) struct Builder {
    block: Block,
    len: usize,
}

impl Builder {
    pub(crate) fn new(len: usize) -> Result<Self> {
        Ok(Self { block: Block::new(len.checked_add(1).ok_or(Errno::ENOMEM)?)?, len: 0 })
    }

    /// Appends bytes. What would exceed the length given to `new` is left out.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if let Some(room) = self.block.spare().get_mut(self.len..end) {
            room.write_copy_of_slice(bytes);
            self.len = end;
        }
    }

    pub(crate) fn finish(mut self) -> Text {
        if let Some(end) = self.block.spare().get_mut(self.len) {
            end.write(0);
        }
        self.block.set_len(self.len);
        Text(self.block)
    }
}

/// Strings without NUL bytes, in the form that C takes: one block with an array of pointers, which a null pointer
/// ends, and the strings behind it.
#[repr(transparent)]
pub struct List(Block);

impl List {
    /// A list of copies of these strings, none of which contains a NUL.
    pub(crate) fn new<'a>(strings: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Self> {
        let (mut count, mut bytes) = (0_usize, 0_usize);
        for string in strings.clone() {
            count += 1;
            bytes += string.len() + 2; // its NUL, and a byte to step over, see below
        }
        let mut filling = Filling::new(count, bytes)?;
        for string in strings {
            filling.push(string);
        }
        Ok(filling.list)
    }

    /// How many strings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The strings.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &CStr> + Clone {
        // SAFETY: the block begins with this many pointers.
        let pointers: &[*const c_char] = unsafe { core::slice::from_raw_parts(self.as_ptr(), self.len()) };
        // SAFETY: each leads to a NUL-terminated string in the block.
        pointers.iter().map(|&pointer| unsafe { CStr::from_ptr(pointer) })
    }

    /// The array of pointers, as C takes it.
    #[must_use]
    pub const fn as_ptr(&self) -> *const *const c_char {
        self.0.pointer().as_ptr().cast::<*const c_char>().cast_const()
    }

    /// Gives up ownership: the list stays until `rt_free`, in C or in [`List::from_raw`].
    #[must_use]
    pub fn into_raw(self) -> NonNull<c_void> {
        self.0.into_raw().cast()
    }

    /// The list that [`into_raw`](Self::into_raw) gave up.
    ///
    /// # Safety
    /// The pointer came from there and is used for nothing else from now on.
    #[must_use]
    pub unsafe fn from_raw(pointer: NonNull<c_void>) -> Self {
        // SAFETY: the caller's.
        Self(unsafe { Block::from_raw(pointer) })
    }
}

/// A list in the making.
struct Filling {
    list: List,
    /// The slot of the next string, and the offset in the block from which on it can lie.
    slot: usize,
    offset: usize,
}

impl Filling {
    const SLOT: usize = size_of::<*const c_char>();

    fn new(count: usize, bytes: usize) -> Result<Self> {
        let offset = (count + 1) * Self::SLOT;
        let mut block = Block::new(offset + bytes)?;
        block.set_len(count);
        let mut filling = Self { list: List(block), slot: 0, offset };
        filling.set(count, core::ptr::null());
        Ok(filling)
    }

    /// Adds a string. What would exceed the sizes given to `new` is left out.
    #[inline(never)]
    fn push(&mut self, string: &[u8]) {
        // No entry begins where a block could, so that freeing one is noticed.
        let begin = self.offset + usize::from(self.offset.is_multiple_of(alloc::ALIGNMENT));
        let end = begin + string.len();
        let block = &mut self.list.0;
        let Some(room) = block.spare().get_mut(begin..=end) else { return };
        let Some((nul, content)) = room.split_last_mut() else { return };
        content.write_copy_of_slice(string);
        nul.write(0);
        // From the pointer to the block, since the list's readers go on from the block too.
        let entry = block.pointer().as_ptr().wrapping_add(begin).cast_const().cast();
        self.set(self.slot, entry);
        (self.slot, self.offset) = (self.slot + 1, end + 1);
    }

    fn set(&mut self, slot: usize, entry: *const c_char) {
        let array = self.list.0.spare().get_mut(slot * Self::SLOT..(slot + 1) * Self::SLOT);
        if let Some(place) = array {
            // SAFETY: room for a pointer, at a multiple of its size in a block, which is aligned.
            unsafe { place.as_mut_ptr().cast::<*const c_char>().write(entry) };
        }
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The fields of a text, between separators of one byte. One iterator for all that is parsed, since each kind of
/// closure would be compiled anew.
#[derive(Clone)]
pub(crate) struct Fields<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

pub(crate) const fn fields(text: &[u8], separator: u8) -> Fields<'_> {
    Fields { rest: Some(text), separator }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = rest.iter().position(|&byte| byte == self.separator).unwrap_or(rest.len());
        let (field, behind) = rest.split_at_checked(end)?;
        self.rest = behind.get(1..);
        Some(field)
    }
}

/// A decimal number, all of the text.
pub(crate) fn parse(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &digit| {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 { None } else { number.checked_mul(10)?.checked_add(u64::from(digit)) }
    })
}
