//! The Linux backend: each primitive is decode(system call(arguments)).
//!
//! It uses only calls that x86_64, aarch64 and riscv64 all have, the oldest that is sufficient. Primitives that several
//! operations use are not inlined: a call to one costs little compared with the call into the kernel.
//!
//! System calls take addresses as numbers, so every pointer that is passed exposes its provenance.

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
mod vdso;
