//! Tests of blocks and size classes.

#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at what it did not expect"
)]

use core::mem::MaybeUninit;

use super::block::Block;
use super::classes::{CLASSES, LARGE_MAX, SMALL_MAX, class_of};
use super::layout::HEADER;
use crate::errno::{Errno, Result};

extern crate std;
use std::collections::BTreeSet;
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

#[test]
fn freed_blocks_are_reused() -> Result<()> {
    for capacity in [1, 100, 5000, 65_537, 300_000, 10_000_000] {
        let mut seen = BTreeSet::new();
        for _ in 0..100 {
            seen.insert(Block::new(capacity)?.as_ptr());
        }
        // Other tests allocate at the same time.
        assert!(seen.len() < 20, "{} blocks of {capacity}", seen.len());
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
    for capacity in [10, 11, 5000, 1 << 17, 1 << 20, (1 << 24) + 1, 40 << 20, 90 << 20] {
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

#[test]
fn impossible_sizes_fail_with_enomem() {
    for capacity in [usize::MAX, usize::MAX - HEADER, usize::MAX / 2, 1 << 47, 1 << 48] {
        assert_eq!(Block::new(capacity).err(), Some(Errno::ENOMEM), "{capacity:#x}");
    }
}
