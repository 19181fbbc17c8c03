//! Memory: the real kernel's, or, where Miri sees to it, the real allocator's; with an account of what is mapped.
//!
//! Unmapping anything that is not mapped is a panic: a kernel would take it, and the library has no reason to do it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use linux_raw_sys::errno;

const PAGE: usize = 4096;

/// What is mapped: where each piece begins, where it ends, and the mapping that it is of, by beginning and length.
static MAPPED: Mutex<BTreeMap<usize, (usize, Mapping)>> = Mutex::new(BTreeMap::new());

type Mapping = (usize, usize);

pub(super) fn map(len: usize) -> Result<usize, u32> {
    let len = len.next_multiple_of(PAGE);
    let start = backing::map(len)?;
    MAPPED.lock().map_err(|_| errno::ENOMEM)?.insert(start, (start + len, (start, len)));
    Ok(start)
}

pub(super) fn unmap(address: usize, len: usize) -> Result<usize, u32> {
    let range = address..address + len.next_multiple_of(PAGE);
    assert!(len > 0 && address.is_multiple_of(PAGE), "unmaps {len} bytes at {address:#x}");
    let mut mapped = MAPPED.lock().map_err(|_| errno::EINVAL)?;
    let found = mapped.range(..=range.start).next_back().filter(|(_, (end, _))| range.end <= *end);
    let (&start, &(end, mapping)) = found.unwrap_or_else(|| panic!("unmaps {range:x?}, which is not mapped"));
    mapped.remove(&start);
    for rest in [start..range.start, range.end..end].into_iter().filter(|rest| !rest.is_empty()) {
        mapped.insert(rest.start, (rest.end, mapping));
    }
    let is_all = !mapped.values().any(|(_, other)| *other == mapping);
    backing::unmap(&range, mapping, is_all);
    Ok(0)
}

#[cfg(not(miri))]
mod backing {
    use std::ops::Range;
    use std::ptr::{null_mut, with_exposed_provenance_mut};

    use linux_raw_sys::errno;

    pub(super) fn map(len: usize) -> Result<usize, u32> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: without MAP_FIXED no memory in use is touched.
        let start = unsafe { libc::mmap(null_mut(), len, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
        if start == libc::MAP_FAILED { Err(errno::ENOMEM) } else { Ok(start.expose_provenance()) }
    }

    pub(super) fn unmap(range: &Range<usize>, _: (usize, usize), _: bool) {
        // SAFETY: it is mapped, and given back by its owner.
        unsafe { libc::munmap(with_exposed_provenance_mut(range.start), range.len()) };
    }
}

/// Blocks of the allocator, which Miri knows as one thing each: given back when nothing of them is mapped.
#[cfg(miri)]
mod backing {
    use std::alloc::{Layout, alloc_zeroed, dealloc};
    use std::ops::Range;
    use std::ptr::with_exposed_provenance_mut;

    use linux_raw_sys::errno;

    fn layout(len: usize) -> Result<Layout, u32> {
        Layout::from_size_align(len, super::PAGE).map_err(|_| errno::ENOMEM)
    }

    pub(super) fn map(len: usize) -> Result<usize, u32> {
        // SAFETY: it has a length.
        Ok(unsafe { alloc_zeroed(layout(len)?) }.expose_provenance())
    }

    pub(super) fn unmap(_: &Range<usize>, (start, len): (usize, usize), is_all: bool) {
        if let (true, Ok(layout)) = (is_all, layout(len)) {
            // SAFETY: nothing of it is mapped any more.
            unsafe { dealloc(with_exposed_provenance_mut(start), layout) };
        }
    }
}
