//! Whole contents of files and streams, and the memory for contents of unknown length.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::cgroup;
use crate::errno::{Errno, Result};
use crate::heap::{self, Block};
use crate::sys::{self, Fd, Stat, StatBuffer};
use crate::text::Text;

/// The most bytes in a packet of a pipe.
const PACKET: usize = sys::PIPE_BUF as usize;

/// Room for the content of most files, which then need neither a guess of their size nor memory beyond their content.
const SMALL: usize = 4096 + 256;

/// The buffer of the first reads. It starts at a cache line, where the kernel copies faster than elsewhere.
#[repr(align(64))]
struct FirstBuffer([MaybeUninit<u8>; SMALL + PACKET]);

/// Reads the file at a path to its end.
pub(crate) fn read_file(path: &CStr) -> Result<Text> {
    read_to_end(&sys::open(path, sys::O_RDONLY, 0)?)
}

/// Reads a file from its offset to its end.
///
/// The kernel discards the part of a packet that has no room in the buffer. See `O_DIRECT` in pipe(2), which limits
/// packets to `PIPE_BUF` bytes. A path does not lead to a socket, whose messages can be longer.
pub(crate) fn read_to_end(fd: &Fd) -> Result<Text> {
    let mut first = FirstBuffer([MaybeUninit::uninit(); _]);
    let mut len = 0;
    while let Some(room) = first.0.get_mut(len..).filter(|room| room.len() >= PACKET) {
        match sys::read(fd, room) {
            // SAFETY: the reads initialized this many bytes.
            Ok(0) => return Text::new(unsafe { first.0.get(..len).unwrap_or_default().assume_init_ref() }),
            Ok(read) => len += read,
            // A device may require room for a whole record.
            Err(Errno::EINVAL) => break,
            Err(errno) => return Err(errno),
        }
    }
    // SAFETY: the reads initialized this many bytes.
    read_messages(fd, unsafe { first.0.get(..len).unwrap_or_default().assume_init_ref() })
}

/// The least room of a read from what may keep messages apart: more than the default buffer of a socket. See socket(7).
const MESSAGE_ROOM: usize = 1 << 18;

/// Returns the bytes that were read already and, after them, those from the offset to the end, whatever the descriptor
/// refers to.
#[cold]
#[inline(never)]
pub(crate) fn read_messages(fd: &Fd, beginning: &[u8]) -> Result<Text> {
    let size = plausible_size(fd);
    // One byte more finds the end without growing.
    let (capacity, min_room) = if size > 0 { (size + 1, 1) } else { (2 * MESSAGE_ROOM, MESSAGE_ROOM) };
    let mut block = Block::new(capacity)?;
    block.extend_from_slice(beginning)?;
    append_to_end(fd, &mut block, min_room)?;
    let capacity = block.capacity();
    let text = Text::from_block(block)?;
    if text.len() < capacity / 4 { Text::new(&text) } else { Ok(text) }
}

/// Returns the size of a regular file, which keeps no messages apart, or 0 if it is unknown or does not fit into memory.
///
/// The size is a hint: a file may grow, shrink, or report any size.
fn plausible_size(fd: &Fd) -> usize {
    let mut status = StatBuffer::uninit();
    let size = sys::fstat(fd, &mut status).ok().filter(|status| status.is_regular()).map_or(0, Stat::size);
    let size = usize::try_from(size).unwrap_or_default();
    if size == affordable(size, 0) { size } else { 0 }
}

/// Appends everything up to the end to a block. Each read gets room for at least `min_room` bytes.
fn append_to_end(fd: &Fd, block: &mut Block, min_room: usize) -> Result<()> {
    loop {
        grow(block, block.len() + min_room)?;
        match sys::read(fd, block.spare_capacity_mut())? {
            0 => return Ok(()),
            // SAFETY: the read initialized this many bytes after the length.
            read => unsafe { block.set_len(block.len() + read) },
        }
    }
}

/// Grows a block to at least `min_capacity` bytes if it is smaller, to twice its capacity where memory allows.
///
/// A kernel that overcommits grants any length, and kills a process that uses it. So an endless content is not read to
/// the point where the kernel kills.
#[inline(never)]
pub(crate) fn grow(block: &mut Block, min_capacity: usize) -> Result<()> {
    let old = block.capacity();
    if min_capacity <= old {
        return Ok(());
    }
    let capacity = affordable(min_capacity.max(2 * old), 1);
    if capacity < min_capacity { Err(Errno::ENOMEM) } else { block.reserve(capacity) }
}

/// Returns a capacity, or less if there is less memory: that of the machine, halved this many times, or 11/16 of the
/// limit of a control group less 1 MB. A block may turn out a quarter larger than requested, and the rest of the process
/// counts too.
///
/// A small capacity is not checked, since the check would take longer than reading so much. Where a large one leaves
/// little memory, freed blocks that wait for reuse are given back.
#[inline(never)]
pub(crate) fn affordable(capacity: usize, halvings: u32) -> usize {
    const UNCHECKED: usize = 1 << 22;
    if capacity <= UNCHECKED >> halvings {
        return capacity;
    }
    let machine = sys::total_memory().unwrap_or(u64::MAX) >> halvings;
    let group = (cgroup::memory().unwrap_or(u64::MAX) / 16 * 11).saturating_sub(1 << 20);
    let memory = usize::try_from(machine.min(group)).unwrap_or(usize::MAX);
    heap::trim(memory.saturating_sub(capacity));
    memory.min(capacity)
}
