//! Tests the heap, texts and lists over memory that is reached through pointers only.
//!
//! System calls carry pointers as integers, so Miri cannot follow the provenance of pointers through the model of the
//! kernel. Here `sys` passes pointers, and Miri runs the same code with strict provenance.

#![allow(dead_code, unused_imports, reason = "the tests do not use every item of the library")]

#[path = "../../../src/errno/mod.rs"]
mod errno;
#[path = "../../../src/heap/mod.rs"]
mod heap;
#[path = "../../../src/list.rs"]
mod list;
#[path = "../../../src/text.rs"]
mod text;

#[path = "../src/targets/memory.rs"]
mod memory;
#[path = "../src/numbers.rs"]
mod numbers;

use std::ffi::CStr;
use std::path::Path;
use std::{fs, thread};

use errno::Result;
use heap::{Block, EMPTY, MappedBuffer, free, length_of};
use list::List;
use text::Text;

/// The primitives that this code calls.
mod sys {
    use std::ptr::NonNull;
    use std::sync::atomic::AtomicU32;

    use super::errno::{Errno, Result};

    pub(crate) const STDERR: () = ();
    pub(crate) const SIGABRT: u32 = 6;
    pub(crate) const NO_SIGNALS: () = ();

    pub(crate) fn map(len: usize) -> Result<NonNull<u8>> {
        fuzz::kernel::memory::map(len).ok_or(Errno::ENOMEM)
    }

    /// # Safety
    /// The memory is mapped, and nothing uses it afterwards.
    pub(crate) unsafe fn unmap(start: NonNull<u8>, len: usize) {
        if len > 0 {
            fuzz::kernel::memory::unmap(start.addr().get(), len);
        }
    }

    /// # Safety
    /// The memory is a mapping, and nothing uses its old addresses afterwards.
    pub(crate) unsafe fn remap(start: NonNull<u8>, len: usize, new_len: usize) -> Result<NonNull<u8>> {
        fuzz::kernel::memory::remap(start.addr().get(), len, new_len).ok_or(Errno::ENOMEM)
    }

    pub(crate) const fn prefer_huge_pages(_: NonNull<u8>, _: usize) {}

    pub(crate) fn futex_wait(_: &AtomicU32, _: u32) {
        std::thread::yield_now();
    }

    pub(crate) const fn futex_wake_one(_: &AtomicU32) {}

    /// Panics with the message about a misuse of the heap.
    pub(crate) fn write((): &(), message: &[u8]) -> Result<usize> {
        panic!("{}", message.escape_ascii())
    }

    pub(crate) const fn set_disposition(_: u32, _: bool) {}

    pub(crate) const fn set_signal_mask((): ()) -> Result<()> {
        Ok(())
    }

    pub(crate) const fn raise(_: u32) {}

    pub(crate) fn exit(code: i32) -> ! {
        std::process::exit(code)
    }
}

#[test]
fn blocks_agree_with_the_model_for_every_seed() {
    let seeds = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/memory")).expect("there are seeds");
    for seed in seeds.flatten() {
        memory::run(&fs::read(seed.path()).expect("the seed is readable"));
    }
}

#[test]
fn texts_and_lists_are_read_and_freed_by_their_raw_pointers() -> Result<()> {
    for count in [0, 1, 7, 40] {
        let text = Text::new(&vec![b'x'; count])?.into_raw();
        // SAFETY: the text is not freed yet.
        assert_eq!(unsafe { length_of(text) }, count);
        // SAFETY: the text ends with a NUL.
        assert_eq!(unsafe { CStr::from_ptr(text.cast().as_ptr()) }.count_bytes(), count);
        // SAFETY: the pointer came from `into_raw`, and is not used afterwards.
        unsafe { free(text) };
        let strings = vec![b"string".as_slice(); count];
        let list = List::new(strings.iter().copied())?;
        assert!(list.iter().map(CStr::to_bytes).eq(strings));
        let list = list.into_raw();
        // SAFETY: the list is not freed yet.
        assert_eq!(unsafe { length_of(list) }, count);
        // SAFETY: the pointer came from `into_raw`, and is not used afterwards.
        unsafe { free(list) };
    }
    Ok(())
}

/// A list of more than 1 MB stays in the block of its strings, which are moved.
#[test]
fn long_lists_hold_their_strings() -> Result<()> {
    // Each is over 1 MB, where a list stays in the block of its strings. Miri takes minutes for one.
    const LISTS: [(usize, usize); 3] = [(3, 400_000), (40, 30_000), (1100, 1000)];
    for &(count, len) in &LISTS[..if cfg!(miri) { 1 } else { LISTS.len() }] {
        let strings: Vec<Vec<u8>> =
            (0..count).map(|number| vec![b'a' + (number % 26) as u8; len + number % 7]).collect();
        let list = List::new(strings.iter().map(Vec::as_slice))?;
        assert!(list.iter().map(CStr::to_bytes).eq(strings.iter().map(Vec::as_slice)));
        assert!(list.iter().all(|string| string.as_ptr().addr() % 2 == 1));
    }
    Ok(())
}

#[test]
fn static_empty_text_can_be_read_and_written() {
    let empty = EMPTY.as_ptr();
    // SAFETY: the pointer is that of the static block.
    assert_eq!(unsafe { length_of(empty) }, 0);
    // SAFETY: its content is writable.
    unsafe { empty.cast::<u8>().write(0) };
    // SAFETY: its content is a NUL.
    assert!(unsafe { CStr::from_ptr(empty.cast().as_ptr()) }.is_empty());
}

#[test]
fn threads_share_the_heap_and_texts() {
    let work = |mark: u8| -> Result<()> {
        for len in 0..12 {
            let mut block = Block::new(1 + len * 97 % 3000)?;
            block.extend_from_slice(&vec![mark; len])?;
            let text = Text::from_block(block)?;
            thread::scope(|scope| {
                scope.spawn(|| assert_eq!(text.len(), len));
                assert_eq!(text.len(), len);
            });
        }
        Ok(())
    };
    thread::scope(|scope| (0..3).for_each(|mark| drop(scope.spawn(move || assert_eq!(work(mark), Ok(()))))));
}

#[test]
fn large_blocks_are_cached_and_unmapped() -> Result<()> {
    for _ in 0..2 {
        let blocks: Vec<_> = (0..5).map(|number| Block::new((1 << 17) + number * 100_000)).collect::<Result<_>>()?;
        drop(blocks);
        Block::new(100)?.reserve(1 << 18)?;
        Block::new((1 << 24) + 5)?;
    }
    Ok(())
}

#[test]
fn mapped_buffers_are_written_and_unmapped() -> Result<()> {
    let mut buffer = MappedBuffer::new(10_000)?;
    assert_eq!(buffer.as_uninit_mut().write_copy_of_slice(&[b'x'; 10_000]).len(), 10_000);
    Ok(())
}
