//! Relocates a position-independent program.

use crate::numbers::Numbers;
use crate::{ElfHeader, R_RELATIVE, relocate};

const DT_RELA: usize = 7;
const DT_RELASZ: usize = 8;
const DT_RELRSZ: usize = 35;
const DT_RELR: usize = 36;
const PT_LOAD: usize = 1;
const PT_DYNAMIC: usize = 2;
const PT_INTERP: usize = 3;
const ET_DYN: usize = 3;
const WORD: usize = size_of::<usize>();

/// The number of words of an image that are data, which relocations change.
const DATA: usize = 256;

/// Input: the kind of program, its link address, and the places of its pointers.
pub fn run(data: &[u8]) {
    let mut numbers = Numbers(data);
    let shape = numbers.byte();
    let linked = numbers.short() << 12;
    let with_addend: Vec<[usize; 3]> = (0..numbers.byte() % 16).map(|_| addend(&mut numbers, linked)).collect();
    let packed: Vec<usize> = (0..numbers.byte() % 16).map(|_| packed_word(&mut numbers, linked)).collect();
    let packed = valid(packed, linked);
    let mut image = vec![0_usize; DATA];
    image.iter_mut().enumerate().for_each(|(number, word)| *word = linked.wrapping_add(number * 7));
    // After the data: the header, the program headers, the dynamic section, the relocations.
    let header_at = image.len();
    let kind = if shape & 1 == 0 { ET_DYN } else { 2 };
    let programs = programs(shape, &mut numbers);
    let magic = usize::from_ne_bytes(*b"\x7fELF\x02\x01\x01\0") ^ usize::from(shape >> 6 == 3);
    let header = [magic, 0, kind | 62 << 16, 0, 8 * WORD, 0, 56 << 48, programs.len() | 64 << 16];
    image.extend(header);
    let dynamic_at = image.len() + 7 * programs.len();
    for &program in &programs {
        // A loaded segment begins with the header. All other entries have the address of the dynamic section.
        let (offset, address) = if program == PT_LOAD { (0, header_at) } else { (WORD, dynamic_at) };
        image.extend([program, offset, linked.wrapping_add(address * WORD), 0, 0, 0, 0]);
    }
    let rela_at = dynamic_at + 2 * 6;
    let relr_at = rela_at + 3 * with_addend.len();
    let at = |word: usize| linked.wrapping_add(word * WORD);
    let mut dynamic = vec![[1, 5]];
    if !with_addend.is_empty() {
        dynamic.extend([[DT_RELA, at(rela_at)], [DT_RELASZ, with_addend.len() * 3 * WORD]]);
    }
    if !packed.is_empty() {
        dynamic.extend([[DT_RELR, at(relr_at)], [DT_RELRSZ, packed.len() * WORD]]);
    }
    dynamic.resize(6, [0, 0]);
    image.extend(dynamic.concat());
    image.extend(with_addend.concat());
    image.extend(&packed);
    check(image, header_at, &programs, linked, kind == ET_DYN && shape >> 6 != 3, &with_addend, &packed);
}

/// Returns the types of the program headers: loaded segments, mostly a dynamic section, and sometimes an interpreter.
fn programs(shape: u8, numbers: &mut Numbers<'_>) -> Vec<usize> {
    let mut programs = vec![PT_LOAD; 1 + usize::from(shape >> 1 & 3)];
    if shape & 8 == 0 {
        programs.push(PT_DYNAMIC);
    }
    if shape & 0x30 == 0x30 {
        programs.insert(usize::from(numbers.byte()) % (programs.len() + 1), PT_INTERP);
    }
    programs
}

fn addend(numbers: &mut Numbers<'_>, linked: usize) -> [usize; 3] {
    let place = linked.wrapping_add(usize::from(numbers.byte()) % DATA * WORD);
    let kind = if numbers.byte().is_multiple_of(4) { R_RELATIVE + 1 } else { R_RELATIVE };
    [place, kind, linked.wrapping_add(numbers.short())]
}

fn packed_word(numbers: &mut Numbers<'_>, linked: usize) -> usize {
    match numbers.byte() {
        place @ ..128 => linked.wrapping_add(usize::from(place) * WORD),
        _ => numbers.word() | 1,
    }
}

/// Keeps the words that a linker would write: an address comes first, and no bit stands for a word after the data.
fn valid(words: Vec<usize>, linked: usize) -> Vec<usize> {
    let mut next = None;
    let mut valid = Vec::new();
    for word in words {
        match (word & 1, next) {
            (0, _) => {
                next = Some(word.wrapping_sub(linked) / WORD + 1);
                valid.push(word);
            }
            (_, Some(from)) if from < DATA => {
                let room = DATA - from;
                let bits = if room < 63 { word & ((2 << room) - 1) } else { word };
                next = Some(from + 63);
                valid.push(bits | 1);
            }
            _ => {}
        }
    }
    valid
}

fn check(
    mut image: Vec<usize>,
    header_at: usize,
    programs: &[usize],
    linked: usize,
    is_movable: bool,
    with_addend: &[[usize; 3]],
    packed: &[usize],
) {
    let start = image.as_mut_ptr();
    let moved = start.expose_provenance().wrapping_sub(linked);
    let mut expected = image.clone();
    if is_movable && programs.contains(&PT_DYNAMIC) && !programs.contains(&PT_INTERP) {
        for &[place, kind, addend] in with_addend {
            if kind == R_RELATIVE {
                expected[place.wrapping_sub(linked) / WORD] = addend.wrapping_add(moved);
            }
        }
        for place in unpacked(packed, linked) {
            expected[place] = expected[place].wrapping_add(moved);
        }
    }
    let header = start.wrapping_add(header_at).cast_const().cast::<ElfHeader>();
    // SAFETY: the image is writable and contains everything that its header describes.
    unsafe { relocate(header) };
    assert_eq!(image, expected);
}

/// Returns the places that packed relocations name, as indexes of words of the image.
fn unpacked(packed: &[usize], linked: usize) -> Vec<usize> {
    let mut places = Vec::new();
    let mut base = 0;
    for word in packed {
        if word % 2 == 0 {
            let place = word.wrapping_sub(linked) / WORD;
            places.push(place);
            base = place + 1;
        } else {
            places.extend((0..63).filter(|bit| word >> (bit + 1) & 1 == 1).map(|bit| base + bit));
            base += 63;
        }
    }
    places
}
