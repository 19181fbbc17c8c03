//! Self-relocation, for programs that are linked as static-PIE.
//!
//! Such a program can be loaded anywhere, and there is nobody but itself to tell its pointers where. Until that is
//! done every pointer in static data, the global offset table included, is wrong: so this must use none. Without
//! optimisation a call of one of core's functions may go through that table, unless it is always inlined: here are
//! operators and such functions only, and loops without iterators.
//!
//! See elf(5), and the generic ABI on DT_RELR.

use core::mem::MaybeUninit;

use crate::R_RELATIVE;

/// An ELF header, as far as it matters here. See elf(5).
#[repr(C)]
pub struct ElfHeader {
    magic: u32,
    ident: [u8; 12],
    kind: u16,
    _machine_version_and_entry: [u16; 7],
    program_headers: usize,
    _section_headers_flags_and_sizes: [u16; 8],
    program_header_count: u16,
}

const MAGIC: u32 = u32::from_ne_bytes(*b"\x7fELF");

/// The kind of a program that can be loaded anywhere.
const ET_DYN: u16 = 3;

/// A program header, as far as it matters here.
#[repr(C)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    offset: usize,
    address: usize,
    _more: [usize; 4],
}

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;

/// An entry of the dynamic section: a tag and its value.
type Dynamic = [usize; 2];

/// A relocation with an addend: where, what, and the addend.
type Rela = [usize; 3];

const DT_RELA: usize = 7;
const DT_RELASZ: usize = 8;
const DT_RELRSZ: usize = 35;
const DT_RELR: usize = 36;

/// Adds what the program was moved by to each of its pointers that moves with it. Does nothing in a program that was
/// linked for one address, or that a dynamic loader has relocated already.
///
/// # Safety
/// Called once, before anything else. `image` is the program's ELF header. In a program without one, it is what an
/// undefined weak symbol stands for in code that counts from its own address: null, or some place near that code.
#[inline(always)]
pub unsafe fn relocate(image: *const ElfHeader) {
    // SAFETY: the caller's.
    if let Some((moved, linked)) = unsafe { dynamic_section(image) } {
        // SAFETY: as above, and there was no loader.
        unsafe { relocate_by(moved, address(linked, moved).cast()) };
    }
}

/// How far the program was moved, and where its dynamic section was linked to be; `None` in a program that was linked for
/// one address, or that a dynamic loader has relocated.
///
/// # Safety
/// That of [`relocate`].
#[inline(always)]
unsafe fn dynamic_section(image: *const ElfHeader) -> Option<(usize, usize)> {
    if image.addr() == 0 {
        return None;
    }
    // SAFETY: the header, or code.
    let header = unsafe { &*image };
    if header.magic != MAGIC || header.kind != ET_DYN {
        return None;
    }
    // From the image's pointer, which leads to all of it, and not from the reference to the header alone.
    let mut next = image.wrapping_byte_add(header.program_headers).cast::<ProgramHeader>();
    let mut left = usize::from(header.program_header_count);
    // No dynamic section is at 0, where the header is.
    let (mut moved, mut found) = (0, 0);
    while left != 0 {
        left -= 1;
        // SAFETY: there are this many.
        let program_header = unsafe { &*next };
        match program_header.kind {
            PT_INTERP => return None,
            // The segment that begins with the header, as the file does.
            PT_LOAD if program_header.offset == 0 => moved = image.addr().wrapping_sub(program_header.address),
            PT_DYNAMIC => found = program_header.address,
            _ => {}
        }
        next = next.wrapping_add(1);
    }
    if found == 0 { None } else { Some((moved, found)) }
}

/// Relocates a program that was moved by this much.
///
/// # Safety
/// It was not relocated before, and this is its dynamic section.
#[inline(always)]
unsafe fn relocate_by(moved: usize, dynamic: *const Dynamic) {
    // SAFETY: the caller's.
    let [rela, rela_len, relr, relr_len] = unsafe { tables(dynamic) };

    let mut next = address(rela, moved).cast::<Rela>();
    let end = next.wrapping_byte_add(rela_len);
    while next < end {
        // SAFETY: an entry of the section.
        let [offset, kind, addend] = unsafe { *next };
        if kind == R_RELATIVE {
            // SAFETY: the linker put a pointer there.
            unsafe { *address(offset, moved) = moved.wrapping_add(addend) };
        }
        next = next.wrapping_add(1);
    }

    let mut words = address(relr, moved);
    let end = words.wrapping_byte_add(relr_len);
    let mut next = words;
    while words < end {
        // SAFETY: a word of the section.
        let word = unsafe { *words };
        words = words.wrapping_add(1);
        if word & 1 == 0 {
            // An address: a pointer is there, and what follows is told from the word behind it on.
            // SAFETY: the linker put a pointer there.
            unsafe { relocate_word(address(word, moved), moved) };
            next = address(word, moved).wrapping_add(1);
            continue;
        }
        // A bitmap: which of the next words are pointers.
        let mut bit = 1;
        while bit != usize::BITS {
            if word >> bit & 1 == 1 {
                // SAFETY: as above.
                unsafe { relocate_word(next, moved) };
            }
            next = next.wrapping_add(1);
            bit += 1;
        }
    }
}

/// Where something is that was linked to be elsewhere.
#[inline(always)]
const fn address(linked: usize, moved: usize) -> *mut usize {
    core::ptr::with_exposed_provenance_mut(moved.wrapping_add(linked))
}

/// # Safety
/// There is a word at the address, which is a pointer that has not been relocated.
#[inline(always)]
unsafe fn relocate_word(word: *mut usize, moved: usize) {
    // SAFETY: the caller's.
    let linked = unsafe { *word };
    // SAFETY: the caller's.
    unsafe { *word = moved.wrapping_add(linked) };
}

/// Where the relocations were linked to be and how many bytes of them there are, of both kinds; 0 for those that there
/// are none of.
///
/// # Safety
/// A dynamic section, which an entry with the tag 0 ends.
#[inline(always)]
unsafe fn tables(mut dynamic: *const Dynamic) -> [usize; 4] {
    // By tag, which takes less code than to compare each with four; and the rest stays as it is, for the same reason.
    let mut values = MaybeUninit::<[usize; DT_RELR + 1]>::uninit();
    let values = values.as_mut_ptr().cast::<usize>();
    let [rela, rela_len] = [values.wrapping_add(DT_RELA), values.wrapping_add(DT_RELASZ)];
    let [relr, relr_len] = [values.wrapping_add(DT_RELR), values.wrapping_add(DT_RELRSZ)];
    // SAFETY: four elements of the array.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one reason holds for all")]
    unsafe {
        (*rela, *rela_len, *relr, *relr_len) = (0, 0, 0, 0);
    }
    loop {
        // SAFETY: not beyond the last entry.
        let [tag, value] = unsafe { *dynamic };
        if tag <= DT_RELR {
            // SAFETY: an element of the array.
            unsafe { *values.wrapping_add(tag) = value };
        }
        if tag == 0 {
            break;
        }
        dynamic = dynamic.wrapping_add(1);
    }
    // SAFETY: these four were written.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one reason holds for all")]
    unsafe {
        [*rela, *rela_len, *relr, *relr_len]
    }
}
