//! Texts: what operations return as bytes.

use core::ffi::{CStr, c_void};
use core::fmt;
use core::ops::Deref;
use core::ptr::NonNull;

use crate::errno::Result;
use crate::heap::Block;

/// Bytes of any kind, followed by a NUL that is not counted.
///
/// It dereferences to the bytes. NUL bytes of the content are content, as in a file that has some.
#[repr(transparent)]
pub struct Text(Block);

impl Text {
    /// Allocates a text with this content.
    ///
    /// # Errors
    /// `ENOMEM`: there is no memory for it. `EAGAIN` if memory is locked; see [Memory](crate#memory).
    pub fn new(content: &[u8]) -> Result<Self> {
        let mut block = Block::new(content.len() + 1)?;
        block.extend_from_slice(content)?;
        Ok(Self(block))
    }

    /// Returns the content.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the length of a text's block counts its content.
        unsafe { self.0.as_bytes() }
    }

    /// Returns the content up to its first NUL byte, or all of it if it has none.
    #[must_use]
    pub fn as_c_str(&self) -> &CStr {
        // SAFETY: a NUL follows the content.
        unsafe { CStr::from_ptr(self.0.as_ptr().as_ptr().cast()) }
    }

    /// Returns the content as a string.
    ///
    /// # Errors
    /// The content is not UTF-8.
    pub fn to_str(&self) -> core::result::Result<&str, core::str::Utf8Error> {
        core::str::from_utf8(self.as_bytes())
    }

    /// Releases ownership: the text stays until `rt_free`, in C, or [`Text::from_raw`].
    #[must_use]
    pub fn into_raw(self) -> NonNull<c_void> {
        self.0.into_raw()
    }

    /// Takes ownership of a text that [`into_raw`](Self::into_raw) released.
    ///
    /// # Safety
    /// The pointer came from there, and nothing else uses it afterwards.
    #[must_use]
    pub unsafe fn from_raw(pointer: NonNull<c_void>) -> Self {
        // SAFETY: the pointer is that of a text's block, which nothing else uses.
        Self(unsafe { Block::from_raw(pointer) })
    }

    /// Turns the text into the block of its content.
    pub(crate) fn into_block(self) -> Block {
        self.0
    }

    /// Turns the content of a block into a text.
    pub(crate) fn from_block(mut block: Block) -> Result<Self> {
        // The block may lack the final NUL.
        block.extend_from_slice(b"")?;
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

/// Writes the content, with U+FFFD for what is not UTF-8.
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
