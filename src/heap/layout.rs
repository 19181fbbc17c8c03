//! The numbers that fix the layout of the heap. Tests that inspect the memory of a process share them.

/// Every segment starts at a multiple of this, but for those whose pages the kernel moved.
pub(super) const SEGMENT: usize = 1 << 20;

/// The size of the block whose place the blocks of a span share. It is that of a class, and fits a segment.
pub(super) const SPAN: usize = 7 << 17;

/// The length of a mapping is a multiple of this, which is one of every page size. That of a span becomes that of
/// [`SEGMENT`], so that the kernel maps the next one at such a multiple as well, as a rule.
pub(super) const MAPPING_UNIT: usize = 1 << 17;

/// The offset of a segment's first block.
///
/// With the header of that block it makes 64: the content of a block that fills its segment starts at a cache line,
/// where the kernel copies an eighth faster than elsewhere.
pub(super) const FIRST_BLOCK: usize = 48;

/// The size of the header in front of every block, of which every block's start is a multiple.
pub(super) const HEADER: usize = 16;

/// The low bits of the second word of a header hold its mark, and the others the size of the block.
pub(super) const MARK_BITS: u32 = 16;

/// The marks. Nothing that the library stores in a block looks like one: no UTF-8 text contains these bytes, and the
/// pointers in a list are odd. Other content contains them only by a rare accident.
pub(super) const USED: usize = 0xf5fa;
pub(super) const FREED: usize = 0xf7fc;
