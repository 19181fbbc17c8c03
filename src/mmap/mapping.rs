//! The part that all mappings share.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::advice::{Advice, RemapOptions, UncheckedAdvice};
use super::region::{Region, advise_part, sync_part};
use crate::errno::Result;
use crate::sys::{self, Protection};

/// A mapping, which is unmapped when dropped: [`Map`](super::Map), [`MapMut`](super::MapMut) or
/// [`MapRaw`](super::MapRaw).
///
/// ```
/// use ffi_syscalls::mmap::Mapping;
///
/// fn is_large<A>(map: &Mapping<A>) -> bool {
///     map.len() > 1 << 30
/// }
/// # fn main() -> Result<(), ffi_syscalls::Errno> {
/// assert!(!is_large(&ffi_syscalls::mmap::MapMut::map_anon(10)?));
/// # Ok(())
/// # }
/// ```
pub struct Mapping<A>(pub(super) Region, PhantomData<A>);

impl<A> Mapping<A> {
    pub(super) const fn of(region: Region) -> Self {
        Self(region, PhantomData)
    }

    #[cfg(feature = "exports")]
    pub(crate) fn into_region(self) -> Region {
        self.0
    }

    /// Returns the address of the first byte, which need not be that of a page.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let map = ffi_syscalls::mmap::MapMut::map_anon(10)?;
    /// assert!(!map.as_ptr().is_null());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn as_ptr(&self) -> *const u8 {
        self.0.start().as_ptr()
    }

    /// Returns the length in bytes.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// assert_eq!(ffi_syscalls::mmap::MapMut::map_anon(10)?.len(), 10);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the length is 0.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// assert!(ffi_syscalls::mmap::MapMut::map_anon(0)?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// Unmaps the memory, and reports an error. Dropping the mapping ignores it.
    ///
    /// # Errors
    /// `ENOMEM` if the process would have too many mappings; then the memory stays mapped.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// ffi_syscalls::mmap::MapMut::map_anon(10)?.unmap()?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "rt_file_munmap")]
    pub fn unmap(self) -> Result<()> {
        self.0.unmap()
    }

    /// Writes what has changed to the file, and waits until it is on the disk. See msync(2).
    ///
    /// # Errors
    /// `EIO`, `ENOSPC` and others if it cannot be written.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// ffi_syscalls::mmap::MapMut::map_anon(10)?.flush()?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "rt_file_msync")]
    pub fn flush(&self) -> Result<()> {
        self.flush_range(0, self.len())
    }

    /// Starts to write what has changed to the file.
    ///
    /// # Errors
    /// Those of [`flush`](Self::flush).
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// ffi_syscalls::mmap::MapMut::map_anon(10)?.flush_async()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn flush_async(&self) -> Result<()> {
        self.flush_async_range(0, self.len())
    }

    /// Like [`flush`](Self::flush), for the pages of a part.
    ///
    /// # Errors
    /// Those of [`flush`](Self::flush); `EINVAL` if the part is not inside.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let map = ffi_syscalls::mmap::MapMut::map_anon(10)?;
    /// map.flush_range(5, 5)?;
    /// assert!(map.flush_range(5, 6).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn flush_range(&self, offset: usize, len: usize) -> Result<()> {
        sync_part(self.0.part(offset, len)?, len, true)
    }

    /// Like [`flush_async`](Self::flush_async), for the pages of a part.
    ///
    /// # Errors
    /// Those of [`flush_range`](Self::flush_range).
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// ffi_syscalls::mmap::MapMut::map_anon(10)?.flush_async_range(2, 3)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn flush_async_range(&self, offset: usize, len: usize) -> Result<()> {
        sync_part(self.0.part(offset, len)?, len, false)
    }

    /// Tells the kernel how the mapping will be used. See madvise(2).
    ///
    /// # Errors
    /// `EINVAL` if the kernel does not know the advice; others by the advice.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// use ffi_syscalls::mmap::{Advice, MapMut};
    ///
    /// MapMut::map_anon(10)?.advise(Advice::Sequential)?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "rt_file_madvise")]
    pub fn advise(&self, advice: Advice) -> Result<()> {
        self.advise_range(advice, 0, self.len())
    }

    /// Like [`advise`](Self::advise), for the pages of a part.
    ///
    /// # Errors
    /// Those of [`advise`](Self::advise); `EINVAL` if the part is not inside.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// use ffi_syscalls::mmap::{Advice, MapMut};
    ///
    /// MapMut::map_anon(10_000)?.advise_range(Advice::WillNeed, 5000, 5000)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn advise_range(&self, advice: Advice, offset: usize, len: usize) -> Result<()> {
        // SAFETY: none of this advice drops content.
        unsafe { advise_part(self.0.part(offset, len)?, len, advice.number()) }
    }

    /// Tells the kernel that it may drop the content.
    ///
    /// # Errors
    /// Those of [`advise`](Self::advise).
    ///
    /// # Safety
    /// No reference to the content is used afterwards, and none that other mappings of the file give, if the advice
    /// changes the file.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// use ffi_syscalls::mmap::{MapMut, UncheckedAdvice};
    ///
    /// let map = MapMut::map_anon(10)?;
    /// // SAFETY: nothing refers to the content.
    /// unsafe { map.unchecked_advise(UncheckedAdvice::DontNeed) }?;
    /// # Ok(())
    /// # }
    /// ```
    pub unsafe fn unchecked_advise(&self, advice: UncheckedAdvice) -> Result<()> {
        // SAFETY: no reference to the content is used.
        unsafe { self.unchecked_advise_range(advice, 0, self.len()) }
    }

    /// Like [`unchecked_advise`](Self::unchecked_advise), for a part. A page that holds other bytes of the mapping too
    /// is left out.
    ///
    /// # Errors
    /// Those of [`advise_range`](Self::advise_range).
    ///
    /// # Safety
    /// The condition of [`unchecked_advise`](Self::unchecked_advise).
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// use ffi_syscalls::mmap::{MapMut, UncheckedAdvice};
    ///
    /// let map = MapMut::map_anon(1 << 20)?;
    /// // SAFETY: nothing refers to the content.
    /// unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, 0, 1 << 19) }?;
    /// # Ok(())
    /// # }
    /// ```
    pub unsafe fn unchecked_advise_range(&self, advice: UncheckedAdvice, offset: usize, len: usize) -> Result<()> {
        // SAFETY: no reference to the content is used.
        unsafe { self.0.drop_part(offset, len, advice.number()) }
    }

    /// Keeps the pages in memory. See mlock(2).
    ///
    /// # Errors
    /// `ENOMEM`, `EAGAIN` or `EPERM` at the limit RLIMIT_MEMLOCK.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let map = ffi_syscalls::mmap::MapMut::map_anon(10)?;
    /// map.lock()?;
    /// map.unlock()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn lock(&self) -> Result<()> {
        self.0.lock(sys::lock_range)
    }

    /// The opposite of [`lock`](Self::lock).
    ///
    /// # Errors
    /// `ENOMEM` if the process would have too many mappings.
    ///
    /// ```
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// ffi_syscalls::mmap::MapMut::map_anon(10)?.unlock()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn unlock(&self) -> Result<()> {
        self.0.lock(sys::unlock_range)
    }

    /// Changes the length, on Linux. The mapping does not grow by the file: bytes beyond its end raise SIGBUS. See
    /// mremap(2).
    ///
    /// # Errors
    /// `ENOMEM` if there is no room at its address and it may not move; `ENOSYS` on other systems.
    ///
    /// # Safety
    /// The file has the new length, and stays as [Safety](super#safety) demands.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")]
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// use ffi_syscalls::mmap::{MapMut, RemapOptions};
    ///
    /// let mut map = MapMut::map_anon(10)?;
    /// // SAFETY: memory without a file grows by zeroed pages.
    /// unsafe { map.remap(1 << 20, RemapOptions::new().may_move(true)) }?;
    /// assert_eq!(map.len(), 1 << 20);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(target_os = "linux"))]
    /// # fn main() {}
    /// ```
    pub unsafe fn remap(&mut self, new_len: usize, options: RemapOptions) -> Result<()> {
        // SAFETY: the exclusive reference excludes others to the content.
        unsafe { self.0.resize(new_len, options.may_move) }
    }

    /// Releases the mapping, which stays, as the address of its first byte and its length.
    ///
    /// ```
    /// use ffi_syscalls::mmap::{MapMut, Mapping};
    ///
    /// # fn main() -> Result<(), ffi_syscalls::Errno> {
    /// let (start, len) = MapMut::map_anon(10)?.into_raw();
    /// // SAFETY: both came from `into_raw` of a writable mapping.
    /// let map: MapMut = unsafe { Mapping::from_raw(start, len) };
    /// assert_eq!(map.len(), 10);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn into_raw(self) -> (NonNull<u8>, usize) {
        self.0.into_raw()
    }

    /// Takes ownership of a mapping.
    ///
    /// # Safety
    /// Both came from [`into_raw`](Self::into_raw) of a mapping of the same type, and nothing else owns it.
    #[must_use]
    pub const unsafe fn from_raw(start: NonNull<u8>, len: usize) -> Self {
        // SAFETY: the mapping has no other owner.
        Self::of(unsafe { Region::from_raw(start, len) })
    }

    pub(super) const fn bytes(&self) -> &[u8] {
        // SAFETY: the memory is mapped and readable for this length, and nothing changes it.
        unsafe { core::slice::from_raw_parts(self.as_ptr(), self.len()) }
    }

    /// Changes what the pages allow, and the type with it.
    ///
    /// # Safety
    /// The type stands for this protection.
    pub(super) unsafe fn turn<B>(self, protection: Protection) -> Result<Mapping<B>> {
        // SAFETY: the bytes are used as the new type allows.
        unsafe { self.0.protect(protection) }?;
        Ok(Mapping::of(self.0))
    }
}

impl<A> fmt::Debug for Mapping<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mapping").field("ptr", &self.as_ptr()).field("len", &self.len()).finish()
    }
}
