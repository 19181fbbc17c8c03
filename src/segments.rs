//! Which memory is the heap's: the table that tells a pointer of the library's from any other without looking at what
//! it points to.

use crate::{Result, sys};

/// The numbers of the segments in use, none of which is 0: a hash set with linear probing, at most half full.
pub(crate) struct Segments {
    few: [usize; Self::FEW],
    /// The mapping that replaces `few` when that is full, or 0.
    many: usize,
    /// How many slots that has.
    many_capacity: usize,
    used: usize,
}

impl Segments {
    const FEW: usize = 32;

    pub(crate) const fn new() -> Self {
        Self { few: [0; Self::FEW], many: 0, many_capacity: 0, used: 0 }
    }

    const fn capacity(&self) -> usize {
        if self.many == 0 { Self::FEW } else { self.many_capacity }
    }

    fn slots(&mut self) -> &mut [usize] {
        if self.many == 0 {
            return &mut self.few;
        }
        let slots = core::ptr::with_exposed_provenance_mut(self.many);
        // SAFETY: a mapping of this many words that only this set uses.
        unsafe { core::slice::from_raw_parts_mut(slots, self.many_capacity) }
    }

    /// Where the number is, or where it would be entered. There is always a free slot to end at.
    fn find(&mut self, number: usize) -> (usize, bool) {
        let mask = self.capacity() - 1;
        let mut at = Self::home(number) & mask;
        loop {
            match self.slots().get(at) {
                Some(&slot) if slot == number => return (at, true),
                Some(&slot) if slot != 0 => at = (at + 1) & mask,
                _ => return (at, false),
            }
        }
    }

    const fn home(number: usize) -> usize {
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
    }

    pub(crate) fn contains(&mut self, number: usize) -> bool {
        number != 0 && self.find(number).1
    }

    /// Makes room for one more, so that `insert` cannot fail.
    pub(crate) fn reserve(&mut self) -> Result<()> {
        if (self.used + 1) * 2 <= self.capacity() {
            return Ok(());
        }
        let capacity = self.capacity() * 16;
        let many = sys::map(capacity * size_of::<usize>())?.get();
        let mut larger = Self { few: [0; Self::FEW], many, many_capacity: capacity, used: 0 };
        for &mut number in self.slots() {
            if number != 0 {
                larger.insert(number);
            }
        }
        let before = core::mem::replace(self, larger);
        if before.many != 0 {
            // SAFETY: its numbers have moved to the larger table.
            unsafe { sys::unmap(before.many, before.many_capacity * size_of::<usize>()) };
        }
        Ok(())
    }

    pub(crate) fn insert(&mut self, number: usize) {
        let (at, _) = self.find(number);
        if let Some(slot) = self.slots().get_mut(at) {
            *slot = number;
            self.used += 1;
        }
    }

    pub(crate) fn remove(&mut self, number: usize) {
        let (mut hole, true) = self.find(number) else { return };
        self.used -= 1;
        let mask = self.capacity() - 1;
        let mut at = hole;
        // Numbers behind the hole move into it where that is not before their home, so that no search ends early.
        loop {
            at = (at + 1) & mask;
            let slots = self.slots();
            let number = slots.get(at).copied().unwrap_or_default();
            let reach = at.wrapping_sub(Self::home(number)) & mask;
            if number != 0 && reach < (at.wrapping_sub(hole) & mask) {
                continue;
            }
            if let Some(slot) = slots.get_mut(hole) {
                *slot = number;
            }
            if number == 0 {
                return;
            }
            hole = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern crate std;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_of_segments_keeps_what_it_is_given() -> Result<()> {
        let mut segments = Segments::new();
        let mut model = BTreeSet::new();
        let mut state = 1_usize;
        for round in 0..20_000_usize {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = (state >> 40) % 4000 + 1;
            // It grows, and then shrinks and grows.
            if model.contains(&number) && round % 3 == 0 {
                segments.remove(number);
                model.remove(&number);
            } else if !model.contains(&number) {
                segments.reserve()?;
                segments.insert(number);
                model.insert(number);
            }
            if round.is_multiple_of(500) {
                assert!((0..=4001).all(|number| segments.contains(number) == model.contains(&number)));
            }
        }
        assert_eq!(segments.used, model.len());
        Ok(())
    }
}
