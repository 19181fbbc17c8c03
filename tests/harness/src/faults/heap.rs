//! The library's heap in the memory of a stopped process.

use anyhow::{Result, bail, ensure};

use super::memory::Memory;

#[path = "../../../../src/heap/layout.rs"]
mod layout;

const SEGMENT: u64 = layout::SEGMENT as u64;
const FIRST_BLOCK: u64 = layout::FIRST_BLOCK as u64;
const HEADER: u64 = layout::HEADER as u64;
const SPAN: u64 = layout::SPAN as u64;
const MAPPING_UNIT: u64 = layout::MAPPING_UNIT as u64;
const USED: u64 = layout::USED as u64;
const FREED: u64 = layout::FREED as u64;
/// The smallest page.
const PAGE: u64 = 4096;
const MARK_MASK: u64 = (1 << layout::MARK_BITS) - 1;

/// The segments and blocks that were found. Memory with another layout is an error.
#[derive(Default)]
pub struct Heap {
    /// The bytes of its segments.
    pub segments: u64,
    /// The number of blocks in use, and their bytes.
    pub used: (usize, u64),
}

/// The start of a segment. See src/heap/segment.rs.
struct Segment {
    block_size: u64,
    /// The offset that all blocks ever allocated start before.
    end: u64,
    /// The number of blocks.
    blocks: u64,
}

impl Segment {
    /// Returns the segment at an address, if there is one.
    fn at(memory: &Memory, address: u64) -> Result<Option<Self>> {
        let [_, block_size, counts, _, _, _, _, info] = memory.words(address)?;
        let (end, blocks) = (counts & 0xffff_ffff, counts >> 32 & 0xffff);
        let is_block_size = block_size >= HEADER && block_size.is_multiple_of(HEADER);
        let is_large = end == FIRST_BLOCK + 1 && blocks == 1 && info >> layout::MARK_BITS == block_size;
        let is_span = address.is_multiple_of(SEGMENT)
            && (FIRST_BLOCK..=FIRST_BLOCK + SPAN).contains(&end)
            && SPAN.checked_div(block_size) == Some(blocks);
        Ok((is_block_size && (is_large || is_span)).then_some(Self { block_size, end, blocks }))
    }

    fn len(&self) -> u64 {
        let size = if self.blocks == 1 { self.block_size } else { SPAN };
        (FIRST_BLOCK + size).next_multiple_of(MAPPING_UNIT)
    }
}

impl Heap {
    pub fn walk(&mut self, memory: &Memory, mappings: &[(u64, u64)]) -> Result<()> {
        for &(begin, end) in mappings {
            // The kernel joins adjacent mappings, and moves pages to any place. The variables of the program are
            // elsewhere.
            let mut address = begin;
            while address < end {
                // Other memory is around a segment, which the kernel did not take back.
                address += match Segment::at(memory, address)? {
                    Some(segment) => self.segment(memory, address, &segment)?,
                    None => PAGE,
                };
            }
        }
        Ok(())
    }

    /// Counts the blocks of a segment. Returns its length.
    fn segment(&mut self, memory: &Memory, address: u64, segment: &Segment) -> Result<u64> {
        for block in (address + FIRST_BLOCK..address + segment.end).step_by(usize::try_from(segment.block_size)?) {
            let [_, info] = memory.words(block)?;
            match info & MARK_MASK {
                USED => self.used = (self.used.0 + 1, self.used.1 + segment.block_size),
                FREED => {}
                mark => bail!("a block at {block:#x} with the mark {mark:#x}: see src/heap/header.rs"),
            }
            ensure!(info >> layout::MARK_BITS == segment.block_size, "the header at {block:#x} has another size");
        }
        self.segments += segment.len();
        Ok(segment.len())
    }
}
