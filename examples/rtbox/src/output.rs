//! Buffered output of whole lines.

use ffi_syscalls::{Errno, Result, stdio};

/// PIPE_BUF: the largest write to a pipe that is atomic, so that lines of several programs do not mix.
const CAPACITY: usize = 4096;

/// Buffers lines and writes as many whole lines at once as fit.
pub(crate) struct Lines {
    write: fn(&[u8]) -> Result<()>,
    buffer: [u8; CAPACITY],
    len: usize,
    /// End of the last whole line in the buffer.
    whole: usize,
    /// The first error. Later output is dropped.
    error: Option<Errno>,
}

impl Lines {
    /// Lines for standard output.
    pub(crate) const fn stdout() -> Self {
        Self::new(|bytes| stdio::print(bytes))
    }

    /// Lines for standard error.
    pub(crate) const fn stderr() -> Self {
        Self::new(|bytes| stdio::eprint(bytes))
    }

    const fn new(write: fn(&[u8]) -> Result<()>) -> Self {
        Self { write, buffer: [0; CAPACITY], len: 0, whole: 0, error: None }
    }

    /// Appends to the current line.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if bytes.len() > CAPACITY - self.len {
            self.write_front(self.whole);
        }
        if bytes.len() > CAPACITY - self.len {
            self.write_front(self.len);
        }
        match self.buffer.get_mut(self.len..).and_then(|rest| rest.get_mut(..bytes.len())) {
            Some(target) => {
                target.copy_from_slice(bytes);
                self.len += bytes.len();
            }
            None => self.write_directly(bytes),
        }
    }

    /// Appends a number in decimal.
    pub(crate) fn push_number(&mut self, number: i64) {
        let mut digits = [0; 20];
        let (mut rest, mut used) = (number.unsigned_abs(), 0);
        for target in digits.iter_mut().rev() {
            let [digit, ..] = (rest % 10).to_le_bytes();
            *target = b'0' + digit;
            used += 1;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            self.push(b"-");
        }
        self.push(digits.get(digits.len() - used..).unwrap_or_default());
    }

    /// Appends a name, in quotes if it is empty or contains spaces. Control characters become `\xNN`, since they could
    /// change the state of a terminal.
    pub(crate) fn push_name(&mut self, name: &[u8]) {
        let quote: &[u8] = if name.is_empty() || name.contains(&b' ') { b"'" } else { b"" };
        self.push(quote);
        for &byte in name {
            if byte.is_ascii_control() {
                let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
                self.push(&[b'\\', b'x', digit(byte >> 4), digit(byte & 15)]);
            } else {
                self.push(&[byte]);
            }
        }
        self.push(quote);
    }

    /// Appends the text of an error.
    pub(crate) fn push_errno(&mut self, errno: Errno) {
        let text = errno.text().to_bytes();
        self.push(text);
        if text == b"Unknown error" {
            self.push(b" ");
            self.push_number(i64::from(errno.raw()));
        }
    }

    /// Ends the line.
    pub(crate) fn end(&mut self) {
        self.push(b"\n");
        self.whole = self.len;
    }

    /// Appends a whole line.
    pub(crate) fn line(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.push(part);
        }
        self.end();
    }

    /// Writes the rest of the buffer. Returns the first error of all writes.
    pub(crate) fn flush(&mut self) -> Result<()> {
        self.write_front(self.len);
        self.error.map_or(Ok(()), Err)
    }

    /// Writes the first `len` bytes and moves the rest to the start of the buffer.
    fn write_front(&mut self, len: usize) {
        let Some(first) = self.buffer.get(..len).filter(|first| !first.is_empty()) else { return };
        if self.error.is_none() {
            self.error = (self.write)(first).err();
        }
        for at in len..self.len {
            let byte = self.buffer.get(at).copied().unwrap_or_default();
            if let Some(target) = self.buffer.get_mut(at - len) {
                *target = byte;
            }
        }
        self.len -= len;
        self.whole = 0;
    }

    fn write_directly(&mut self, bytes: &[u8]) {
        if self.error.is_none() {
            self.error = (self.write)(bytes).err();
        }
    }
}
