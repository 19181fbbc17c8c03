//! Parts of a text that is parsed.

/// The fields of a text, separated by one byte.
///
/// All parsers share this iterator: one that takes a closure would be compiled for each closure.
#[derive(Clone)]
pub(crate) struct Fields<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

/// Returns the fields of a text. A separator at the end is followed by an empty field.
pub(crate) const fn fields(text: &[u8], separator: u8) -> Fields<'_> {
    Fields { rest: Some(text), separator }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest?;
        let mut rest = text;
        let field = split_field(&mut rest, self.separator);
        self.rest = (field.len() < text.len()).then_some(rest);
        Some(field)
    }

    #[inline(never)]
    fn nth(&mut self, n: usize) -> Option<&'a [u8]> {
        for _ in 0..n {
            self.next()?;
        }
        self.next()
    }
}

/// Removes the first field and its separator from a text, and returns the field: all of the text without a separator.
#[inline(never)]
pub(crate) fn split_field<'a>(text: &mut &'a [u8], separator: u8) -> &'a [u8] {
    let end = text.iter().position(|&byte| byte == separator).unwrap_or(text.len());
    let (field, rest) = text.split_at_checked(end).unwrap_or_default();
    *text = rest.get(1..).unwrap_or_default();
    field
}

/// Returns a text without this byte at its end, or all of it if it has another end.
///
/// The methods of slices for it share a function that panics, which the compiler then keeps.
pub(crate) const fn without_last(text: &[u8], byte: u8) -> &[u8] {
    match text {
        [rest @ .., last] if *last == byte => rest,
        _ => text,
    }
}

/// Parses a decimal number that is all of the text.
#[inline(never)]
pub(crate) fn parse_decimal(digits: &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    (!digits.is_empty()).then_some(number)
}
