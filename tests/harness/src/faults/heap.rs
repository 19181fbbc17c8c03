//! The library's heap in the memory of a stopped process.

use anyhow::{Result, bail, ensure};

use super::memory::Memory;

#[path = "../../../../src/heap/layout.rs"]
mod layout;

const SEGMENT: u64 = layout::SEGMENT as u64;
const FIRST_BLOCK: u64 = layout::FIRST_BLOCK as u64;
const HEADER: u64 = layout::HEADER as u64;
const PAGE_MAX: u64 = layout::PAGE_MAX as u64;
const USED: u64 = layout::USED as u64;
const FREED: u64 = layout::FREED as u64;
const MARK_MASK: u64 = (1 << layout::MARK_BITS) - 1;

/// The segments and blocks that were found. Memory with another layout is an error.
#[derive(Default)]
pub struct Heap {
    /// The bytes of its segments.
    pub segments: u64,
    /// The number of blocks in use, and their bytes.
    pub used: (usize, u64),
}

impl Heap {
    pub fn walk(&mut self, memory: &Memory, mappings: &[(u64, u64)]) -> Result<()> {
        for &(begin, end) in mappings {
            // The kernel joins adjacent mappings. The variables of the program are elsewhere.
            let mut segment = begin.next_multiple_of(SEGMENT);
            while segment < end {
                segment = match memory.words(segment)? {
                    // Memory around a segment, which the kernel did not take back.
                    [0, 0] => segment + SEGMENT,
                    [_, last_block] => (segment + self.segment(memory, segment, last_block)?).next_multiple_of(SEGMENT),
                };
            }
        }
        Ok(())
    }

    /// Counts the blocks of a segment, of which the last starts at `last_block` or before. Returns its length.
    fn segment(&mut self, memory: &Memory, segment: u64, last_block: u64) -> Result<u64> {
        let is_shared = last_block == SEGMENT - HEADER;
        ensure!(is_shared || last_block == FIRST_BLOCK, "no segment at {segment:#x}: see src/heap/segments.rs");
        let [_, info] = memory.words(segment + FIRST_BLOCK)?;
        let own_len = (FIRST_BLOCK + (info >> layout::MARK_BITS)).next_multiple_of(PAGE_MAX);
        self.blocks(memory, segment + FIRST_BLOCK, segment + last_block)?;
        let len = if is_shared { SEGMENT } else { own_len };
        self.segments += len;
        Ok(len)
    }

    /// Counts the blocks of a segment, up to memory that was never used.
    fn blocks(&mut self, memory: &Memory, mut block: u64, last: u64) -> Result<()> {
        while block <= last {
            let [_, info] = memory.words(block)?;
            let size = info >> layout::MARK_BITS;
            match info & MARK_MASK {
                0 if info == 0 => break,
                USED => self.used = (self.used.0 + 1, self.used.1 + size),
                FREED => {}
                mark => bail!("a block at {block:#x} with the mark {mark:#x}: see src/heap/header.rs"),
            }
            ensure!(size >= HEADER && size.is_multiple_of(HEADER), "a block at {block:#x} of {size} bytes");
            block += size;
        }
        Ok(())
    }
}
