//! Memory from the real kernel, or under Miri from the allocator, with a record of every mapping.
//!
//! Unmapping memory that is not mapped panics. A kernel accepts that, but the library has no reason to do it.

use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::Mutex;

const PAGE: usize = 4096;

/// A mapping in its original extent. The pointer has provenance over all of it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: any thread may unmap memory.
unsafe impl Send for Mapping {}

/// The mapped ranges by their starts. Each has its end, and the mapping that it belongs to.
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
/// Part of the range is not mapped, the length is 0, or the address is not aligned to a page.
pub fn unmap(address: usize, len: usize) {
    let range = address..address + len.next_multiple_of(PAGE);
    assert!(len > 0 && address.is_multiple_of(PAGE), "munmap of {len} bytes at {address:#x} is invalid");
    let Ok(mut mapped) = MAPPED.lock() else { return };
    let found = mapped.range(..=range.start).next_back().filter(|(_, (end, _))| range.end <= *end);
    let (&start, &(end, mapping)) = found.unwrap_or_else(|| panic!("munmap of {range:x?}, which is not mapped"));
    mapped.remove(&start);
    for rest in [start..range.start, range.end..end].into_iter().filter(|rest| !rest.is_empty()) {
        mapped.insert(rest.start, (rest.end, mapping));
    }
    let is_last = !mapped.values().any(|(_, other)| *other == mapping);
    backing::unmap(&range, mapping, is_last);
}

/// Moves the memory of a range to a longer one, or returns `None` if there is none. See mremap(2).
///
/// # Panics
/// Part of the range is not mapped, or the new one is not longer.
pub fn remap(address: usize, len: usize, new_len: usize) -> Option<NonNull<u8>> {
    assert!(len < new_len, "mremap of {len} bytes to {new_len} shrinks the mapping");
    let (start, (end, mapping)) =
        MAPPED.lock().ok()?.range(..=address).next_back().map(|(start, found)| (*start, *found))?;
    assert!(start <= address && address + len <= end, "mremap of {len} bytes at {address:#x}, which is not mapped");
    let moved = map(new_len)?;
    let old = mapping.start.as_ptr().with_addr(address);
    // SAFETY: both ranges are mapped, and the library uses neither during its call of mremap(2).
    unsafe { moved.as_ptr().copy_from_nonoverlapping(old, len) };
    unmap(address, len);
    Some(moved)
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
        // SAFETY: the range is mapped, and the library does not use it after its call of munmap(2).
        unsafe { libc::munmap(start.cast(), range.len()) };
    }
}

/// Mappings as blocks of the allocator. To Miri each is one allocation, which is freed with the last range of it.
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
            // SAFETY: no range of the mapping is still mapped, and this is its layout.
            unsafe { dealloc(mapping.start.as_ptr(), layout) };
        }
    }
}
