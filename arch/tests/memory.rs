//! The memory functions, compared with loops. In this program they replace those of the libc.
#![cfg(feature = "mem")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

use core::ffi::{c_char, c_int, c_void};
use std::hint::black_box;

use ffi_syscalls_arch as _;

unsafe extern "C" {
    fn memcpy(dst: *mut c_void, src: *const c_void, n: usize) -> *mut c_void;
    fn memmove(dst: *mut c_void, src: *const c_void, n: usize) -> *mut c_void;
    fn memset(dst: *mut c_void, byte: c_int, n: usize) -> *mut c_void;
    fn memcmp(a: *const c_void, b: *const c_void, n: usize) -> c_int;
    fn bcmp(a: *const c_void, b: *const c_void, n: usize) -> c_int;
    fn strlen(s: *const c_char) -> usize;
}

const LENGTHS: [usize; 12] = [0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 255];

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from((i * 7 + 3) % 251).unwrap()).collect()
}

/// Otherwise the other tests would test the functions of the libc.
#[test]
fn memory_functions_are_linked_into_this_program() {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let exe = std::env::current_exe().unwrap();
    let own = maps.lines().filter(|line| line.ends_with(exe.to_str().unwrap()));
    let ranges: Vec<_> = own
        .map(|line| line.split_once(' ').unwrap().0.split_once('-').unwrap())
        .map(|(from, to)| usize::from_str_radix(from, 16).unwrap()..usize::from_str_radix(to, 16).unwrap())
        .collect();
    let functions = [
        memcpy as *const () as usize,
        memmove as *const () as usize,
        memset as *const () as usize,
        memcmp as *const () as usize,
        bcmp as *const () as usize,
        strlen as *const () as usize,
    ];
    for function in functions {
        assert!(ranges.iter().any(|range| range.contains(&function)), "{function:#x} is not in {ranges:#x?}");
    }
}

#[test]
fn memcpy_copies_and_returns_the_destination() {
    for len in LENGTHS {
        for (from, to) in [(0, 0), (1, 0), (0, 3), (5, 2)] {
            let source = pattern(len + from);
            let mut target = vec![0xaa; to + len + 8];
            let dst = target[to..].as_mut_ptr();
            // SAFETY: both pointers are valid for `len` bytes.
            let returned = unsafe { memcpy(black_box(dst.cast()), source[from..].as_ptr().cast(), len) };
            assert_eq!(returned, dst.cast());
            assert_eq!(target[to..to + len], source[from..]);
            assert!(target[..to].iter().chain(&target[to + len..]).all(|&byte| byte == 0xaa));
        }
    }
}

#[test]
fn memmove_copies_overlapping_bytes_both_ways() {
    for len in LENGTHS {
        for (from, to) in [(0, 0), (0, 1), (1, 0), (0, 8), (8, 0), (3, 20), (20, 3)] {
            let mut bytes = pattern(len + 32);
            let mut expected = bytes.clone();
            let moved = bytes[from..from + len].to_vec();
            for (i, byte) in moved.into_iter().enumerate() {
                expected[to + i] = byte;
            }
            let base = bytes.as_mut_ptr();
            // SAFETY: both ranges lie in `bytes`.
            let returned = unsafe { memmove(base.wrapping_add(to).cast(), base.wrapping_add(from).cast(), len) };
            assert_eq!(returned, base.wrapping_add(to).cast());
            assert_eq!(bytes, expected, "{len} bytes from {from} to {to}");
        }
    }
}

/// On x86_64 a backward copy sets the direction flag. The ABI requires it to be clear after the call.
#[test]
fn memmove_leaves_the_direction_flag_clear() {
    let mut bytes = pattern(64);
    let base = bytes.as_mut_ptr();
    // SAFETY: both ranges lie in `bytes`.
    unsafe { memmove(base.wrapping_add(1).cast(), base.cast(), 32) };
    let mut target = [0_u8; 32];
    // SAFETY: both pointers are valid for 32 bytes.
    unsafe { memcpy(target.as_mut_ptr().cast(), base.cast(), 32) };
    assert_eq!(target, bytes[..32]);
}

#[test]
fn memset_fills_with_the_low_byte() {
    for len in LENGTHS {
        let mut bytes = vec![1_u8; len + 2];
        let dst = bytes[1..].as_mut_ptr();
        // SAFETY: `dst` is valid for `len` bytes.
        let returned = unsafe { memset(dst.cast(), 0x1234, len) };
        assert_eq!(returned, dst.cast());
        assert!(bytes[1..=len].iter().all(|&byte| byte == 0x34));
        assert_eq!((bytes[0], bytes[len + 1]), (1, 1));
    }
}

#[test]
fn memcmp_orders_like_slices() {
    for len in LENGTHS {
        let a = pattern(len);
        // SAFETY: both pointers are valid for `len` bytes.
        assert_eq!(unsafe { memcmp(a.as_ptr().cast(), a.clone().as_ptr().cast(), len) }, 0);
        for at in 0..len {
            for other in [0, 1, 127, 128, 255] {
                let mut b = a.clone();
                b[at] = other;
                // SAFETY: both pointers are valid for `len` bytes.
                let order = unsafe { memcmp(black_box(a.as_ptr()).cast(), b.as_ptr().cast(), len) };
                assert_eq!(order.cmp(&0), a[at].cmp(&other));
                // SAFETY: both pointers are valid for `len` bytes.
                let differ = unsafe { bcmp(black_box(a.as_ptr()).cast(), b.as_ptr().cast(), len) };
                assert_eq!(differ != 0, a[at] != other);
            }
        }
    }
}

#[test]
fn strlen_counts_to_the_first_nul() {
    for len in LENGTHS {
        for start in 0..16 {
            // The NULs before the text must be ignored.
            let mut text = vec![0; start];
            text.extend(vec![b'x'; len]);
            text.extend(b"\0after\0");
            // SAFETY: `text` contains a NUL.
            assert_eq!(unsafe { strlen(black_box(text[start..].as_ptr()).cast()) }, len, "from {start}");
        }
    }
}
