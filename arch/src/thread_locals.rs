//! The thread-local variables of a program that relocates itself.
//!
//! Each thread has a block with the variables, at a fixed distance from its thread pointer, which the linker has put into
//! the code. x86_64 has the block before the thread pointer (variant II), the other architectures after it (variant I). See
//! "ELF Handling For Thread-Local Storage" by Ulrich Drepper.

use core::ptr::with_exposed_provenance;

use crate::image::{ElfHeader, PT_LOAD, PT_TLS, read_header};

/// The variables of the program, as its segment PT_TLS has them.
pub struct ThreadLocals {
    /// The initial content, as far as it is not zero.
    pub content: *const u8,
    /// The length of the initial content.
    pub content_len: usize,
    /// The length of the variables.
    pub len: usize,
    /// The address of the segment in the file. The block of a thread is as far from a multiple of `align` as this address.
    pub address: usize,
    /// The alignment, a power of two.
    pub align: usize,
}

impl ThreadLocals {
    /// The most that a thread pointer and what the ABI reserves at it take: on x86_64 compilers read the word at offset 40.
    const RESERVED: usize = 64;

    /// Returns the variables of a program, none if it has no such segment. Returns `None` without program headers.
    ///
    /// # Safety
    /// `image` must be the ELF header of the program, null, or a readable address near the code.
    #[inline]
    #[must_use]
    pub unsafe fn of_program(image: *const ElfHeader) -> Option<Self> {
        // SAFETY: `image` is the ELF header, null, or a readable address.
        let header = unsafe { read_header(image) }?;
        let (mut next, mut left) = header.program_headers(image);
        let mut bias = 0;
        let mut found = Self { content: core::ptr::null(), content_len: 0, len: 0, address: 0, align: 1 };
        while left != 0 {
            left -= 1;
            // SAFETY: the table has this many entries.
            let header = unsafe { &*next };
            match header.kind {
                // The segment at file offset 0 starts with the ELF header.
                PT_LOAD if header.offset == 0 => bias = image.addr().wrapping_sub(header.address),
                PT_TLS => {
                    (found.content_len, found.len) = (header.file_len, header.memory_len);
                    // An alignment of 0 means none.
                    (found.address, found.align) = (header.address, header.align.max(1));
                }
                _ => {}
            }
            next = next.wrapping_add(1);
        }
        found.content = with_exposed_provenance(bias.wrapping_add(found.address));
        Some(found)
    }

    /// The alignment of the thread pointer.
    #[inline]
    pub(crate) const fn stride(&self) -> usize {
        const WORDS: usize = 16;
        if self.align < WORDS { WORDS } else { self.align }
    }

    /// Returns the length of the memory that a thread needs for its block and its thread pointer.
    #[inline]
    #[must_use]
    pub const fn memory_len(&self) -> usize {
        self.len + 2 * self.stride() + Self::RESERVED
    }
}
