//! Facts about the system, and the users of the process.

use super::call::decode;
pub(crate) use super::own::{HAS_CONTROL_GROUPS, affinity, random, total_memory};
use crate::errno::Result;

/// Room for a host name: more than the 255 bytes that POSIX allows.
pub(crate) type HostnameBuffer = core::mem::MaybeUninit<[u8; 512]>;

/// Returns the host name. See gethostname(3).
pub(crate) fn hostname(buffer: &mut HostnameBuffer) -> Result<&[u8]> {
    let name = buffer.write([0; 512]);
    // The last byte stays zero, since a system may cut a name without a NUL.
    // SAFETY: the buffer is writable for this length.
    decode(unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) })?;
    let len = name.iter().position(|&byte| byte == 0).unwrap_or_default();
    Ok(name.get(..len).unwrap_or_default())
}

/// Returns the user who started the process. See getuid(2).
pub(crate) fn real_user() -> u32 {
    // SAFETY: the call takes nothing, and cannot fail.
    unsafe { libc::getuid() }
}

/// Returns the user whose privileges the process has. See geteuid(2).
pub(crate) fn effective_user() -> u32 {
    // SAFETY: the call takes nothing, and cannot fail.
    unsafe { libc::geteuid() }
}
