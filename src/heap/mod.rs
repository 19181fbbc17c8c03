//! The memory of what the library returns: blocks, bump-allocated from mappings, and reused when freed.
//!
//! | block, including its header | where it comes from | where it goes when freed |
//! |---|---|---|
//! | up to 128 KB | bump-allocated in a 1 MB segment | the free list of its size class |
//! | up to 16 MB | a segment of its own | the free list of its class, while no more than 32 MB are cached |
//! | larger | a segment of its own, in huge pages | back to the kernel |
//!
//! There are four size classes to a doubling, so at most a fifth of a block is unused. The steady state makes no system
//! call, and freed memory is still mapped and in the caches.
//!
//! Every segment starts at a multiple of 1 MB and is entered in a table, which tells the library's pointers from others
//! without reading memory. Every block starts with a [`Header`](header::Header), which tells a block in use from a
//! freed one and from an address inside a block.

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
#[cfg(test)]
mod tests;

pub(crate) use block::Block;
#[cfg(feature = "exports")]
pub(crate) use block::{EMPTY, free, length_of};
pub(crate) use lock::Mutex;
pub(crate) use mapped_buffer::MappedBuffer;
