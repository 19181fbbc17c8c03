//! The interface of memmap2 0.9 over the library. It consists of other names alone.

pub use ffi_syscalls::mmap::{
    Advice, Map as Mmap, MapMut as MmapMut, MapOptions as MmapOptions, MapRaw as MmapRaw, RemapOptions, UncheckedAdvice,
};

/// The module of memmap2 in which its tests look for advice.
pub mod advice {
    pub use ffi_syscalls::mmap::{Advice, UncheckedAdvice};
}
