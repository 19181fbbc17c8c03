//! Mappings of whole files, and of memory.

use super::kinds::{Raw, ReadOnly, Writable};
use super::mapping::Mapping;
use super::options::MapOptions;
use super::source::Source;
use crate::errno::Result;

impl Mapping<ReadOnly> {
    /// Maps a whole file read-only, as [`MapOptions::map`] does.
    ///
    /// # Errors
    /// Those of [`MapOptions::map`].
    ///
    /// # Safety
    /// The condition of [`MapOptions::map`].
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// // SAFETY: no one changes the program.
    /// let map = unsafe { ffi_syscalls::mmap::Map::map("/bin/sh") }?;
    /// # Ok(())
    /// # }
    /// ```
    pub unsafe fn map<S: Source>(file: S) -> Result<Self> {
        // SAFETY: no one changes the bytes.
        unsafe { MapOptions::new().map(file) }
    }
}

impl Mapping<Writable> {
    /// Maps a whole file shared and writable, as [`MapOptions::map_mut`] does.
    ///
    /// # Errors
    /// Those of [`MapOptions::map_mut`].
    ///
    /// # Safety
    /// The condition of [`MapOptions::map_mut`].
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// # let path = std::env::temp_dir().join(format!("ffi_syscalls.view_mut.{}", std::process::id()));
    /// # std::fs::write(&path, "text").unwrap();
    /// # let path = path.to_str().unwrap();
    /// // SAFETY: nothing else uses the file.
    /// let mut map = unsafe { ffi_syscalls::mmap::MapMut::map_mut(path) }?;
    /// map.make_ascii_uppercase();
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub unsafe fn map_mut<S: Source>(file: S) -> Result<Self> {
        // SAFETY: no one else uses the bytes.
        unsafe { MapOptions::new().map_mut(file) }
    }

    /// Maps zeroed memory without a file.
    ///
    /// # Errors
    /// Those of [`MapOptions::map_anon`].
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let mut map = ffi_syscalls::mmap::MapMut::map_anon(100)?;
    /// map[99] = 1;
    /// # Ok(())
    /// # }
    /// ```
    pub fn map_anon(len: usize) -> Result<Self> {
        MapOptions::new().len(len).map_anon()
    }
}

impl Mapping<Raw> {
    /// Maps a whole file shared and writable, as [`MapOptions::map_raw`] does.
    ///
    /// # Errors
    /// Those of [`MapOptions::map_raw`].
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// # let path = std::env::temp_dir().join(format!("ffi_syscalls.view_raw.{}", std::process::id()));
    /// # std::fs::write(&path, "text").unwrap();
    /// # let path = path.to_str().unwrap();
    /// assert_eq!(ffi_syscalls::mmap::MapRaw::map_raw(path)?.len(), 4);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn map_raw<S: Source>(file: S) -> Result<Self> {
        MapOptions::new().map_raw(file)
    }
}
