use std::time::{Duration, Instant};

use super::*;

const PARTS: [&str; 26] = [
    "a", "b", "A", ".", "/", "é", "-", "!", "]", "?", "?", "*", "*", "*", "/**/", "**/", "/**", "**", "[", "[a]",
    "[!a]", "[a-z]", "[!é-ü]", "[]-a]", "[.-B]", "[/.]",
];
const TEXTS: [&str; 12] = ["a", "a", "b", "A", "B", ".", "/", "/", "é", "ö", "-", "]"];

fn all_options() -> impl Iterator<Item = (MatchOptions, theirs::MatchOptions)> {
    (0..8).map(|bits| {
        let [case_sensitive, require_literal_separator, require_literal_leading_dot] =
            [1, 2, 4].map(|bit| bits & bit != 0);
        (
            MatchOptions { case_sensitive, require_literal_separator, require_literal_leading_dot },
            theirs::MatchOptions { case_sensitive, require_literal_separator, require_literal_leading_dot },
        )
    })
}

/// Asserts that a pattern means the same as in the crate, for these texts.
fn assert_same(pattern: &str, texts: &[String]) -> bool {
    let (ours, theirs) = match (Pattern::new(pattern), theirs::Pattern::new(pattern)) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (Err(ours), Err(theirs)) => {
            assert_eq!((ours.position, ours.message), (theirs.pos, theirs.msg), "{pattern}");
            assert_eq!(glob::matches(pattern, ""), Err(Errno::EINVAL));
            return false;
        }
        (ours, theirs) => panic!("{pattern}: {ours:?} and {theirs:?}"),
    };
    for (number, text) in texts.iter().enumerate() {
        assert_eq!(glob::matches(pattern, text), Ok(theirs.matches(text)), "{pattern} and {text}");
        for (options, their_options) in all_options().skip((pattern.len() + number) % 4).step_by(4) {
            let (found, expected) = (ours.matches_with(text, options), theirs.matches_with(text, their_options));
            assert_eq!(found, expected, "{pattern} and {text} with {options:?}");
        }
    }
    true
}

#[test]
fn matches_agrees_with_the_crate_on_random_patterns() {
    let mut choices = Choices::new();
    let count = if is_emulated() { 300 } else { 10_000 };
    let (mut valid, mut matching) = (0, 0);
    for _ in 0..count {
        let pattern = choices.text(&PARTS, 8);
        let texts: Vec<_> = (0..3).map(|_| choices.text(&TEXTS, 8)).collect();
        valid += usize::from(assert_same(&pattern, &texts));
        matching += texts.iter().filter(|text| glob::matches(&pattern, text) == Ok(true)).count();
    }
    assert!(valid > count / 4 && matching > count / 16, "{valid} valid patterns, {matching} matches");
}

#[test]
fn matches_agrees_with_the_crate_on_texts_made_from_the_pattern() {
    let mut choices = Choices::new();
    for _ in 0..if is_emulated() { 300 } else { 3_000 } {
        let (mut pattern, mut text) = (String::new(), String::new());
        for _ in 0..choices.below(8) {
            let (part, matched) = [
                ("*", choices.text(&TEXTS, 3)),
                ("?", choices.of(&TEXTS).to_owned()),
                ("/**/", format!("/{}", choices.text(&["a/", ".b/", "ab/"], 3))),
                ("[!x]", choices.of(&TEXTS).to_owned()),
                ("a", "a".to_owned()),
                ("/", "/".to_owned()),
                (".", ".".to_owned()),
            ][choices.below(7)]
            .clone();
            pattern += part;
            text += &matched;
        }
        assert_same(&pattern, &[text.clone(), text + "a"]);
    }
}

#[test]
fn matches_reports_malformed_patterns_where_the_crate_does() {
    let malformed = [
        "a/**b",
        "a/bc**",
        "a/*****",
        "a/b**c**d",
        "a**b",
        "abc[def",
        "abc[!def",
        "abc[",
        "abc[!",
        "abc[d",
        "abc[!d",
        "abc[]",
        "abc[!]",
        "é**",
        "éé[",
        "***",
        "**a",
        "[[]]**",
    ];
    for pattern in malformed {
        assert!(!assert_same(pattern, &[]), "{pattern}");
    }
}

#[test]
fn matches_takes_time_proportional_to_the_product_of_the_lengths() {
    let (pattern, text) = ("*a".repeat(100) + "b", "a".repeat(2000));
    let start = Instant::now();
    assert_eq!(glob::matches(&pattern, &text), Ok(false));
    assert_eq!(glob::matches("**/".to_owned() + &"a*/**/".repeat(100) + "b", "a/".repeat(1000)), Ok(false));
    assert_eq!(glob::matches(&pattern, text + "b"), Ok(true));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn matches_takes_bytes_that_are_not_utf_8_as_characters() {
    assert_eq!(glob::matches(b"a?c", b"a\xffc"), Ok(true));
    assert_eq!(glob::matches(b"a?c", b"a\xff\xfec"), Ok(false));
    assert_eq!(glob::matches(b"a*\xff", b"a\xc3\xff"), Ok(true));
    assert_eq!(glob::matches(b"[\xfe]", b"\xfe"), Ok(true));
    assert_eq!(glob::matches(b"[!\xfe]", b"\xff"), Ok(true));
    assert_eq!(glob::matches(b"[\xf0-\xff]", b"\xf8"), Ok(true));
    // Part of a character is none of its own.
    assert_eq!(glob::matches(b"?", "é"), Ok(true));
    assert_eq!(glob::matches(b"*\xa9", "é"), Ok(false));
    assert_eq!(glob::matches(b"a?", b"a\xf0\x9f\x98"), Ok(false));
}

#[test]
fn matches_takes_patterns_of_any_length() {
    for len in [63, 64, 65, 1000] {
        let text = "x".repeat(len - 1);
        assert_eq!(glob::matches(format!("{text}*"), &text), Ok(true), "{len}");
        assert_eq!(glob::matches(format!("{text}?"), &text), Ok(false), "{len}");
        assert!(Pattern::new(&format!("*{text}")).unwrap().matches(format!("xx{text}")), "{len}");
    }
    // Beyond 4095 bytes they take memory.
    for len in [4094, 4095, 4096, 20_000] {
        let (text, end) = ("x".repeat(len), "y".repeat(3));
        assert_eq!(glob::matches(format!("{text}*"), format!("{text}{end}")), Ok(true), "{len}");
        assert_eq!(glob::matches(format!("{text}?"), format!("{text}{end}")), Ok(false), "{len}");
    }
}

#[test]
fn escape_makes_a_pattern_that_matches_the_text_alone() {
    let mut choices = Choices::new();
    for _ in 0..1000 {
        let text = choices.text(&PARTS, 8);
        let escaped = Pattern::escape(&text).unwrap();
        assert_eq!(escaped, theirs::Pattern::escape(&text));
        let pattern = Pattern::new(&escaped).unwrap();
        assert!(pattern.matches(&text) && !pattern.matches(text + "a"));
        assert_eq!(pattern.as_bytes(), &*escaped);
    }
}
