//! What is returned: texts and lists, in one block of memory each.

use core::ffi::{CStr, c_char, c_void};
use core::fmt;
use core::ops::Deref;
use core::ptr::NonNull;

use crate::Result;
use crate::alloc::Block;

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
        let mut block = Block::new(content.len() + 1)?;
        block.push(content)?;
        Ok(Self(block))
    }

    /// The content.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the block holds this many initialised bytes.
        unsafe { core::slice::from_raw_parts(self.0.pointer().as_ptr(), self.0.len()) }
    }

    /// The content and the NUL behind it.
    pub(crate) fn as_bytes_with_nul(&self) -> &[u8] {
        // SAFETY: as above, and there is the NUL.
        unsafe { core::slice::from_raw_parts(self.0.pointer().as_ptr(), self.0.len() + 1) }
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

    /// A text of what a block holds.
    pub(crate) fn from_block(mut block: Block) -> Result<Self> {
        block.push(b"")?;
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

/// Strings without NUL bytes, in the form that C takes: one block with an array of pointers, which a null pointer
/// ends, and the strings behind it.
#[repr(transparent)]
pub struct List(Block);

impl List {
    /// A list of copies of these strings, none of which contains a NUL.
    pub(crate) fn new<'a>(strings: impl Iterator<Item = &'a [u8]>) -> Result<Self> {
        let mut copies = Copies::new();
        for string in strings {
            copies.push(string);
        }
        copies.into_list()
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

/// A list in the making: the strings that it will have, with a NUL behind each, or why there is no memory for them.
///
/// Each begins at an odd offset, where no block begins, so that freeing an entry is noticed.
struct Copies {
    block: Result<Block>,
    count: usize,
}

impl Copies {
    #[inline(never)]
    fn new() -> Self {
        const ROOM: usize = 4096; // enough for most lists
        Self { block: Block::new(ROOM), count: 0 }
    }

    #[inline(never)]
    fn push(&mut self, string: &[u8]) {
        let Ok(block) = &mut self.block else { return };
        block.set_len(block.len() | 1);
        match block.push(string) {
            Ok(()) => block.set_len(block.len() + 1),
            Err(errno) => self.block = Err(errno),
        }
        self.count += 1;
    }

    #[inline(never)]
    fn into_list(self) -> Result<List> {
        let strings = self.block?;
        let array_len = (self.count + 1) * size_of::<*const c_char>();
        let mut block = Block::new(array_len + strings.len())?;
        let array = block.pointer().as_ptr().cast::<*mut c_char>();
        let content = block.pointer().as_ptr().wrapping_add(array_len);
        // SAFETY: two blocks do not overlap, and the second has room for the strings behind the array.
        unsafe { strings.pointer().as_ptr().copy_to_nonoverlapping(content, strings.len()) };
        let mut string: *mut c_char = content.cast();
        for slot in 0..self.count {
            string = string.map_addr(|address| address | 1);
            // SAFETY: the array has this slot.
            unsafe { array.wrapping_add(slot).write(string) };
            // SAFETY: one of the strings, which ends with a NUL.
            string = string.wrapping_add(unsafe { CStr::from_ptr(string) }.count_bytes() + 1);
        }
        // SAFETY: the array has one slot more than there are strings.
        unsafe { array.wrapping_add(self.count).write(core::ptr::null_mut()) };
        block.set_len(self.count);
        Ok(List(block))
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
        let text = self.rest?;
        let mut rest = text;
        let field = take(&mut rest, self.separator);
        // Behind a separator at the end there is one field more, which is empty.
        self.rest = (field.len() < text.len()).then_some(rest);
        Some(field)
    }

    #[inline(never)]
    fn nth(&mut self, n: usize) -> Option<&'a [u8]> {
        for _ in 0..n {
            self.next()?;
        }
        self.next()
    }
}

/// Takes what is before the next separator, or all when there is none, off a text, and the separator with it.
#[inline(never)]
pub(crate) fn take<'a>(text: &mut &'a [u8], separator: u8) -> &'a [u8] {
    let end = text.iter().position(|&byte| byte == separator).unwrap_or(text.len());
    let (taken, behind) = text.split_at_checked(end).unwrap_or_default();
    *text = behind.get(1..).unwrap_or_default();
    taken
}

/// A decimal number, all of the text.
#[inline(never)]
pub(crate) fn parse(digits: &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    (!digits.is_empty()).then_some(number)
}
