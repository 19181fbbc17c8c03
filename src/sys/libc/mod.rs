//! The libc backend, for macOS and the BSDs, whose kernels have no stable interface below their libc.
//!
//! On Linux the feature `libc` selects it, for programs that need it, and so that the same tests cover it.
//!
//! Each topic holds what POSIX specifies and all systems share; it re-exports the system's own part from `own`.

pub(super) mod auxv;
mod call;
pub(super) mod fd;
pub(super) mod fs;
pub(super) mod mapping;
pub(super) mod memory;
pub(super) mod path;
pub(super) mod process;
pub(super) mod signal;
pub(super) mod stat;
pub(super) mod system;
pub(super) mod thread;
pub(super) mod time;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as own;

#[cfg(not(target_os = "linux"))]
mod bsd;
#[cfg(not(target_os = "linux"))]
use bsd as own;
