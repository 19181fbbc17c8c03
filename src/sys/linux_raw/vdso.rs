//! The clock of the vDSO, a shared object that the kernel maps into each process. See vdso(7).
//!
//! Reading it takes no system call. Whenever the image is not as expected, the caller makes the system call: emulators
//! and sandboxes may map no image, or one without the function.

#[cfg(test)]
mod tests;

use core::ffi::c_int;
use core::mem::{offset_of, transmute};
use core::ptr::{NonNull, with_exposed_provenance_mut, without_provenance_mut};
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::Relaxed;

use ffi_syscalls_arch::VDSO_CLOCK_GETTIME;
use linux_raw_sys::auxvec::AT_SYSINFO_EHDR;
use linux_raw_sys::elf::{
    DT_GNU_HASH, DT_HASH, DT_NULL, DT_STRTAB, DT_SYMTAB, EI_CLASS, ELFCLASS, ELFMAG, Elf_Dyn, Elf_Ehdr, Elf_Phdr,
    Elf_Sym, PT_DYNAMIC, PT_LOAD, SHN_UNDEF, STT_FUNC, STT_NOTYPE,
};
use linux_raw_sys::general::__kernel_timespec;

use super::auxv::aux_value;

/// The function of the vDSO: clock_gettime(2).
type ClockGettime = unsafe extern "C" fn(c_int, *mut __kernel_timespec) -> c_int;

/// The address of the function; null before the first search, and [`MISSING`] if there is none.
static FUNCTION: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// An address at which no function is.
const MISSING: *mut () = without_provenance_mut(1);

/// Reads a clock. Returns false if the vDSO cannot read this clock here.
#[inline]
pub(super) fn read_clock(clock: u32, time: &mut __kernel_timespec) -> bool {
    let mut function = FUNCTION.load(Relaxed);
    if function.is_null() {
        function = find_function();
        FUNCTION.store(function, Relaxed);
    }
    if function == MISSING {
        return false;
    }
    // SAFETY: the address is that of the function in the vDSO, which stays mapped.
    let function = unsafe { transmute::<*mut (), ClockGettime>(function) };
    // SAFETY: the function writes one time.
    (unsafe { function(clock.cast_signed(), time) }) == 0
}

#[cold]
fn find_function() -> *mut () {
    let Some(start) = aux_value(AT_SYSINFO_EHDR) else { return MISSING };
    let Some(start) = NonNull::new(with_exposed_provenance_mut::<u8>(start)) else { return MISSING };
    // SAFETY: the kernel has mapped its image at this address, and a mapping has whole pages.
    let page = unsafe { NonNull::slice_from_raw_parts(start, PAGE).as_ref() };
    let Some(len) = Image(page).mapped_len() else { return MISSING };
    // SAFETY: the image says that the kernel maps this length.
    let image = unsafe { NonNull::slice_from_raw_parts(start, len).as_ref() };
    let offset = Image(image).find_symbol(VDSO_CLOCK_GETTIME.to_bytes_with_nul());
    offset.and_then(|offset| image.get(offset..)).map_or(MISSING, |code| code.as_ptr().cast_mut().cast())
}

/// The smallest page. The ELF header and the program headers are in the first one.
const PAGE: usize = 4096;

/// The bytes of a mapped ELF image. See elf(5).
#[derive(Clone, Copy)]
struct Image<'a>(&'a [u8]);

impl<'a> Image<'a> {
    fn u16(self, offset: usize) -> Option<u16> {
        Some(u16::from_ne_bytes(*self.0.get(offset..)?.first_chunk()?))
    }

    fn u32(self, offset: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(*self.0.get(offset..)?.first_chunk()?))
    }

    fn word(self, offset: usize) -> Option<usize> {
        Some(usize::from_ne_bytes(*self.0.get(offset..)?.first_chunk()?))
    }

    /// Returns the offset of the first program header of a type.
    fn program_header(self, kind: u32) -> Option<usize> {
        let is_elf = self.0.starts_with(&ELFMAG) && self.0.get(EI_CLASS) == Some(&ELFCLASS);
        let size = usize::from(self.u16(offset_of!(Elf_Ehdr, e_phentsize))?);
        if !is_elf || size != size_of::<Elf_Phdr>() {
            return None;
        }
        let first = self.word(offset_of!(Elf_Ehdr, e_phoff))?;
        let count = usize::from(self.u16(offset_of!(Elf_Ehdr, e_phnum))?);
        let mut headers = (0..count).map_while(|number| first.checked_add(number * size));
        headers.find(|&header| self.u32(header.wrapping_add(offset_of!(Elf_Phdr, p_type))) == Some(kind))
    }

    /// Returns how much of the image the kernel maps. The header must be part of that.
    fn mapped_len(self) -> Option<usize> {
        let load = self.program_header(PT_LOAD)?;
        let offset = self.word(load + offset_of!(Elf_Phdr, p_offset))?;
        let len = self.word(load + offset_of!(Elf_Phdr, p_filesz))?;
        (offset == 0 && len <= isize::MAX as usize).then_some(len)
    }

    /// Returns the offset of an address of the image, which may be linked for any address.
    fn offset_of_address(self, address: usize) -> Option<usize> {
        let load = self.program_header(PT_LOAD)?;
        let offset = address.checked_sub(self.word(load + offset_of!(Elf_Phdr, p_vaddr))?)?;
        (offset < self.0.len()).then_some(offset)
    }

    /// Returns the offset that an entry of the dynamic section refers to.
    fn dynamic(self, tag: usize) -> Option<usize> {
        let dynamic = self.program_header(PT_DYNAMIC)?;
        let mut entry = self.word(dynamic + offset_of!(Elf_Phdr, p_offset))?;
        loop {
            match self.word(entry)? {
                DT_NULL => return None,
                // The kernel does not relocate the addresses.
                found if found == tag => return self.offset_of_address(self.word(entry + size_of::<usize>())?),
                _ => entry = entry.checked_add(size_of::<Elf_Dyn>())?,
            }
        }
    }

    /// Returns the number of symbols, which only a hash table tells.
    fn symbol_count(self) -> Option<u32> {
        if let Some(table) = self.dynamic(DT_HASH) {
            return self.u32(table + size_of::<u32>());
        }
        self.count_in_gnu_table(self.dynamic(DT_GNU_HASH)?)
    }

    /// Counts the symbols by a table of the GNU form: the last chain ends with the last symbol.
    fn count_in_gnu_table(self, table: usize) -> Option<u32> {
        const WORD: usize = size_of::<u32>();
        let bucket_count = self.u32(table)? as usize;
        let first_hashed = self.u32(table + WORD)?;
        let filter_len = self.u32(table + 2 * WORD)? as usize;
        let buckets = table + 4 * WORD + filter_len.checked_mul(size_of::<usize>())?;
        let chains = buckets.checked_add(bucket_count * WORD)?;
        let bucket = |number: usize| self.u32(buckets + number * WORD);
        let mut last = (0..bucket_count).map_while(bucket).max()?;
        if last < first_hashed {
            return Some(first_hashed);
        }
        // The lowest bit ends a chain.
        while self.u32(chains.checked_add((last - first_hashed) as usize * WORD)?)? & 1 == 0 {
            last += 1;
        }
        last.checked_add(1)
    }

    /// Returns the offset of a function by its name, which a NUL ends.
    fn find_symbol(self, name: &[u8]) -> Option<usize> {
        let (symbols, strings) = (self.dynamic(DT_SYMTAB)?, self.dynamic(DT_STRTAB)?);
        // A count that the image cannot hold ends with the image.
        let symbol_at =
            |number: u32| symbols.checked_add(number as usize * size_of::<Elf_Sym>()).filter(|&at| at < self.0.len());
        let mut defined = (0..self.symbol_count()?).map_while(symbol_at).filter(|&symbol| self.is_function(symbol));
        let symbol = defined.find(|&symbol| {
            let start = self.u32(symbol + offset_of!(Elf_Sym, st_name)).map(|start| strings + start as usize);
            start.and_then(|start| self.0.get(start..)).is_some_and(|rest| rest.starts_with(name))
        })?;
        self.offset_of_address(self.word(symbol + offset_of!(Elf_Sym, st_value))?)
    }

    /// Returns whether a symbol is one of a function that the image defines.
    fn is_function(self, symbol: usize) -> bool {
        let kind = self.0.get(symbol + offset_of!(Elf_Sym, st_info)).map(|info| info & 0xf);
        let section = self.u16(symbol + offset_of!(Elf_Sym, st_shndx));
        matches!(kind, Some(STT_FUNC | STT_NOTYPE)) && section.is_some_and(|section| section != SHN_UNDEF)
    }
}
