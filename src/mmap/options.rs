//! The part of a file to map, and how.

use core::mem::ManuallyDrop;

use super::kinds::{Map, MapMut, MapRaw};
use super::mapping::Mapping;
use super::region::Region;
use super::source::Source;
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, MapRequest, Protection, StatBuffer};

/// The part of a file to map, and how it is mapped.
///
/// ```
/// use ffi_syscalls::mmap::MapOptions;
///
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// # let path = std::env::temp_dir().join(format!("ffi_syscalls.options.{}", std::process::id()));
/// # std::fs::write(&path, "0123456789").unwrap();
/// # let path = path.to_str().unwrap();
/// // SAFETY: nothing else uses the file.
/// let map = unsafe { MapOptions::new().offset(3).len(4).map(path) }?;
/// assert_eq!(&*map, b"3456");
/// # std::fs::remove_file(path).unwrap();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct MapOptions {
    offset: u64,
    len: Option<usize>,
    is_populated: bool,
    has_no_reserve: bool,
    is_stack: bool,
    huge: Option<u8>,
}

impl MapOptions {
    /// Returns options for a whole file.
    ///
    /// ```
    /// let options = ffi_syscalls::mmap::MapOptions::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the offset in the file at which the mapping starts, in bytes: any number up to the length of the file.
    ///
    /// ```
    /// let options = ffi_syscalls::mmap::MapOptions::new().offset(4097).clone();
    /// ```
    pub const fn offset(&mut self, offset: u64) -> &mut Self {
        self.offset = offset;
        self
    }

    /// Sets the length in bytes. Without it a mapping goes to the end of the file, and one without a file is empty.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// assert_eq!(ffi_syscalls::mmap::MapOptions::new().len(100).map_anon()?.len(), 100);
    /// # Ok(())
    /// # }
    /// ```
    pub const fn len(&mut self, len: usize) -> &mut Self {
        self.len = Some(len);
        self
    }

    /// Reads all pages when the file is mapped: MAP_POPULATE, on Linux alone.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let map = ffi_syscalls::mmap::MapOptions::new().len(100).populate().map_anon()?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn populate(&mut self) -> &mut Self {
        self.is_populated = true;
        self
    }

    /// Keeps no swap space for the pages: MAP_NORESERVE, on Linux alone.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let map = ffi_syscalls::mmap::MapOptions::new().len(100).no_reserve_swap().map_anon()?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn no_reserve_swap(&mut self) -> &mut Self {
        self.has_no_reserve = true;
        self
    }

    /// Maps memory without a file so that it suits a stack: MAP_STACK, on Linux alone.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let stack = ffi_syscalls::mmap::MapOptions::new().len(65536).stack().map_anon()?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn stack(&mut self) -> &mut Self {
        self.is_stack = true;
        self
    }

    /// Maps memory without a file in huge pages, of this logarithm of their size or of the usual one: MAP_HUGETLB, on
    /// Linux alone. The length must then be a multiple of their size.
    ///
    /// ```
    /// // The machine may keep no huge pages.
    /// let _ = ffi_syscalls::mmap::MapOptions::new().len(2 << 20).huge(Some(21)).map_anon();
    /// ```
    pub fn huge(&mut self, page_bits: Option<u8>) -> &mut Self {
        self.huge = Some(page_bits.unwrap_or(0));
        self
    }

    /// Maps the part read-only.
    ///
    /// The bytes must lie in the file, if it is a regular one: those beyond its end would raise SIGBUS. The part may be
    /// empty. A file of /proc claims to have none, and then one page of it is mapped: what the kernel says of that is
    /// the result.
    ///
    /// # Errors
    /// `EINVAL` if a part lies beyond the end of the file; `ENODEV` if it cannot be mapped, such as a pipe, a directory
    /// or a file of /proc; `EACCES` if the descriptor is not open for reading; `EBADF` if it is not open. Those of
    /// open(2) for a path.
    ///
    /// # Safety
    /// While the mapping lives, no one changes its bytes, and no one shortens the file ([Safety](super#safety)).
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// # let path = std::env::temp_dir().join(format!("ffi_syscalls.map.{}", std::process::id()));
    /// # std::fs::write(&path, "0123456789").unwrap();
    /// # let path = path.to_str().unwrap();
    /// // SAFETY: nothing else uses the file.
    /// let map = unsafe { ffi_syscalls::mmap::MapOptions::new().offset(8).map(path) }?;
    /// assert_eq!(&*map, b"89");
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "rt_file_mmap")]
    pub unsafe fn map<S: Source>(&self, file: S) -> Result<Map> {
        self.file(file, Protection::Read, true).map(Mapping::of)
    }

    /// Like [`map`](Self::map), so that the bytes can be executed.
    ///
    /// # Errors
    /// Those of [`map`](Self::map); `EPERM` if the file system is mounted with noexec.
    ///
    /// # Safety
    /// The condition of [`map`](Self::map).
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// // SAFETY: no one changes the program.
    /// let code = unsafe { ffi_syscalls::mmap::MapOptions::new().map_exec("/bin/sh") }?;
    /// # Ok(())
    /// # }
    /// ```
    pub unsafe fn map_exec<S: Source>(&self, file: S) -> Result<Map> {
        self.file(file, Protection::ReadExecute, true).map(Mapping::of)
    }

    /// Maps the part so that what is written goes to the file, and is seen by all who map or read it.
    ///
    /// # Errors
    /// Those of [`map`](Self::map); `EACCES` if the descriptor is not open for reading and writing.
    ///
    /// # Safety
    /// While the mapping lives, no one else reads or changes its bytes, and no one shortens the file
    /// ([Safety](super#safety)).
    ///
    /// ```
    /// use ffi_syscalls::{file, mmap::MapOptions};
    ///
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// # let path = std::env::temp_dir().join(format!("ffi_syscalls.map_mut.{}", std::process::id()));
    /// # let path = path.to_str().unwrap();
    /// file::write_text(path, "0123456789")?;
    /// // SAFETY: nothing else uses the file.
    /// let mut map = unsafe { MapOptions::new().offset(8).map_mut(path) }?;
    /// map.copy_from_slice(b"!?");
    /// map.flush()?;
    /// drop(map);
    /// assert_eq!(file::read_text(path)?, "01234567!?");
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub unsafe fn map_mut<S: Source>(&self, file: S) -> Result<MapMut> {
        self.file(file, Protection::ReadWrite, true).map(Mapping::of)
    }

    /// Maps the part so that what is written is this mapping's alone, and never reaches the file.
    ///
    /// # Errors
    /// Those of [`map`](Self::map).
    ///
    /// # Safety
    /// The condition of [`map`](Self::map): changes of the file may be seen in pages that were not written to.
    ///
    /// ```
    /// use ffi_syscalls::{file, mmap::MapOptions};
    ///
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// # let path = std::env::temp_dir().join(format!("ffi_syscalls.map_copy.{}", std::process::id()));
    /// # let path = path.to_str().unwrap();
    /// file::write_text(path, "text")?;
    /// // SAFETY: nothing else uses the file.
    /// let mut map = unsafe { MapOptions::new().map_copy(path) }?;
    /// map[0] = b'n';
    /// assert_eq!((&*map, &*file::read_text(path)?), (&b"next"[..], &b"text"[..]));
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub unsafe fn map_copy<S: Source>(&self, file: S) -> Result<MapMut> {
        self.file(file, Protection::ReadWrite, false).map(Mapping::of)
    }

    /// Like [`map_copy`](Self::map_copy), read-only until [`make_mut`](Map::make_mut).
    ///
    /// # Errors
    /// Those of [`map`](Self::map).
    ///
    /// # Safety
    /// The condition of [`map`](Self::map).
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// // SAFETY: no one changes the program.
    /// let map = unsafe { ffi_syscalls::mmap::MapOptions::new().map_copy_read_only("/bin/sh") }?;
    /// # Ok(())
    /// # }
    /// ```
    pub unsafe fn map_copy_read_only<S: Source>(&self, file: S) -> Result<Map> {
        self.file(file, Protection::Read, false).map(Mapping::of)
    }

    /// Maps zeroed memory without a file.
    ///
    /// # Errors
    /// `ENOMEM`; `EAGAIN` if memory is locked ([Memory](crate#memory)).
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let map = ffi_syscalls::mmap::MapOptions::new().len(3).map_anon()?;
    /// assert_eq!(&*map, &[0, 0, 0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn map_anon(&self) -> Result<MapMut> {
        let request = MapRequest { len: self.len.unwrap_or(0), ..self.request(Protection::ReadWrite, false) };
        Region::map(&request).map(Mapping::of)
    }

    /// Like [`map_mut`](Self::map_mut), for access by raw pointers alone, which makes this function safe.
    ///
    /// # Errors
    /// Those of [`map_mut`](Self::map_mut).
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// # let path = std::env::temp_dir().join(format!("ffi_syscalls.map_raw.{}", std::process::id()));
    /// # std::fs::write(&path, "abc").unwrap();
    /// # let path = path.to_str().unwrap();
    /// let map = ffi_syscalls::mmap::MapOptions::new().map_raw(path)?;
    /// // SAFETY: the file is not shortened.
    /// assert_eq!(unsafe { map.as_ptr().read() }, b'a');
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn map_raw<S: Source>(&self, file: S) -> Result<MapRaw> {
        self.file(file, Protection::ReadWrite, true).map(Mapping::of)
    }

    /// Like [`map`](Self::map), for access by raw pointers alone, which makes this function safe.
    ///
    /// # Errors
    /// Those of [`map`](Self::map).
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// assert!(ffi_syscalls::mmap::MapOptions::new().map_raw_read_only("/bin/sh")?.len() > 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn map_raw_read_only<S: Source>(&self, file: S) -> Result<MapRaw> {
        self.file(file, Protection::Read, true).map(Mapping::of)
    }

    fn request(&self, protection: Protection, is_shared: bool) -> MapRequest {
        MapRequest {
            file: None,
            offset: 0,
            len: 0,
            protection,
            is_shared,
            is_populated: self.is_populated,
            has_no_reserve: self.has_no_reserve,
            is_stack: self.is_stack,
            huge: self.huge,
        }
    }

    fn file<S: Source>(&self, file: S, protection: Protection, is_shared: bool) -> Result<Region> {
        let request = MapRequest { is_stack: false, huge: None, ..self.request(protection, is_shared) };
        let writes = is_shared && protection == Protection::ReadWrite;
        file.with_descriptor(writes, |fd| self.descriptor(&MapRequest { file: Some(fd), ..request }))
    }

    /// Maps the part of an open file.
    fn descriptor(&self, request: &MapRequest) -> Result<Region> {
        // SAFETY: the descriptor is never dropped.
        let fd = ManuallyDrop::new(unsafe { Fd::from_raw(request.file.unwrap_or(-1)) });
        let mut buffer = StatBuffer::uninit();
        let file = sys::fstat(&fd, &mut buffer)?;
        let size = u64::try_from(file.size()).map_err(|_| Errno::EOVERFLOW)?;
        let rest = size.checked_sub(self.offset).and_then(|rest| usize::try_from(rest).ok());
        let len = match (self.len, rest) {
            // A device has bytes, though its size is 0.
            (Some(len), _) if !file.is_regular() => Ok(len),
            (Some(len), Some(rest)) if len <= rest => Ok(len),
            (None, Some(rest)) => Ok(rest),
            _ => Err(Errno::EINVAL),
        };
        if size == 0 && len.is_err() {
            // If no part of the file can be mapped, the kernel's reason is the answer.
            Region::map(request)?.unmap()?;
        }
        let offset = usize::try_from(self.offset).map_err(|_| Errno::EINVAL)?;
        Region::map(&MapRequest { offset, len: len?, ..*request })
    }
}
