//! A stack of values in a block.

use core::mem::{align_of, size_of};
use core::ptr::NonNull;

use super::block::Block;
use crate::errno::Result;

/// Values of one type, last in and first out. It takes memory at the first push.
pub(crate) struct Stack<T> {
    block: Option<Block>,
    count: usize,
    values: core::marker::PhantomData<T>,
}

impl<T> Stack<T> {
    pub(crate) const fn new() -> Self {
        const { assert!(align_of::<T>() <= 16, "the alignment of a block") };
        Self { block: None, count: 0, values: core::marker::PhantomData }
    }

    /// Appends a value, unless there is no memory for it.
    pub(crate) fn push(&mut self, value: T) -> Result<()> {
        let needed = (self.count + 1) * size_of::<T>();
        match &mut self.block {
            Some(block) if block.capacity() < needed => {
                // A block copies all that it can hold when it grows.
                block.reserve(2 * needed)?;
            }
            Some(_) => {}
            none => *none = Some(Block::new(needed.max(1024))?),
        }
        self.count += 1;
        if let Some(end) = self.slot(self.count - 1) {
            // SAFETY: the block has room for this value, which is not initialized yet.
            unsafe { end.write(value) };
        }
        Ok(())
    }

    /// Takes the last value off.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let last = self.slot(self.count.checked_sub(1)?)?;
        self.count -= 1;
        // SAFETY: the value was initialized, and is no longer counted.
        Some(unsafe { last.read() })
    }

    /// Returns the place of a value in the block.
    fn slot(&self, index: usize) -> Option<NonNull<T>> {
        let start = self.block.as_ref()?.as_ptr().cast::<T>();
        // SAFETY: the block has room for `count` values, of which this is one.
        Some(unsafe { start.add(index) })
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        match self.slot(0) {
            // SAFETY: the block starts with this many values.
            Some(start) => unsafe { NonNull::slice_from_raw_parts(start, self.count).as_ref() },
            None => &[],
        }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        match self.slot(0) {
            // SAFETY: the block starts with this many values, and is borrowed mutably.
            Some(start) => unsafe { NonNull::slice_from_raw_parts(start, self.count).as_mut() },
            None => &mut [],
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.count
    }
}

impl<T> Drop for Stack<T> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
    }
}
