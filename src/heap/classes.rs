//! The size classes of blocks.

use super::layout::{FIRST_BLOCK, MAPPING_UNIT, SEGMENT, SPAN};

/// The largest block that shares a segment with others.
pub(super) const SMALL_MAX: usize = 1 << 17;
/// The largest block that is kept for reuse.
pub(super) const LARGE_MAX: usize = 1 << 24;

/// The number of classes up to [`SMALL_MAX`], and of all.
pub(super) const SMALL_CLASSES: usize = class_of(SMALL_MAX).1 + 1;
pub(super) const CLASSES: usize = class_of(LARGE_MAX).1 + 1;
pub(super) const SPAN_CLASS: usize = class_of(SPAN).1;

const _: () = assert!(class_of(SPAN).0 == SPAN && mapping_len(SPAN) == SEGMENT);

/// Rounds the size of a block up to that of its class, and returns it with the number of the class.
///
/// Blocks over [`LARGE_MAX`] fill their mappings. They have no class, and a number that no class has.
#[inline(never)]
pub(super) const fn class_of(size: usize) -> (usize, usize) {
    if size > LARGE_MAX {
        return (mapping_len(size) - FIRST_BLOCK, usize::MAX);
    }
    let last = size - 1;
    let shift = usize::BITS - 3 - (last | 64).leading_zeros();
    let steps = (last >> shift) + 1;
    (steps << shift, (shift as usize - 4) * 4 + steps)
}

/// Returns the length of the mapping that a block of this size fills.
pub(super) const fn mapping_len(size: usize) -> usize {
    (FIRST_BLOCK + size + MAPPING_UNIT - 1) & !(MAPPING_UNIT - 1)
}
