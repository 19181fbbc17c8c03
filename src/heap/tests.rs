//! Tests of blocks and size classes.

#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at what it did not expect"
)]

use core::mem::MaybeUninit;

use super::allocator::Heap;
use super::block::Block;
use super::classes::{CLASSES, LARGE_MAX, SMALL_MAX, class_of};
use super::layout::{FIRST_BLOCK, HEADER, SEGMENT, SPAN};
use super::lock::Mutex;
use crate::errno::{Errno, Result};

extern crate std;
use std::collections::BTreeSet;
use std::vec;
use std::vec::Vec;

#[test]
fn size_classes_are_ordered_and_waste_at_most_a_fifth() {
    let mut last = class_of(2 * HEADER);
    for size in (2 * HEADER + 1..40_000).chain((40_000..=LARGE_MAX).step_by(997)) {
        let (rounded, class) = class_of(size);
        assert!(rounded >= size && rounded.is_multiple_of(HEADER));
        assert!(size <= 128 || (rounded - size) * 5 < rounded, "{size} in {rounded}");
        assert!((rounded == last.0) == (class == last.1) && class >= last.1 && class < CLASSES);
        assert_eq!(class_of(rounded), (rounded, class));
        last = (rounded, class);
    }
    assert_eq!(class_of(LARGE_MAX).1 + 1, CLASSES);
}

/// In a heap of its own: other tests allocate from the shared one at the same time, and trim what it keeps.
#[test]
fn a_freed_block_is_the_next_of_its_size() -> Result<()> {
    static HEAP: Mutex<Heap> = Mutex::new(Heap::new());
    let mut heap = HEAP.lock();
    for capacity in [1, 100, 5000, 65_537, 300_000, 10_000_000] {
        let mut seen = BTreeSet::new();
        for _ in 0..100 {
            // SAFETY: no block grows.
            let block = unsafe { heap.allocate(capacity, &mut None) }?;
            // SAFETY: the content follows the header in the block.
            let content = unsafe { block.add(1) }.as_ptr().cast();
            seen.insert(content);
            // SAFETY: nothing uses the block.
            unsafe { heap.free(content) };
        }
        assert_eq!(seen.len(), 1, "blocks of {capacity}");
    }
    Ok(())
}

#[test]
fn large_blocks_start_at_a_cache_line() -> Result<()> {
    for capacity in [SMALL_MAX, 300_000, 1 << 20, LARGE_MAX, 40 << 20] {
        let address = Block::new(capacity)?.as_ptr().as_ptr().addr();
        assert!(address.is_multiple_of(64), "{capacity}: {address:#x}");
    }
    Ok(())
}

#[test]
fn blocks_do_not_overlap() -> Result<()> {
    let mut blocks = Vec::new();
    for i in 0..2000_usize {
        let mut block = Block::new(1 + i * i % 70_000)?;
        block.spare_capacity_mut().fill(MaybeUninit::new((i % 256) as u8));
        blocks.push(block);
    }
    for (i, block) in blocks.iter_mut().enumerate() {
        // SAFETY: all bytes were written above.
        let content = unsafe { block.spare_capacity_mut().assume_init_ref() };
        assert!(content.iter().all(|&byte| byte == (i % 256) as u8));
    }
    Ok(())
}

#[test]
fn reserve_keeps_content_and_length() -> Result<()> {
    let mut block = Block::new(10)?;
    block.extend_from_slice(b"content")?;
    let mut filled = 101;
    for capacity in [10, 11, 5000, 1 << 17, 300_000, SPAN - HEADER, 1 << 20, (1 << 24) + 1, 40 << 20, 90 << 20] {
        block.reserve(capacity)?;
        assert!(block.capacity() >= capacity);
        let bytes = block.spare_capacity_mut();
        let end = capacity - b"content".len();
        for at in (filled..end).step_by(101) {
            bytes[at].write((at % 249) as u8);
        }
        for at in (101..end).step_by(101) {
            // SAFETY: written above or in an earlier round.
            assert_eq!(unsafe { bytes[at].assume_init() }, (at % 249) as u8);
        }
        filled = end.max(101).next_multiple_of(101);
        assert_eq!(block.len(), 7);
    }
    Ok(())
}

/// A block that grew to the size of a span may become one, whose blocks are found by its aligned address.
#[test]
fn blocks_that_grow_to_the_size_of_a_span_stay_aligned() -> Result<()> {
    let mut grown = Vec::new();
    for _ in 0..4 {
        let mut block = Block::new(300_000)?;
        block.reserve(SPAN - HEADER)?;
        assert_eq!(block.as_ptr().addr().get() % SEGMENT, FIRST_BLOCK + HEADER);
        grown.push(block);
    }
    Ok(())
}

#[test]
fn blocks_of_random_sizes_and_lifetimes_keep_their_content() -> Result<()> {
    let mut held: Vec<(Block, usize, u8)> = Vec::new();
    let mut state = 7_usize;
    let (rounds, phase) = if cfg!(miri) { (120, 30) } else { (6000_usize, 200) };
    for round in 0..rounds {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (mark, size) = ((round % 251) as u8, 1 + (state >> 33) % [60, 3000, 40_000, 150_000][(state >> 60) % 4]);
        // Phases of growth and of decline, in which segments become full and empty.
        if round / phase % 2 == 1 {
            if !held.is_empty() {
                check(held.swap_remove((state >> 20) % held.len()));
            }
            continue;
        }
        let mut block = Block::new(size)?;
        block.spare_capacity_mut()[..size].write_copy_of_slice(&vec![mark; size]);
        if state.is_multiple_of(5) {
            block.reserve(3 * size)?;
        }
        held.push((block, size, mark));
    }
    held.into_iter().for_each(check);
    Ok(())
}

/// Checks the content of a block, which its length does not count.
fn check((mut block, size, mark): (Block, usize, u8)) {
    assert_eq!(block.len(), 0);
    // SAFETY: the bytes were written when the block was allocated.
    let content = unsafe { block.spare_capacity_mut()[..size].assume_init_ref() };
    assert!(content == vec![mark; size]);
}

#[test]
fn impossible_sizes_fail_with_enomem() {
    for capacity in [usize::MAX, usize::MAX - HEADER, usize::MAX / 2, 1 << 47, 1 << 48] {
        assert_eq!(Block::new(capacity).err(), Some(Errno::ENOMEM), "{capacity:#x}");
    }
}
