//! Matching of a text with a pattern.
//!
//! The matcher goes through the text once, with the set of all places of the pattern that what it has read leads to. So
//! the time is at most proportional to the product of both lengths, whatever the wildcards are.

use super::chars::{Char, first_char, is};
use super::options::MatchOptions;
use super::token::{Token, is_separator, token_at};
use crate::errno::{Errno, Result};
use crate::heap::Block;

/// The words of a set on the stack.
const WORDS: usize = 64;

/// Patterns up to this length, longer than any path, need no memory.
const UNALLOCATED: usize = WORDS * BITS - 1;

const BITS: usize = u64::BITS as usize;

/// Returns whether a text matches a pattern without errors.
///
/// Fails with `ENOMEM` for a pattern of 4096 bytes or more alone.
pub(super) fn matches(pattern: &[u8], text: &[u8], options: MatchOptions) -> Result<bool> {
    if pattern.len() <= UNALLOCATED {
        let words = pattern.len() / BITS + 1;
        let (mut now, mut next) = ([0; WORDS], [0; WORDS]);
        let sets = (now.get_mut(..words).unwrap_or_default(), next.get_mut(..words).unwrap_or_default());
        return Ok(Matcher { pattern, options }.matches(text, sets));
    }
    let words = pattern.len() / BITS + 1;
    let mut block = Block::new(2 * words * size_of::<u64>())?;
    let len = 2 * words * size_of::<u64>();
    let room = block.spare_capacity_mut().get_mut(..len).ok_or(Errno::ENOMEM)?;
    room.fill(core::mem::MaybeUninit::new(0));
    // SAFETY: the bytes were just initialized.
    let room = unsafe { room.assume_init_mut() };
    // SAFETY: any bytes are words.
    let (_, sets, _) = unsafe { room.align_to_mut::<u64>() };
    Ok(Matcher { pattern, options }.matches(text, sets.split_at_mut_checked(words).unwrap_or_default()))
}

/// A set of places in the pattern: offsets of its bytes, and of its end.
type Set<'a> = &'a mut [u64];

fn insert(set: &mut [u64], place: usize) {
    if let Some(word) = set.get_mut(place / BITS) {
        *word |= 1 << (place % BITS);
    }
}

fn contains(set: &[u64], place: usize) -> bool {
    set.get(place / BITS).is_some_and(|word| word >> (place % BITS) & 1 == 1)
}

/// Returns the first place in a set that is not before `from`.
#[inline]
fn first_from(set: &[u64], from: usize) -> Option<usize> {
    let mut index = from / BITS;
    let mut word = set.get(index)? & u64::MAX << (from % BITS);
    while word == 0 {
        index += 1;
        word = *set.get(index)?;
    }
    Some(index * BITS + word.trailing_zeros() as usize)
}

struct Matcher<'a> {
    pattern: &'a [u8],
    options: MatchOptions,
}

impl Matcher<'_> {
    /// Matches a text, with two empty sets.
    fn matches(&self, text: &[u8], (mut now, mut next): (Set<'_>, Set<'_>)) -> bool {
        insert(now, 0);
        self.add_empty_matches(now, true);
        let mut rest = text;
        let mut follows_separator = true;
        while let Some((char, len)) = first_char(rest) {
            rest = rest.get(len..).unwrap_or_default();
            next.fill(0);
            if !self.advance(now, next, char, follows_separator) {
                return false;
            }
            follows_separator = is_separator(char);
            self.add_empty_matches(next, follows_separator || rest.is_empty());
            core::mem::swap(&mut now, &mut next);
        }
        contains(now, self.pattern.len())
    }

    /// Moves from the places before a character to those after it, and returns whether there are any.
    fn advance(&self, now: &[u64], next: Set<'_>, char: Char, follows_separator: bool) -> bool {
        let is_hidden = follows_separator && self.options.require_literal_leading_dot && is(char, b'.');
        let is_literal_separator = self.options.require_literal_separator && is_separator(char);
        let mut from = 0;
        let mut any = false;
        while let Some(place) = first_from(now, from) {
            from = place + 1;
            let Some((token, after)) = token_at(self.pattern, place) else { break };
            let to = match token {
                Token::Char(_) => after,
                _ if is_hidden => continue,
                Token::Recursive => place,
                _ if is_literal_separator => continue,
                Token::Sequence => place,
                Token::Any | Token::Class(_) | Token::NotClass(_) => after,
            };
            if to == place || token.matches_char(char, self.options.case_sensitive) {
                insert(next, to);
                any = true;
            }
        }
        any
    }

    /// Adds the places after wildcards that match nothing. `**` ends at the start of a name, or at the end of the text.
    fn add_empty_matches(&self, set: Set<'_>, at_name: bool) {
        let mut from = 0;
        while let Some(place) = first_from(set, from) {
            from = place + 1;
            match token_at(self.pattern, place) {
                Some((Token::Sequence, after)) => insert(set, after),
                Some((Token::Recursive, after)) if at_name => insert(set, after),
                _ => {}
            }
        }
    }
}
