//! Lists directories from the records of the kernel.

use std::mem::offset_of;

use linux_raw_sys::general::linux_dirent64;

use super::{lines, with_kernel, without_nul};
use crate::dir;
use crate::kernel::{File, Kernel};

const LEN: usize = offset_of!(linux_dirent64, d_reclen);
const NAME: usize = offset_of!(linux_dirent64, d_name);

/// Input: the bytes that getdents(2) returns. A malformed record ends the list.
pub fn raw(data: &[u8]) {
    let mut expected: Vec<&[u8]> = Vec::new();
    let mut at = 0;
    while at + LEN + 2 <= data.len() {
        let len = usize::from(u16::from_ne_bytes([data[at + LEN], data[at + LEN + 1]]));
        if len < NAME || at + len > data.len() {
            break;
        }
        let Some(end) = data[at + NAME..at + len].iter().position(|&byte| byte == 0) else { break };
        let name = &data[at + NAME..at + NAME + end];
        if !matches!(name, b"." | b"..") {
            expected.push(name);
        }
        at += len;
    }
    let mut kernel = Kernel::default();
    kernel.files.insert(b"/d".to_vec(), File::Records([data.to_vec()].into()));
    with_kernel(kernel, || {
        let list = dir::list("/d").unwrap_or_else(|errno| panic!("{errno:?}"));
        let found: Vec<&[u8]> = list.iter().map(std::ffi::CStr::to_bytes).collect();
        assert_eq!(found, expected);
    });
}

/// Returns a record in the form that the kernel writes.
fn record(number: usize, name: &[u8]) -> Vec<u8> {
    let len = (NAME + name.len() + 1).next_multiple_of(8);
    let mut record = vec![0; len];
    record[..8].copy_from_slice(&number.to_ne_bytes());
    record[LEN..LEN + 2].copy_from_slice(&u16::try_from(len).unwrap_or_default().to_ne_bytes());
    record[LEN + 2] = 8;
    record[NAME..NAME + name.len()].copy_from_slice(name);
    record
}

/// Input: a byte that limits the length of each read, and a line for each name.
pub fn directory(data: &[u8]) {
    let Some((&step, names)) = data.split_first() else { return };
    let names: Vec<Vec<u8>> = lines(names).into_iter().map(without_nul).collect();
    let names: Vec<&[u8]> = names.iter().map(|name| &name[..name.len().min(255)]).collect();
    let records = names.iter().enumerate().map(|(number, name)| record(number, name)).collect();
    let mut kernel = Kernel { steps: vec![usize::from(step) * 16], ..Kernel::default() };
    kernel.files.insert(b"/d".to_vec(), File::Records(records));
    let expected: Vec<&[u8]> = names.into_iter().filter(|name| !matches!(*name, b"." | b"..")).collect();
    with_kernel(kernel, || {
        let list = dir::list("/d").unwrap_or_else(|errno| panic!("{errno:?}"));
        assert_eq!(list.len(), expected.len());
        assert!(list.iter().map(std::ffi::CStr::to_bytes).eq(expected.iter().copied()), "{list:?}, not {expected:?}");
        for entry in &list.iter().map(|entry| entry.as_ptr().addr()).collect::<Vec<_>>() {
            assert!(entry % 2 == 1, "an entry at {entry:#x}, where a block could begin");
        }
        // SAFETY: the array has one more slot than entries.
        assert!(unsafe { *list.as_ptr().wrapping_add(list.len()) }.is_null());
    });
}
