//! The types of mappings, which differ in what they allow.

use core::ops::{Deref, DerefMut};

use super::mapping::Mapping;
use crate::errno::Result;
use crate::sys::Protection;

/// Marks a [`Map`].
#[derive(Debug)]
pub enum ReadOnly {}

/// Marks a [`MapMut`].
#[derive(Debug)]
pub enum Writable {}

/// Marks a [`MapRaw`].
#[derive(Debug)]
pub enum Raw {}

/// A read-only mapping: a slice of bytes.
///
/// ```
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// // SAFETY: no one changes the program.
/// let program = unsafe { ffi_syscalls::mmap::Map::map("/bin/sh") }?;
/// # #[cfg(target_os = "linux")]
/// assert!(program.starts_with(b"\x7fELF"));
/// # Ok(())
/// # }
/// ```
pub type Map = Mapping<ReadOnly>;

/// A writable mapping: a mutable slice of bytes.
///
/// ```
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// let mut memory = ffi_syscalls::mmap::MapMut::map_anon(1000)?;
/// memory[10..15].copy_from_slice(b"bytes");
/// # Ok(())
/// # }
/// ```
pub type MapMut = Mapping<Writable>;

/// A mapping whose bytes are accessed by raw pointers.
///
/// ```
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// use ffi_syscalls::mmap::{MapMut, MapRaw};
///
/// let memory = MapRaw::from(MapMut::map_anon(1000)?);
/// // SAFETY: the byte is mapped and writable.
/// unsafe { memory.as_mut_ptr().write(1) };
/// # Ok(())
/// # }
/// ```
pub type MapRaw = Mapping<Raw>;

impl Mapping<ReadOnly> {
    /// Makes the mapping writable.
    ///
    /// # Errors
    /// `EACCES` if it is shared and its file was not open for writing.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let map = ffi_syscalls::mmap::MapMut::map_anon(10)?.make_read_only()?;
    /// map.make_mut()?[0] = 1;
    /// # Ok(())
    /// # }
    /// ```
    pub fn make_mut(self) -> Result<MapMut> {
        // SAFETY: the type is that of writable mappings.
        unsafe { self.turn(Protection::ReadWrite) }
    }
}

impl Mapping<Writable> {
    /// Makes the mapping read-only.
    ///
    /// # Errors
    /// `ENOMEM`.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let map = ffi_syscalls::mmap::MapMut::map_anon(10)?.make_read_only()?;
    /// assert_eq!(&*map, &[0; 10]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn make_read_only(self) -> Result<Map> {
        // SAFETY: the type is that of read-only mappings.
        unsafe { self.turn(Protection::Read) }
    }

    /// Makes the mapping read-only, so that it can be executed.
    ///
    /// # Errors
    /// `EACCES` if the file system is mounted with noexec, or a security module refuses it.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let mut map = ffi_syscalls::mmap::MapMut::map_anon(10)?;
    /// map.fill(0xc3);
    /// let code = map.make_exec()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn make_exec(self) -> Result<Map> {
        // SAFETY: the type is that of mappings that are not written to.
        unsafe { self.turn(Protection::ReadExecute) }
    }
}

impl Mapping<Raw> {
    /// Returns the address of the first byte, to write to if the mapping allows it.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// use ffi_syscalls::mmap::{MapMut, MapRaw};
    ///
    /// let map = MapRaw::from(MapMut::map_anon(10)?);
    /// // SAFETY: the byte is mapped and writable.
    /// unsafe { map.as_mut_ptr().write(1) };
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn as_mut_ptr(&self) -> *mut u8 {
        self.0.start().as_ptr()
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes()
    }
}

impl Deref for MapMut {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes()
    }
}

impl DerefMut for MapMut {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: the memory is mapped and writable for this length, and nothing else uses it.
        unsafe { core::slice::from_raw_parts_mut(self.0.start().as_ptr(), self.0.len()) }
    }
}

impl AsRef<[u8]> for Map {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsRef<[u8]> for MapMut {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsMut<[u8]> for MapMut {
    fn as_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl From<Map> for MapRaw {
    fn from(map: Map) -> Self {
        Self::of(map.0)
    }
}

impl From<MapMut> for MapRaw {
    fn from(map: MapMut) -> Self {
        Self::of(map.0)
    }
}
