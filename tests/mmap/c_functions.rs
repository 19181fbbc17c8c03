#![cfg(feature = "exports")]

use std::ffi::{CString, c_void};
use std::ptr::{null, null_mut};

use ffi_syscalls::c::{rt_file_madvise, rt_file_mmap, rt_file_msync, rt_file_munmap, rt_last_error};

use super::*;

/// A mapping that `rt_file_mmap` returned, or a part of it. Only [`unmap`](Self::unmap) unmaps it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part(*mut c_void, usize);

impl Part {
    fn sync(self, wait: bool) -> Result<(), i32> {
        // SAFETY: the call changes no memory.
        answer(unsafe { rt_file_msync(self.0, self.1, wait) })
    }

    /// Advises the kernel about some of the bytes.
    fn advise(self, offset: usize, len: usize, advice: i32) -> Result<(), i32> {
        // SAFETY: the part is the test's own.
        answer(unsafe { rt_file_madvise(self.0.wrapping_byte_add(offset), len, advice) })
    }

    fn unmap(self) -> Result<(), i32> {
        // SAFETY: the test does not use the part afterwards.
        answer(unsafe { rt_file_munmap(self.0, self.1) })
    }

    fn bytes<'a>(self) -> &'a [u8] {
        // SAFETY: the memory is mapped, and nothing changes it while the slice is used.
        unsafe { std::slice::from_raw_parts(self.0.cast(), self.1) }
    }

    fn fill(self, byte: u8) {
        // SAFETY: the memory is mapped and writable.
        unsafe { self.0.cast::<u8>().write_bytes(byte, self.1) };
    }
}

fn answer(is_success: bool) -> Result<(), i32> {
    if is_success { Ok(()) } else { Err(rt_last_error()) }
}

fn c_map(path: &str, offset: i64, len: usize, access: u32) -> Result<Part, i32> {
    let path = CString::new(path).unwrap();
    let mut mapped = usize::MAX;
    // SAFETY: the path is NUL-terminated, and the length writable.
    let address = unsafe { rt_file_mmap(path.as_ptr(), offset, len, access, &mut mapped) };
    if address.is_null() { Err(rt_last_error()) } else { Ok(Part(address, mapped)) }
}

#[test]
fn rt_file_mmap_maps_any_part_and_rt_file_munmap_takes_it() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let content = random_bytes(150_000);
    fs::write(&path, &content).unwrap();
    let offsets = [0, 1, 4096, 65_537, 149_999, 150_000];
    let parts = offsets.into_iter().flat_map(|offset| [0, 1, 5000].map(|len| (offset, len)));
    for (access, (offset, len)) in (0..3).flat_map(|access| parts.clone().map(move |part| (access, part))) {
        let begin = usize::try_from(offset).unwrap();
        let end = if len == 0 { content.len() } else { begin + len };
        let part = c_map(&path, offset, len, access);
        if end > content.len() {
            assert_eq!(part, Err(libc::EINVAL), "{offset}, {len}");
            continue;
        }
        let part = part.unwrap();
        assert_same_bytes(part.bytes(), &content[begin..end]);
        assert_eq!([part.sync(true), part.sync(false)], [Ok(()); 2]);
        assert_eq!([0, 1, 2, 3].map(|advice| part.advise(0, part.1, advice)), [Ok(()); 4]);
        part.unmap().unwrap();
        assert_eq!(mappings_of(&path), Vec::<String>::new());
    }
    for (offset, len) in [(-1, 0), (i64::MIN, 1), (150_001, 0), (i64::MAX, 0), (0, 150_001), (0, usize::MAX)] {
        assert_eq!(c_map(&path, offset, len, 0), Err(libc::EINVAL), "{offset}, {len}");
    }
    assert_eq!(c_map(&path, 0, 0, 3), Err(libc::EINVAL));
    assert_eq!(c_map(&path, 0, 0, u32::MAX), Err(libc::EINVAL));
    assert_eq!(c_map(&temp.join("missing"), 0, 0, 0), Err(libc::ENOENT));
}

#[test]
fn rt_file_mmap_of_nothing_has_an_address_and_no_mapping() {
    let temp = TempDir::new();
    let path = temp.file("file", "");
    for access in 0..3 {
        let part = c_map(&path, 0, 0, access).unwrap();
        assert_eq!(part.1, 0);
        assert_eq!(mappings_of(&path), Vec::<String>::new());
        part.sync(true).unwrap();
        assert_eq!([0, 1, 2, 3, 4].map(|advice| part.advise(0, 0, advice)), [Ok(()); 5]);
        assert_eq!(part.advise(0, 0, 5), Err(libc::EINVAL));
        part.unmap().unwrap();
        part.unmap().unwrap();
    }
    assert!([libc::ENODEV, libc::EIO].contains(&c_map("/proc/self/status", 0, 0, 0).unwrap_err()));
}

#[test]
fn rt_file_mmap_writes_to_the_file_or_to_a_copy() {
    let temp = TempDir::new();
    let path = temp.file("file", "0123456789");
    for (access, expected) in [(2, "0123456789"), (1, "012!!56789")] {
        let part = c_map(&path, 3, 2, access).unwrap();
        part.fill(b'!');
        assert_eq!(part.bytes(), b"!!");
        part.sync(true).unwrap();
        part.unmap().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    }
}

#[test]
fn rt_file_madvise_4_drops_whole_pages_inside_alone() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let page = page_size();
    let content = random_bytes(3 * page + 5);
    fs::write(&path, &content).unwrap();
    let part = c_map(&path, 0, 0, 2).unwrap();
    part.fill(1);
    let mut expected = vec![1; content.len()];
    part.advise(1, 2 * page - 2, 4).unwrap();
    assert_same_bytes(part.bytes(), &expected);
    part.advise(1, 2 * page, 4).unwrap();
    expected[page..2 * page].copy_from_slice(&content[page..2 * page]);
    assert_same_bytes(part.bytes(), &expected);
    // The last page is not whole.
    part.advise(0, part.1, 4).unwrap();
    expected[..3 * page].copy_from_slice(&content[..3 * page]);
    assert_same_bytes(part.bytes(), &expected);
    part.unmap().unwrap();
}

#[test]
fn c_functions_refuse_null_and_unknown_numbers() {
    // SAFETY: NULL is refused.
    assert!(unsafe { rt_file_mmap(c"/bin/sh".as_ptr(), 0, 0, 0, null_mut()) }.is_null());
    assert_eq!(rt_last_error(), libc::EFAULT);
    let mut mapped = 0;
    // SAFETY: NULL is refused.
    assert!(unsafe { rt_file_mmap(null(), 0, 0, 0, &mut mapped) }.is_null());
    assert_eq!(rt_last_error(), libc::EFAULT);
    for len in [0, 1] {
        let nothing = Part(null_mut(), len);
        assert_eq!([nothing.unmap(), nothing.sync(true), nothing.advise(0, len, 0)], [Err(libc::EFAULT); 3]);
    }
    let part = c_map("/bin/sh", 0, 0, 0).unwrap();
    for advice in [-1, 5, i32::MIN, i32::MAX] {
        assert_eq!(part.advise(0, part.1, advice), Err(libc::EINVAL));
    }
    assert_eq!(Part(part.0, usize::MAX).unmap(), Err(libc::EINVAL));
    assert_eq!(part.bytes(), fs::read("/bin/sh").unwrap());
    part.unmap().unwrap();
}
