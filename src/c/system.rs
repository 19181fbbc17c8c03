//! The C functions for the system.

use core::ffi::c_char;

use super::convert::into_c_pointer;
use crate::system;
use crate::text::Text;

/// Returns how many processors the calling thread can keep busy: those it may run on, or fewer if a control group
/// limits its share, rounded up. At least 1. Each call asks for the former; the limit is read once and kept, so a
/// running process does not see it change.
#[unsafe(no_mangle)]
pub extern "C" fn rt_system_cpu_count() -> i64 {
    i64::try_from(system::cpu_count()).unwrap_or(i64::MAX)
}

/// Returns the host name, with or without a domain. Free the text with rt_free().
#[unsafe(no_mangle)]
pub extern "C" fn rt_hostname() -> *mut c_char {
    into_c_pointer(system::hostname().map(Text::into_raw)).cast()
}
