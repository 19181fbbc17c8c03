//! Allocates, grows, fills and frees blocks, texts and lists in any order.

use crate::heap::Block;
use crate::list::List;
use crate::numbers::Numbers;
use crate::text::Text;

/// A block, the bytes that it must contain, and the length that it must report.
struct Held {
    block: Block,
    content: Vec<u8>,
    len: usize,
}

/// Input: for each action its kind, its block and its size.
pub fn run(data: &[u8]) {
    let mut held: Vec<Held> = Vec::new();
    let mut numbers = Numbers(data);
    for mark in 0..48_u8 {
        if numbers.is_empty() {
            break;
        }
        act(&mut numbers, mark, &mut held);
    }
    held.iter().for_each(check);
}

/// Returns a size that is mostly small, and sometimes large enough for a mapping of its own.
fn size(numbers: &mut Numbers<'_>) -> usize {
    let size = numbers.short();
    match size % 16 {
        0 if size.is_multiple_of(128) && !cfg!(miri) => size * 300,
        1 => size * 3,
        _ => size % 300,
    }
}

fn act(numbers: &mut Numbers<'_>, mark: u8, held: &mut Vec<Held>) {
    let action = numbers.byte() % 8;
    let index = usize::from(numbers.byte()).checked_rem(held.len()).unwrap_or_default();
    let size = size(numbers);
    match (action, held.get_mut(index)) {
        (0 | 1, Some(_)) => check(&held.swap_remove(index)),
        (2, Some(held)) => grow(held, size, mark),
        (3, Some(held)) => push(held, &vec![mark; size % 2000]),
        (4, _) => check_text(&vec![mark; size % 5000]),
        (5, _) => check_list(&vec![vec![b'a' + mark % 26; size % 40]; size % 100]),
        _ => {
            let mut block = Block::new(size).unwrap_or_else(|errno| panic!("{errno:?}"));
            assert!(block.capacity() >= size && block.as_ptr().addr().get().is_multiple_of(16) && block.len() == 0);
            let content = vec![mark; size];
            fill(&mut block, 0, &content);
            held.push(Held { block, content, len: 0 });
        }
    }
}

fn fill(block: &mut Block, from: usize, content: &[u8]) {
    let spare = from - block.len();
    let place = block.spare_capacity_mut().get_mut(spare..spare + content.len()).unwrap_or_default();
    place.write_copy_of_slice(content);
}

fn grow(held: &mut Held, size: usize, mark: u8) {
    held.block.reserve(size).unwrap_or_else(|errno| panic!("{errno:?}"));
    assert!(held.block.capacity() >= size);
    let more = vec![mark; size.saturating_sub(held.content.len())];
    fill(&mut held.block, held.content.len(), &more);
    held.content.extend_from_slice(&more);
}

/// Appends after the bytes that the length counts.
fn push(held: &mut Held, bytes: &[u8]) {
    held.block.extend_from_slice(bytes).unwrap_or_else(|errno| panic!("{errno:?}"));
    let end = held.len + bytes.len();
    held.content.resize(held.content.len().max(end + 1), 0);
    held.content[held.len..end].copy_from_slice(bytes);
    held.content[end] = 0;
    held.len = end;
}

fn check(held: &Held) {
    assert_eq!(held.block.len(), held.len);
    // SAFETY: the block is at least as long, and all of these bytes were written.
    let content = unsafe { std::slice::from_raw_parts(held.block.as_ptr().as_ptr(), held.content.len()) };
    assert!(content == held.content, "the content of a block has changed");
}

fn check_text(content: &[u8]) {
    let text = Text::new(content).unwrap_or_else(|errno| panic!("{errno:?}"));
    assert_eq!(text.as_bytes(), content);
    // SAFETY: the pointer comes from `into_raw`, and is not used again.
    let text = unsafe { Text::from_raw(text.into_raw()) };
    assert_eq!(text.len(), content.len());
}

fn check_list(strings: &[Vec<u8>]) {
    let list = List::new(strings.iter().map(Vec::as_slice)).unwrap_or_else(|errno| panic!("{errno:?}"));
    assert!(list.iter().map(std::ffi::CStr::to_bytes).eq(strings.iter().map(Vec::as_slice)));
}
