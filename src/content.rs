//! Whole contents: of files, of streams, of directories.

use core::mem::MaybeUninit;

use crate::cgroup;
use crate::errno::{Errno, Result};
use crate::heap::Block;
use crate::io::read_full;
use crate::sys::{self, Fd, StatBuffer};
use crate::text::Text;

/// Most files fit here, and then need neither a guess of their size nor memory beyond their content.
const FIRST_READ: usize = 4096 + 256;

/// The buffer of the first read. It starts at a cache line, where the kernel copies faster than elsewhere.
#[repr(align(64))]
struct FirstBuffer([MaybeUninit<u8>; FIRST_READ]);

/// Reads a file from its offset to its end.
pub(crate) fn read_to_end(fd: &Fd) -> Result<Text> {
    let mut first = FirstBuffer([MaybeUninit::uninit(); FIRST_READ]);
    let content = read_full(fd, &mut first.0)?;
    if content.len() < FIRST_READ { Text::new(content) } else { read_large(fd, content) }
}

#[cold]
fn read_large(fd: &Fd, beginning: &[u8]) -> Result<Text> {
    // The size is a hint: a file may grow, shrink, or report none.
    let size = usize::try_from(sys::fstat(fd, &mut StatBuffer::uninit())?.size()).unwrap_or_default();
    let size = if fits_memory(size, 0) { size } else { 0 };
    // One byte more finds the end without growing.
    let mut block = Block::new(size.saturating_add(1).max(4 * FIRST_READ))?;
    block.extend_from_slice(beginning)?;
    // SAFETY: a read initializes the bytes that it counts.
    unsafe { append_to_end(fd, &mut block, 1, sys::read) }?;
    Text::from_block(block)
}

/// Appends everything up to the end to a block. Each read gets room for at least `min_room` bytes.
///
/// # Safety
/// `read` initializes as many bytes of its buffer as it returns.
#[inline(never)]
pub(crate) unsafe fn append_to_end(fd: &Fd, block: &mut Block, min_room: usize, read: sys::Read) -> Result<()> {
    loop {
        let room = block.spare_capacity_mut();
        if room.len() < min_room {
            let more = block.capacity().saturating_mul(2);
            if !fits_memory(more, 1) {
                return Err(Errno::ENOMEM);
            }
            block.reserve(more)?;
            continue;
        }
        match read(fd, room)? {
            0 => return Ok(()),
            // SAFETY: the read initialized this many bytes after the length.
            read => unsafe { block.set_len(block.len() + read) },
        }
    }
}

/// Returns whether the memory of the process, halved this many times, can hold a content of this length.
///
/// A kernel that overcommits grants any length, and kills a process that uses it. So an implausible size is not
/// believed, and an endless content is not read to the point where the kernel kills.
fn fits_memory(len: usize, halvings: u32) -> bool {
    const ALWAYS: usize = 1 << 24;
    len <= ALWAYS || len as u64 <= cgroup::memory() >> halvings
}
