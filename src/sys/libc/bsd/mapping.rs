//! Stand-ins for the parts of mappings that only Linux has.

use core::ffi::c_int;
use core::ptr::NonNull;

use crate::errno::{Errno, Result};
use crate::sys::types::MapRequest;

/// Defines advice that these systems do not know. madvise(2) refuses the number with `EINVAL`.
macro_rules! unknown_advice {
    ($($name:ident)*) => { $(pub(crate) const $name: u32 = i32::MAX.unsigned_abs();)* };
}

unknown_advice! {
    MADV_DODUMP MADV_DOFORK MADV_DONTDUMP MADV_DONTFORK MADV_HUGEPAGE MADV_MERGEABLE MADV_NOHUGEPAGE
    MADV_POPULATE_READ MADV_POPULATE_WRITE MADV_REMOVE MADV_UNMERGEABLE
}

/// Returns no flags: these systems populate nothing in advance, and reserve nothing.
pub(in super::super) const fn map_flags(_request: &MapRequest) -> c_int {
    0
}

/// Fails: no system here but NetBSD has the call.
///
/// # Safety
/// There are no requirements.
pub(crate) const unsafe fn resize(
    _start: NonNull<u8>,
    _len: usize,
    _new_len: usize,
    _may_move: bool,
) -> Result<NonNull<u8>> {
    Err(Errno::ENOSYS)
}
