//! Mappings of files, and of memory without a file. See mmap(2).
//!
//! [`Map`] is a read-only slice of the bytes of a file, [`MapMut`] a writable one, shared with the file or private. An
//! offset need not be a multiple of the page size. A mapping keeps the file, not a descriptor, and is unmapped when it
//! is dropped.
//!
//! # Safety
//! Functions that map a file are unsafe. As long as the slice lives, no one may change the bytes of the file below it,
//! in this process or in another; for a [`MapMut`] no one may read or write them otherwise. A file that is cut short
//! while it is mapped, in any way, leaves pages without content: the kernel sends SIGBUS to a thread that touches one.
//! So does a page that cannot be read from its disk, or written for lack of space. Where others can do that, read the
//! file with [`file::read_text`](crate::file::read_text).
//!
//! ```
//! use ffi_syscalls::{Errno, file, mmap::Map};
//!
//! # fn main() -> Result<(), Errno> {
//! # let path = std::env::temp_dir().join(format!("ffi_syscalls.mmap.{}", std::process::id()));
//! # let path = path.to_str().unwrap();
//! file::write_text(path, "0123456789")?;
//! // SAFETY: nothing else uses the file.
//! let map = unsafe { Map::map(path) }?;
//! assert_eq!(&map[3..5], b"34");
//! # std::fs::remove_file(path).unwrap();
//! # Ok(())
//! # }
//! ```

mod advice;
mod kinds;
mod mapping;
mod options;
mod region;
mod source;
mod whole;

pub use advice::{Advice, RemapOptions, UncheckedAdvice};
pub use kinds::{Map, MapMut, MapRaw, Raw, ReadOnly, Writable};
pub use mapping::Mapping;
pub use options::MapOptions;
#[cfg(feature = "exports")]
pub(crate) use region::{Region, advise_inner, advise_part, sync_part};
pub use source::Source;
