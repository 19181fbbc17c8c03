//! The parts of a pattern, read from its text.

use super::chars::{Char, are_equal, first_char, is, is_in_range};
use super::error::PatternError;

/// A part of a pattern.
#[derive(Clone, Copy)]
pub(super) enum Token<'a> {
    /// A character that stands for itself.
    Char(Char),
    /// `?`.
    Any,
    /// `*`.
    Sequence,
    /// `**` with the slash after it.
    Recursive,
    /// `[...]`, with what stands between the brackets.
    Class(&'a [u8]),
    /// `[!...]`.
    NotClass(&'a [u8]),
}

/// A token that cannot be, as the distance in characters from where it begins, and the reason.
type Malformed = (isize, &'static str);

const WILDCARDS: &str = "wildcards are either regular `*` or recursive `**`";
const RECURSIVE: &str = "recursive wildcards must form a single path component";
const RANGE: &str = "invalid range pattern";

/// Returns the token at an offset of a pattern, and the offset after it; `None` at the end.
#[inline]
pub(super) fn token_at(pattern: &[u8], at: usize) -> Option<(Token<'_>, usize)> {
    parse(pattern, at).and_then(Result::ok)
}

fn parse(pattern: &[u8], at: usize) -> Option<Result<(Token<'_>, usize), Malformed>> {
    let rest = pattern.get(at..)?;
    let (char, len) = first_char(rest)?;
    Some(match *rest.first()? {
        b'?' => Ok((Token::Any, at + 1)),
        b'*' => parse_stars(pattern, at),
        b'[' => parse_class(rest).map(|(token, len)| (token, at + len)).ok_or((0, RANGE)),
        _ => Ok((Token::Char(char), at + len)),
    })
}

fn parse_stars(pattern: &[u8], at: usize) -> Result<(Token<'_>, usize), Malformed> {
    let rest = pattern.get(at..).unwrap_or_default();
    let count = rest.iter().take_while(|&&byte| byte == b'*').count();
    let before = at.checked_sub(1).and_then(|before| pattern.get(before));
    match (count, before, rest.get(count)) {
        (1, ..) => Ok((Token::Sequence, at + 1)),
        (3.., ..) => Err((2, WILDCARDS)),
        (_, Some(&byte), _) if byte != b'/' => Err((-1, RECURSIVE)),
        (_, _, Some(b'/')) => Ok((Token::Recursive, at + 3)),
        (_, _, None) => Ok((Token::Recursive, at + 2)),
        _ => Err((2, RECURSIVE)),
    }
}

/// Parses a class of characters. A bracket right after the start is one of them.
fn parse_class(rest: &[u8]) -> Option<(Token<'_>, usize)> {
    let start = if rest.get(1) == Some(&b'!') { 2 } else { 1 };
    let (_, first_len) = first_char(rest.get(start..)?)?;
    let len = first_len + rest.get(start + first_len..)?.iter().position(|&byte| byte == b']')?;
    let content = rest.get(start..start + len)?;
    Some((if start == 2 { Token::NotClass(content) } else { Token::Class(content) }, start + len + 1))
}

/// Checks a pattern, and returns whether it has wildcards, and recursive ones.
pub(super) fn check(pattern: &[u8]) -> Result<(bool, bool), PatternError> {
    let (mut has_wildcards, mut is_recursive) = (false, false);
    let mut at = 0;
    while let Some(parsed) = parse(pattern, at) {
        let (token, next) = parsed.map_err(|(distance, message)| PatternError {
            position: count_chars(pattern.get(..at).unwrap_or_default()).saturating_add_signed(distance),
            message,
        })?;
        has_wildcards |= !matches!(token, Token::Char(_));
        is_recursive |= matches!(token, Token::Recursive);
        at = next;
    }
    Ok((has_wildcards, is_recursive))
}

fn count_chars(mut text: &[u8]) -> usize {
    let mut count = 0;
    while let Some((_, len)) = first_char(text) {
        text = text.get(len..).unwrap_or_default();
        count += 1;
    }
    count
}

/// Returns whether a class has a character.
pub(super) fn class_has(mut class: &[u8], char: Char, case_sensitive: bool) -> bool {
    while let Some((start, len)) = first_char(class) {
        let rest = class.get(len..).unwrap_or_default();
        let range_end = if let [b'-', after @ ..] = rest { first_char(after) } else { None };
        if let Some((end, end_len)) = range_end {
            if is_in_range(char, (start, end), case_sensitive) {
                return true;
            }
            class = rest.get(1 + end_len..).unwrap_or_default();
        } else if are_equal(char, start, case_sensitive) {
            return true;
        } else {
            class = rest;
        }
    }
    false
}

impl Token<'_> {
    /// Returns whether the token, which matches one character, matches this one.
    #[inline]
    pub(super) fn matches_char(&self, char: Char, case_sensitive: bool) -> bool {
        match *self {
            Self::Char(expected) => are_equal(expected, char, case_sensitive),
            Self::Any => true,
            Self::Class(class) => class_has(class, char, case_sensitive),
            Self::NotClass(class) => !class_has(class, char, case_sensitive),
            Self::Sequence | Self::Recursive => false,
        }
    }
}

pub(super) fn is_separator(char: Char) -> bool {
    is(char, b'/')
}
