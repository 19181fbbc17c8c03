//! Characters of texts that need not be UTF-8.

/// A character: a scalar value of Unicode, or a byte that is part of none.
pub(super) type Char = u32;

/// The first value that stands for a byte: those of Unicode are lower.
const BYTES: Char = 0x11_0000;

/// Returns the first character of a text and its length in bytes.
#[inline]
pub(super) fn first_char(text: &[u8]) -> Option<(Char, usize)> {
    let &first = text.first()?;
    if first.is_ascii() { Some((Char::from(first), 1)) } else { Some(long_char(text, first)) }
}

/// Decodes a character of several bytes.
#[cold]
fn long_char(text: &[u8], first: u8) -> (Char, usize) {
    let longest = text.get(..4).unwrap_or(text);
    let valid = match core::str::from_utf8(longest) {
        Ok(valid) => valid,
        // The bytes after the first character may be cut off.
        Err(error) => {
            longest.get(..error.valid_up_to()).and_then(|valid| str::from_utf8(valid).ok()).unwrap_or_default()
        }
    };
    valid.chars().next().map_or((BYTES + Char::from(first), 1), |char| (Char::from(char), char.len_utf8()))
}

/// Returns whether a character is this ASCII character.
pub(super) const fn is(char: Char, ascii: u8) -> bool {
    char == ascii as Char
}

/// Returns the character in lower case if it is an ASCII letter.
const fn lower(char: Char) -> Char {
    const CASE: Char = 0x20;
    if char >= b'A' as Char && char <= b'Z' as Char { char | CASE } else { char }
}

/// Returns whether two characters are the same, or the same letter of ASCII in any case.
pub(super) const fn are_equal(a: Char, b: Char, case_sensitive: bool) -> bool {
    a == b || !case_sensitive && lower(a) == lower(b)
}

/// Returns whether a character lies in a range. Ranges of ASCII letters may hold letters of both cases.
pub(super) const fn is_in_range(char: Char, (start, end): (Char, Char), case_sensitive: bool) -> bool {
    if start <= char && char <= end {
        return true;
    }
    let (start, char, end) = (lower(start), lower(char), lower(end));
    !case_sensitive && is_lower(start) && is_lower(end) && char < 0x80 && start <= char && char <= end
}

const fn is_lower(char: Char) -> bool {
    char >= b'a' as Char && char <= b'z' as Char
}
