//! Patterns and texts, compared with the crate glob.

use glob_crate as theirs;

use crate::glob::{self, MatchOptions, Pattern};
use crate::numbers::Numbers;

/// The crate's time grows exponentially with the number of wildcards.
const MOST_STARS: usize = 6;

/// Input: a byte with the options, a pattern, a newline, and the text. Both are UTF-8, which the crate needs.
pub fn run(data: &[u8]) {
    let mut numbers = Numbers(data);
    let options = numbers.byte();
    let rest = &numbers.0[..numbers.0.len().min(100)];
    let Ok(rest) = str::from_utf8(rest) else { return check_bytes(rest) };
    let (pattern, text) = rest.split_once('\n').unwrap_or((rest, ""));
    if pattern.matches('*').count() > MOST_STARS {
        return check_bytes(rest.as_bytes());
    }
    let (ours, expected) = match (Pattern::new(pattern), theirs::Pattern::new(pattern)) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (Err(ours), Err(theirs)) => return assert_eq!((ours.position, ours.message), (theirs.pos, theirs.msg)),
        (ours, theirs) => panic!("{pattern:?}: {ours:?} and {theirs:?}"),
    };
    assert_eq!(ours.matches(text), expected.matches(text), "{pattern:?} and {text:?}");
    let [case_sensitive, require_literal_separator, require_literal_leading_dot] =
        [1, 2, 4].map(|bit| options & bit != 0);
    let options = MatchOptions { case_sensitive, require_literal_separator, require_literal_leading_dot };
    let found = ours.matches_with(text, options);
    let options = theirs::MatchOptions { case_sensitive, require_literal_separator, require_literal_leading_dot };
    assert_eq!(found, expected.matches_with(text, options), "{pattern:?} and {text:?} with {options:?}");
    check_escaped(text);
}

/// Checks that the text in brackets matches itself.
fn check_escaped(text: &str) {
    let escaped = Pattern::escape(text).unwrap_or_else(|errno| panic!("{errno:?}"));
    assert_eq!(&*escaped, theirs::Pattern::escape(text).as_bytes());
    assert_eq!(glob::matches(&*escaped, text), Ok(true));
}

/// Checks what holds for all bytes, which the crate does not take.
fn check_bytes(bytes: &[u8]) {
    let is_valid = Pattern::new(bytes).is_ok();
    assert_eq!(glob::matches(bytes, bytes).is_ok(), is_valid);
    let has_special = bytes.iter().any(|byte| b"?*[".contains(byte));
    assert!(has_special || glob::matches(bytes, bytes) == Ok(true));
}
