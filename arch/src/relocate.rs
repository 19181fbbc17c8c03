//! Self-relocation, for programs that are linked as static-PIE.
//!
//! Such a program can be loaded anywhere, and there is nobody but itself to tell its pointers where. Until that is
//! done every pointer in static data, the global offset table included, is wrong: so this must use none.
//!
//! See elf(5), and the generic ABI on DT_RELR.

use crate::R_RELATIVE;

/// An entry of the dynamic section: a tag and its value.
type Dynamic = [usize; 2];

/// A relocation with an addend: where, what, and the addend.
type Rela = [usize; 3];

const DT_RELA: usize = 7;
const DT_RELASZ: usize = 8;
const DT_RELRSZ: usize = 35;
const DT_RELR: usize = 36;

/// Adds the address at which the program was loaded to each of its pointers that is relative to it. Does nothing in a
/// program that was linked for one address, which has no dynamic section.
///
/// # Safety
/// Called once, before anything else. `dynamic` is null or the program's dynamic section, and `image` the address of
/// its ELF header, which is linked to be at 0.
#[inline(always)]
pub unsafe fn relocate(image: usize, dynamic: *const Dynamic) {
    if dynamic.is_null() {
        return;
    }
    // SAFETY: the caller's.
    let value_of = |tag| unsafe { value_of(dynamic, tag) };
    let at = |offset: usize| core::ptr::with_exposed_provenance_mut::<usize>(image + offset);

    let relocations = at(value_of(DT_RELA)).cast::<Rela>();
    for i in 0..value_of(DT_RELASZ) / size_of::<Rela>() {
        // SAFETY: the section has this many entries.
        let [offset, kind, addend] = unsafe { *relocations.wrapping_add(i) };
        if kind == R_RELATIVE {
            // SAFETY: the linker put a pointer there.
            unsafe { at(offset).write(image + addend) };
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
            unsafe { relocate_word(at(word), image) };
            next = at(word).wrapping_add(1);
            continue;
        }
        // A bitmap: which of the next words are pointers.
        for bit in 1..usize::BITS {
            if word >> bit & 1 == 1 {
                // SAFETY: as above.
                unsafe { relocate_word(next, image) };
            }
            next = next.wrapping_add(1);
        }
    }
}

/// # Safety
/// There is a word at the address, which is a pointer that has not been relocated.
#[inline(always)]
unsafe fn relocate_word(word: *mut usize, image: usize) {
    // SAFETY: the caller's.
    let offset = unsafe { word.read() };
    // SAFETY: the caller's.
    unsafe { word.write(image + offset) };
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
