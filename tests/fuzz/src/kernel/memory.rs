//! Memory: the real kernel's, or under Miri the allocator's, and an account of what is mapped.
//!
//! Unmapping memory that is not mapped is a panic: a kernel accepts it, and the library has no reason to do it.

use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::Mutex;

const PAGE: usize = 4096;

/// A mapping as it was made. Its pointer leads to all of it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: any thread may unmap memory.
unsafe impl Send for Mapping {}

/// The mapped pieces by their starts: the end of each, and the mapping that it belongs to.
static MAPPED: Mutex<BTreeMap<usize, (usize, Mapping)>> = Mutex::new(BTreeMap::new());

/// Maps zeroed memory, or returns `None` if there is none.
pub fn map(len: usize) -> Option<NonNull<u8>> {
    let len = len.next_multiple_of(PAGE);
    let start = backing::map(len)?;
    let address = start.addr().get();
    MAPPED.lock().ok()?.insert(address, (address + len, Mapping { start, len }));
    Some(start)
}

/// Unmaps memory.
///
/// # Panics
/// Some of it is not mapped, or the address is not that of a page.
pub fn unmap(address: usize, len: usize) {
    let range = address..address + len.next_multiple_of(PAGE);
    assert!(len > 0 && address.is_multiple_of(PAGE), "unmaps {len} bytes at {address:#x}");
    let Ok(mut mapped) = MAPPED.lock() else { return };
    let found = mapped.range(..=range.start).next_back().filter(|(_, (end, _))| range.end <= *end);
    let (&start, &(end, mapping)) = found.unwrap_or_else(|| panic!("unmaps {range:x?}, which is not mapped"));
    mapped.remove(&start);
    for rest in [start..range.start, range.end..end].into_iter().filter(|rest| !rest.is_empty()) {
        mapped.insert(rest.start, (rest.end, mapping));
    }
    let is_last = !mapped.values().any(|(_, other)| *other == mapping);
    backing::unmap(&range, mapping, is_last);
}

#[cfg(not(miri))]
mod backing {
    use std::ops::Range;
    use std::ptr::{NonNull, null_mut};

    use super::Mapping;

    pub(super) fn map(len: usize) -> Option<NonNull<u8>> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: without MAP_FIXED the kernel touches no memory in use.
        let start = unsafe { libc::mmap(null_mut(), len, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
        if start == libc::MAP_FAILED { None } else { NonNull::new(start.cast()) }
    }

    pub(super) fn unmap(range: &Range<usize>, mapping: Mapping, _is_last: bool) {
        let start = mapping.start.as_ptr().with_addr(range.start);
        // SAFETY: the range is mapped, and its owner unmaps it.
        unsafe { libc::munmap(start.cast(), range.len()) };
    }
}

/// Blocks of the allocator, each of which is one allocation to Miri: freed with the last piece of its mapping.
#[cfg(miri)]
mod backing {
    use std::alloc::{Layout, alloc_zeroed, dealloc};
    use std::ops::Range;
    use std::ptr::NonNull;

    use super::Mapping;

    fn layout(len: usize) -> Option<Layout> {
        Layout::from_size_align(len, super::PAGE).ok()
    }

    pub(super) fn map(len: usize) -> Option<NonNull<u8>> {
        // SAFETY: the length is not 0.
        NonNull::new(unsafe { alloc_zeroed(layout(len)?) })
    }

    pub(super) fn unmap(_: &Range<usize>, mapping: Mapping, is_last: bool) {
        if let (true, Some(layout)) = (is_last, layout(mapping.len)) {
            // SAFETY: no piece of the mapping is mapped any more.
            unsafe { dealloc(mapping.start.as_ptr(), layout) };
        }
    }
}
