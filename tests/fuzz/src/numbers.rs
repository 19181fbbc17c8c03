//! Numbers for the targets.

/// Takes numbers from bytes, and zeroes after the last byte.
pub(crate) struct Numbers<'a>(pub(crate) &'a [u8]);

impl Numbers<'_> {
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    pub(crate) fn word(&mut self) -> usize {
        usize::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    pub(crate) fn short(&mut self) -> usize {
        usize::from(self.byte()) << 8 | usize::from(self.byte())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
