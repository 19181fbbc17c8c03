//! The memory of what the library returns: blocks in mappings, reused when freed.
//!
//! | block, including its header | where it comes from | where it goes when freed |
//! |---|---|---|
//! | up to 128 KB | a span, which blocks of its size class share | the free list of its span |
//! | up to 16 MB | a segment of its own | the list of its class, while no more than 32 MB are cached |
//! | larger | a segment of its own, in huge pages | back to the kernel |
//!
//! There are four size classes to a doubling, so at most a fifth of a block is unused. A span takes the place of a block
//! of 896 KB. When all of its blocks are free it becomes one again, which serves any class. One empty span is kept, so
//! that a block which is allocated and freed again and again does not begin and end a span each time. The steady state
//! makes no system call. Memory that is kept is at most 32 MB, the empty span, and the free blocks of other spans.
//!
//! A block of its own segment grows by mremap(2), which moves its pages: its content is not in memory twice.
//!
//! Every segment is entered in a table, which tells the library's pointers from others without reading memory that may
//! be gone. Every block starts with a [`Header`](header::Header), which tells a block in use from a freed one and from
//! an address inside a block.

mod allocator;
mod block;
mod classes;
mod free_segments;
mod header;
mod layout;
mod lock;
mod mapped_buffer;
mod segment;
mod segments;
mod stack;
#[cfg(test)]
mod tests;

pub(crate) use block::{Block, trim};
#[cfg(feature = "exports")]
pub(crate) use block::{EMPTY, free, length_of};
pub(crate) use lock::Mutex;
pub(crate) use mapped_buffer::MappedBuffer;
pub(crate) use stack::Stack;
