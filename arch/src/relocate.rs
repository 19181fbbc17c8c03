//! Self-relocation, for programs that are linked as static-PIE.
//!
//! Such a program can be loaded anywhere, and there is nobody but itself to tell its pointers where. Until that is
//! done every pointer in static data, the global offset table included, is wrong: so this must use none.
//!
//! See elf(5), and the generic ABI on DT_RELR.

use crate::R_RELATIVE;

/// An ELF header, as far as it matters here. See elf(5).
#[repr(C)]
pub struct ElfHeader {
    magic: [u8; 4],
    ident: [u8; 12],
    kind: u16,
    _machine_version_and_entry: [u16; 7],
    program_headers: usize,
    _section_headers_flags_and_size: [u16; 7],
    program_header_size: u16,
    program_header_count: u16,
}

/// The kind of a program that can be loaded anywhere.
const ET_DYN: u16 = 3;

/// A program header, as far as it matters here.
#[repr(C)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    offset: usize,
    address: usize,
}

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
/// Called once, before anything else. `image` is the program's ELF header, and `dynamic` its dynamic section. In a
/// program without the one or the other, what an undefined weak symbol stands for in code that counts from its own
/// address: null, or some place near that code.
#[inline(always)]
pub unsafe fn relocate(image: *const ElfHeader, dynamic: *const Dynamic) {
    if image.is_null() {
        return;
    }
    // SAFETY: the header, or code.
    let header = unsafe { &*image };
    if header.magic != *b"\x7fELF" || header.kind != ET_DYN {
        return;
    }
    // SAFETY: the header of a program that is loaded with its program headers.
    let Some(linked) = (unsafe { dynamic_address(header) }) else { return };
    let moved = dynamic.addr().wrapping_sub(linked);
    // SAFETY: the caller's.
    let value_of = |tag| unsafe { value_of(dynamic, tag) };
    let at = |linked: usize| core::ptr::with_exposed_provenance_mut::<usize>(moved.wrapping_add(linked));

    let relocations = at(value_of(DT_RELA)).cast::<Rela>();
    for i in 0..value_of(DT_RELASZ) / size_of::<Rela>() {
        // SAFETY: the section has this many entries.
        let [offset, kind, addend] = unsafe { *relocations.wrapping_add(i) };
        if kind == R_RELATIVE {
            // SAFETY: the linker put a pointer there.
            unsafe { at(offset).write(moved.wrapping_add(addend)) };
        }
    }

    let words = at(value_of(DT_RELR));
    let mut next = words;
    for i in 0..value_of(DT_RELRSZ) / size_of::<usize>() {
        // SAFETY: the section has this many words.
        let word = unsafe { *words.wrapping_add(i) };
        if word & 1 == 0 {
            // An address: a pointer is there, and what follows is told from the word behind it on.
            // SAFETY: the linker put a pointer there.
            unsafe { relocate_word(at(word), moved) };
            next = at(word).wrapping_add(1);
            continue;
        }
        // A bitmap: which of the next words are pointers.
        for bit in 1..usize::BITS {
            if word >> bit & 1 == 1 {
                // SAFETY: as above.
                unsafe { relocate_word(next, moved) };
            }
            next = next.wrapping_add(1);
        }
    }
}

/// Where the dynamic section was linked to be; `None` where a dynamic loader started the program.
///
/// # Safety
/// The header begins the program in memory, and its program headers are there.
#[inline(always)]
unsafe fn dynamic_address(header: &ElfHeader) -> Option<usize> {
    let mut found = None;
    let mut next = (&raw const *header).wrapping_byte_add(header.program_headers).cast::<ProgramHeader>();
    for _ in 0..header.program_header_count {
        // SAFETY: there are this many.
        let program_header = unsafe { &*next };
        match program_header.kind {
            PT_INTERP => return None,
            PT_DYNAMIC => found = Some(program_header.address),
            _ => {}
        }
        next = next.wrapping_byte_add(usize::from(header.program_header_size));
    }
    found
}

/// # Safety
/// There is a word at the address, which is a pointer that has not been relocated.
#[inline(always)]
unsafe fn relocate_word(word: *mut usize, moved: usize) {
    // SAFETY: the caller's.
    let linked = unsafe { word.read() };
    // SAFETY: the caller's.
    unsafe { word.write(moved.wrapping_add(linked)) };
}

/// The value with this tag in a dynamic section, or 0.
///
/// # Safety
/// A dynamic section, which an entry with the tag 0 ends.
#[inline(always)]
unsafe fn value_of(mut dynamic: *const Dynamic, wanted: usize) -> usize {
    loop {
        // SAFETY: not beyond the last entry.
        let [tag, value] = unsafe { *dynamic };
        if tag == wanted || tag == 0 {
            return if tag == 0 { 0 } else { value };
        }
        dynamic = dynamic.wrapping_add(1);
    }
}
