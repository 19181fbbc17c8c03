//! The ELF header and the program headers of the running program. See elf(5).
//!
//! Code that runs before the program is relocated uses them, so all functions are inlined: see
//! [`relocate`](crate::relocate).

/// The used fields of an ELF header.
#[repr(C)]
pub struct ElfHeader {
    magic: u32,
    ident: [u8; 12],
    pub(crate) kind: u16,
    _machine_version_and_entry: [u16; 7],
    program_headers: usize,
    _section_headers_flags_and_sizes: [u16; 8],
    program_header_count: u16,
}

const MAGIC: u32 = u32::from_ne_bytes(*b"\x7fELF");

/// The type of position-independent programs.
pub(crate) const ET_DYN: u16 = 3;

/// The used fields of a program header.
#[repr(C)]
pub(crate) struct ProgramHeader {
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) offset: usize,
    pub(crate) address: usize,
    _physical_address: usize,
    pub(crate) file_len: usize,
    pub(crate) memory_len: usize,
    pub(crate) align: usize,
}

pub(crate) const PT_LOAD: u32 = 1;
pub(crate) const PT_DYNAMIC: u32 = 2;
pub(crate) const PT_INTERP: u32 = 3;
pub(crate) const PT_TLS: u32 = 7;

/// Returns the ELF header, or `None` in a program without one.
///
/// # Safety
/// `image` must be the ELF header of the program, null, or a readable address near the code.
#[inline(always)]
pub(crate) unsafe fn read_header<'a>(image: *const ElfHeader) -> Option<&'a ElfHeader> {
    if image.addr() == 0 {
        return None;
    }
    // SAFETY: `image` points to the ELF header or to code, which are readable for this length.
    let header = unsafe { &*image };
    if header.magic == MAGIC { Some(header) } else { None }
}

impl ElfHeader {
    /// Returns the table of program headers, and the number of its entries. `image` is the address of this header.
    #[inline(always)]
    pub(crate) const fn program_headers(&self, image: *const Self) -> (*const ProgramHeader, usize) {
        // Derive the pointer from `image`, whose provenance covers the whole image, and not from the reference `self`.
        (image.wrapping_byte_add(self.program_headers).cast(), self.program_header_count as usize)
    }
}
