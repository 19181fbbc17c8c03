//! Self-relocation, for programs that are linked as static-PIE.
//!
//! The kernel loads such a program at any address and does not relocate it, so the program must do so itself. Until then
//! every pointer in static data is wrong, including those in the global offset table, and this code must not use them.
//! Without optimization even calls of core may go through that table unless they are always inlined. Therefore this
//! module uses only operators, such inlined functions, and loops without iterators.
//!
//! See elf(5), and DT_RELR in the generic ABI.

use core::mem::MaybeUninit;

use crate::R_RELATIVE;
use crate::image::{ET_DYN, ElfHeader, PT_DYNAMIC, PT_INTERP, PT_LOAD, read_header};

/// An entry of the dynamic section: a tag and its value.
type Dynamic = [usize; 2];

/// A relocation with addend: its offset, type and addend.
type Rela = [usize; 3];

const DT_RELA: usize = 7;
const DT_RELASZ: usize = 8;
const DT_RELRSZ: usize = 35;
const DT_RELR: usize = 36;

/// Adds the load bias to each pointer in the static data of the program. Does nothing in a program that was linked for a
/// fixed address, or that a dynamic linker has relocated.
///
/// # Safety
/// It must be called once, before all other code. `image` must be the ELF header of the program. In a program without one
/// it must be the PC-relative value of an undefined weak symbol: null, or a readable address near the code.
#[inline(always)]
pub unsafe fn relocate(image: *const ElfHeader) {
    // SAFETY: `image` is the ELF header, null, or a readable address.
    if let Some((bias, linked)) = unsafe { dynamic_section(image) } {
        // SAFETY: nothing has relocated the program, and this is its dynamic section.
        unsafe { relocate_by(bias, address(linked, bias).cast()) };
    }
}

/// Returns the load bias and the link-time address of the dynamic section. Returns `None` in a program that was linked for
/// a fixed address, or that a dynamic linker has relocated.
///
/// # Safety
/// `image` must be as [`relocate`] requires.
#[inline(always)]
unsafe fn dynamic_section(image: *const ElfHeader) -> Option<(usize, usize)> {
    #[expect(clippy::question_mark, reason = "without optimization `?` calls functions of core")]
    // SAFETY: `image` is the ELF header, null, or a readable address.
    let Some(header) = (unsafe { read_header(image) }) else { return None };
    if header.kind != ET_DYN {
        return None;
    }
    let (mut next, mut left) = header.program_headers(image);
    // Zero means not found: the header is at address 0, so the dynamic section is not.
    let (mut bias, mut found) = (0, 0);
    while left != 0 {
        left -= 1;
        // SAFETY: the table has `program_header_count` entries.
        let program_header = unsafe { &*next };
        match program_header.kind {
            PT_INTERP => return None,
            // The segment at file offset 0 starts with the ELF header.
            PT_LOAD if program_header.offset == 0 => bias = image.addr().wrapping_sub(program_header.address),
            PT_DYNAMIC => found = program_header.address,
            _ => {}
        }
        next = next.wrapping_add(1);
    }
    if found == 0 { None } else { Some((bias, found)) }
}

/// Relocates a program by its load bias.
///
/// # Safety
/// The program must not have been relocated before, and `dynamic` must be its dynamic section.
#[inline(always)]
unsafe fn relocate_by(bias: usize, dynamic: *const Dynamic) {
    // SAFETY: `dynamic` is a complete dynamic section.
    let [rela, rela_len, relr, relr_len] = unsafe { tables(dynamic) };

    let mut next = address(rela, bias).cast::<Rela>();
    let end = next.wrapping_byte_add(rela_len);
    while next < end {
        // SAFETY: `next` points to an entry of the table of DT_RELA.
        let [offset, kind, addend] = unsafe { *next };
        if kind == R_RELATIVE {
            // SAFETY: a relative relocation refers to a word in writable data.
            unsafe { *address(offset, bias) = bias.wrapping_add(addend) };
        }
        next = next.wrapping_add(1);
    }

    let mut words = address(relr, bias);
    let end = words.wrapping_byte_add(relr_len);
    let mut next = words;
    while words < end {
        // SAFETY: `words` points to a word of the table of DT_RELR.
        let word = unsafe { *words };
        words = words.wrapping_add(1);
        if word & 1 == 0 {
            // An even word is the address of a pointer. The bitmaps after it describe the words that follow the pointer.
            // SAFETY: DT_RELR lists addresses of pointers that are not relocated yet.
            unsafe { relocate_word(address(word, bias), bias) };
            next = address(word, bias).wrapping_add(1);
            continue;
        }
        // An odd word is a bitmap of the next 63 words: a set bit marks a pointer.
        let mut bit = 1;
        while bit != usize::BITS {
            if word >> bit & 1 == 1 {
                // SAFETY: the bitmap marks a pointer that is not relocated yet.
                unsafe { relocate_word(next, bias) };
            }
            next = next.wrapping_add(1);
            bit += 1;
        }
    }
}

/// Returns the run-time address of a link-time address.
#[inline(always)]
const fn address(linked: usize, bias: usize) -> *mut usize {
    core::ptr::with_exposed_provenance_mut(bias.wrapping_add(linked))
}

/// Adds the load bias to a pointer.
///
/// # Safety
/// `word` must point to a writable pointer that has not been relocated.
#[inline(always)]
unsafe fn relocate_word(word: *mut usize, bias: usize) {
    // SAFETY: `word` points to a readable word.
    let linked = unsafe { *word };
    // SAFETY: `word` points to a writable word.
    unsafe { *word = bias.wrapping_add(linked) };
}

/// Returns link-time address and size in bytes of the tables of DT_RELA and DT_RELR, or zeroes for a missing table.
///
/// # Safety
/// `dynamic` must be a dynamic section, which ends with an entry of tag 0.
#[inline(always)]
unsafe fn tables(mut dynamic: *const Dynamic) -> [usize; 4] {
    // Indexing by tag takes less code than four comparisons. The other elements stay uninitialized for the same reason.
    let mut values = MaybeUninit::<[usize; DT_RELR + 1]>::uninit();
    let values = values.as_mut_ptr().cast::<usize>();
    let [rela, rela_len] = [values.wrapping_add(DT_RELA), values.wrapping_add(DT_RELASZ)];
    let [relr, relr_len] = [values.wrapping_add(DT_RELR), values.wrapping_add(DT_RELRSZ)];
    // SAFETY: all four pointers are to elements of the array.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "the same reason holds for all four")]
    unsafe {
        (*rela, *rela_len, *relr, *relr_len) = (0, 0, 0, 0);
    }
    loop {
        // SAFETY: the entry of tag 0 was not passed yet.
        let [tag, value] = unsafe { *dynamic };
        if tag <= DT_RELR {
            // SAFETY: `tag` is at most the index of the last element.
            unsafe { *values.wrapping_add(tag) = value };
        }
        if tag == 0 {
            break;
        }
        dynamic = dynamic.wrapping_add(1);
    }
    // SAFETY: all four elements were initialized above.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "the same reason holds for all four")]
    unsafe {
        [*rela, *rela_len, *relr, *relr_len]
    }
}
