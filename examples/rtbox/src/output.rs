//! Lines on their way to a stream.

use ffi_syscalls::{Errno, Result, stdio};

/// No larger than what a pipe takes at once (PIPE_BUF), so that the lines of several programs do not mix.
const ROOM: usize = 4096;

/// Gathers lines, and writes as many whole ones at once as fit.
pub(crate) struct Lines {
    write: fn(&[u8]) -> Result<()>,
    buffer: [u8; ROOM],
    len: usize,
    /// Where the last line that is whole ends.
    whole: usize,
    /// The first error. What comes after it is dropped.
    error: Option<Errno>,
}

impl Lines {
    /// To the standard output.
    pub(crate) const fn stdout() -> Self {
        Self::new(|bytes| stdio::print(bytes))
    }

    /// To the standard error.
    pub(crate) const fn stderr() -> Self {
        Self::new(|bytes| stdio::eprint(bytes))
    }

    const fn new(write: fn(&[u8]) -> Result<()>) -> Self {
        Self { write, buffer: [0; ROOM], len: 0, whole: 0, error: None }
    }

    /// Adds to the line.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if bytes.len() > ROOM - self.len {
            self.write_out(self.whole);
        }
        if bytes.len() > ROOM - self.len {
            self.write_out(self.len);
        }
        match self.buffer.get_mut(self.len..).and_then(|rest| rest.get_mut(..bytes.len())) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.len += bytes.len();
            }
            None => self.write_now(bytes),
        }
    }

    /// Adds a number in decimal.
    pub(crate) fn push_number(&mut self, number: i64) {
        let mut digits = [0; 20];
        let (mut rest, mut used) = (number.unsigned_abs(), 0);
        for place in digits.iter_mut().rev() {
            let [digit, ..] = (rest % 10).to_le_bytes();
            *place = b'0' + digit;
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

    /// Adds a name so that it can be recognised and does no harm to a terminal: with quotes when it is empty or has
    /// spaces, control characters as `\xNN`.
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

    /// Adds what an error means.
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

    /// A whole line.
    pub(crate) fn line(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.push(part);
        }
        self.end();
    }

    /// Writes what is there; the result is the first error since the beginning.
    pub(crate) fn flush(&mut self) -> Result<()> {
        self.write_out(self.len);
        self.error.map_or(Ok(()), Err)
    }

    /// Writes the first `len` bytes, and moves the rest to their place.
    fn write_out(&mut self, len: usize) {
        let Some(first) = self.buffer.get(..len).filter(|first| !first.is_empty()) else { return };
        if self.error.is_none() {
            self.error = (self.write)(first).err();
        }
        for at in len..self.len {
            let byte = self.buffer.get(at).copied().unwrap_or_default();
            if let Some(place) = self.buffer.get_mut(at - len) {
                *place = byte;
            }
        }
        self.len -= len;
        self.whole = 0;
    }

    fn write_now(&mut self, bytes: &[u8]) {
        if self.error.is_none() {
            self.error = (self.write)(bytes).err();
        }
    }
}
