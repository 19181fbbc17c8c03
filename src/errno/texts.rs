//! The texts of the errors, such as `ENOENT: No such file or directory`.
//!
//! As they are, they would be a quarter of what this library weighs. So the compiler packs them, and each is unpacked
//! when it is asked for first.
//!
//! A packed text is a row of codes of one byte each: a letter, a group of letters that is frequent here, or the end.
//! A group is a pair of codes, which may be groups themselves. What can be said by rule is left out: the E that every
//! name begins with, and that the letters of the name, and the next, are capitals.

use core::ffi::CStr;
use core::slice;
use core::sync::atomic::AtomicU8;
use core::sync::atomic::Ordering::{AcqRel, Acquire};

use super::DECLARED;

/// The letters that occur in packed texts. The code of each is its index.
const LETTERS: &[u8] = b" -./23:CEFIMNOPRSUXabcdefghijklmnopqrstuvwxyz";

/// The groups, whose codes follow those of the letters; `$` is the end of a text. Each joins two codes, letters or
/// groups that stand in front of it. Those with an end come last, which tells where a text ends at a glance.
///
/// Found by joining the most frequent pair again and again. Any list is right; this one makes the texts small.
const GROUPS: &str = "\
    : |re|no|t |or|ed|e |in|on|er|il|ad|an|st|to|not |ti|s |y |on |al|ro|de|le|ch|res| s|ne|ted|t: |tion |pro|ou|d |en\
    |fil|: no|ic|up|es|op|ar|em|e: |co|too|por|too |bad|ab|ex|ke|con|at|am|l |err|ire|able|proto|ib|ty|not|um|oc|sup\
    |av|ava|avail|do|error|add|dev|file |a |us|: no |lib|suppor|val|un|qu|ation |ec|is |typ|ct|g: |can|k |man|net|or \
    |ip|available|wn|inval|devic|of|lin|ha|ul|rem|ran|ot|er |is|invali|eration |ac|ces|nec|connec|operation |nam\
    |too man|too many |ed |protoco|addres|: can|of |ge |out |: operation |ge|down|invalid |requ|protocol |ve|r: |in \
    |ach|wor|device |remot|too l|leve|connection |conn|rese|k: |: cannot |sy|pip|out of |soc|read|supported\
    |not supported|med|dire|bad |direct|ired|po|networ|ong|ho|key|ium|stem|re |d lib|d libr|our|resour|address |num\
    |level |sc|loc|: invalid |exec|age |ver|ut|end|uch|uch | such |support: |nosupport: | sy|d librar|s: |t is \
    |alread|ref|si|director|en |medium|hare|hared librar|e$|ed$|s$|ted$|error$|y$|available$|t$|ge$\
    |ired$|l$|k$|not supported$";

/// The code of the end, which follows those of the groups.
const END: u8 = code_of_group(GROUP_COUNT);

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const GROUP_COUNT: usize = {
    let (mut count, mut i) = (1, 0);
    while i < GROUPS.len() {
        count += (GROUPS.as_bytes()[i] == b'|') as usize;
        i += 1;
    }
    count
};

/// The highest number that has a text.
#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const HIGHEST: usize = {
    let (mut highest, mut i) = (0, 0);
    while i < DECLARED.len() {
        if DECLARED[i].0 > highest {
            highest = DECLARED[i].0;
        }
        i += 1;
    }
    highest as usize
};

/// More bytes than any text has, its NUL included.
const ROOM: usize = 64;

/// Where a text is unpacked to.
type Place = [AtomicU8; ROOM];

static PLACES: [Place; HIGHEST + 1] = [const { [const { AtomicU8::new(0) }; ROOM] }; HIGHEST + 1];

/// The packed texts in the order of their numbers; a number without a text has an empty one.
static TEXTS: [u8; PACKED.len] = PACKED.texts();

/// The codes that each group joins.
static PAIRS: [[u8; 2]; GROUP_COUNT] = PACKED.pairs;

/// From this code on, what a code stands for ends a text.
const FIRST_END: u8 = PACKED.first_end;

const PACKED: Packed = Packed::new();

/// The text of an error number: static, and something to read whatever the number is.
pub(crate) fn text_of(number: i32) -> &'static CStr {
    match number {
        0 => c"OK: Success",
        _ => unpacked(number).unwrap_or(c"Unknown error"),
    }
}

/// The text of a number that has one.
fn unpacked(number: i32) -> Option<&'static CStr> {
    let place = PLACES.get(usize::try_from(number).ok()?)?;
    let mut text = Unpacking { rest: place.iter(), part: Part::Name };
    text.push(b'E');
    let mut texts_before = number;
    for &code in &TEXTS {
        if texts_before == 0 {
            text.unpack(code);
        }
        if code >= FIRST_END {
            if texts_before == 0 {
                break;
            }
            texts_before -= 1;
        }
    }
    // The E alone is no text.
    // SAFETY: a place is larger than any text, and behind the text nothing but zeroes is ever in it.
    (text.rest.len() < ROOM - 1).then(|| unsafe { CStr::from_ptr(place.as_ptr().cast()) })
}

/// A text that is being unpacked.
struct Unpacking {
    /// Where its next byte belongs.
    rest: slice::Iter<'static, AtomicU8>,
    part: Part,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The name, to the space behind its colon.
    Name,
    /// The first letter of the description.
    First,
    Rest,
}

impl Unpacking {
    /// Adds what a code stands for.
    fn unpack(&mut self, code: u8) {
        let code = usize::from(code);
        if let Some(&letter) = LETTERS.get(code) {
            self.push(letter);
        } else if let Some(&[first, second]) = PAIRS.get(code - LETTERS.len()) {
            self.unpack(first);
            self.unpack(second);
        }
    }

    /// Puts the next letter into its place, unless it is there already.
    ///
    /// Several threads may unpack a text at the same time, without a lock, since a forked child could find one held
    /// that nobody gives up. Each byte changes once, and whoever has been through all of them has seen each change:
    /// what is read from then on does not change any more.
    fn push(&mut self, letter: u8) {
        let byte = if self.part == Part::Rest { letter } else { letter.to_ascii_uppercase() };
        self.part = match self.part {
            Part::Name if letter != b' ' => Part::Name,
            Part::Name => Part::First,
            _ => Part::Rest,
        };
        if let Some(to) = self.rest.next() {
            let _ = to.compare_exchange(0, byte, AcqRel, Acquire);
        }
    }
}

/// What the compiler packs.
struct Packed {
    pairs: [[u8; 2]; GROUP_COUNT],
    first_end: u8,
    /// The texts' codes, and how many there are.
    codes: [u8; DECLARED.len() * ROOM],
    len: usize,
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
impl Packed {
    const fn new() -> Self {
        let mut joined = [[END; 256]; 256];
        let mut packed =
            Self { pairs: [[0; 2]; GROUP_COUNT], first_end: END, codes: [0; DECLARED.len() * ROOM], len: 0 };
        packed.join_groups(&mut joined);
        let mut number = 0;
        while number <= HIGHEST {
            packed.add(&Row::of_text(number).joined(&joined));
            number += 1;
        }
        packed
    }

    /// Fills in the pairs, and which code joins which two.
    const fn join_groups(&mut self, joined: &mut Joined) {
        let (mut group, mut at) = (0, 0);
        while group < GROUP_COUNT {
            let row = Row::of_group(at);
            let [first, second, ..] = row.joined(joined).codes;
            assert!(row.joined(joined).len == 2, "a group does not join two codes in front of it");
            self.pairs[group] = [first, second];
            joined[first as usize][second as usize] = code_of_group(group);
            if second >= self.first_end && self.first_end == END {
                self.first_end = code_of_group(group);
            }
            assert!(second == END || self.first_end == END || second >= self.first_end, "groups with an end come last");
            at += row.len + 1;
            group += 1;
        }
    }

    /// Adds a packed text.
    const fn add(&mut self, row: &Row) {
        let mut i = 0;
        while i < row.len {
            self.codes[self.len] = row.codes[i];
            self.len += 1;
            i += 1;
        }
    }

    /// The packed texts, without the room behind them.
    const fn texts<const LEN: usize>(&self) -> [u8; LEN] {
        let mut texts = [0; LEN];
        let mut i = 0;
        while i < LEN {
            texts[i] = self.codes[i];
            i += 1;
        }
        texts
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked")]
const fn code_of_group(group: usize) -> u8 {
    let code = LETTERS.len() + group;
    assert!(code <= 255, "more groups than codes");
    code as u8
}

/// Which code joins two others, or [`END`].
type Joined = [[u8; 256]; 256];

/// A text that is being packed.
#[derive(Clone, Copy)]
struct Row {
    codes: [u8; ROOM],
    len: usize,
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
impl Row {
    const EMPTY: Self = Self { codes: [0; ROOM], len: 0 };

    /// The letters of the group that begins here in the list.
    const fn of_group(mut at: usize) -> Self {
        let mut row = Self::EMPTY;
        while at < GROUPS.len() && GROUPS.as_bytes()[at] != b'|' {
            row.push(GROUPS.as_bytes()[at]);
            at += 1;
        }
        row
    }

    /// The letters of a number's text, without what can be said by rule.
    const fn of_text(number: usize) -> Self {
        let mut row = Self::EMPTY;
        let mut i = 0;
        while i < DECLARED.len() {
            let (declared, name, description) = DECLARED[i];
            if declared as usize == number {
                assert!(name.len() + 2 + description.len() < ROOM, "a text is too long");
                row.push_all(name, 1, name.len());
                row.push(b':');
                row.push(b' ');
                row.push_all(description, 0, 1);
            }
            i += 1;
        }
        row.push(b'$');
        row
    }

    /// Adds the letters of a text from an index on, those in front of another small.
    const fn push_all(&mut self, text: &str, from: usize, small_to: usize) {
        let mut i = from;
        while i < text.len() {
            let letter = text.as_bytes()[i];
            self.push(if i < small_to { letter.to_ascii_lowercase() } else { letter });
            i += 1;
        }
    }

    /// Adds a letter, or the end. A letter that is missing in the list stops the build.
    const fn push(&mut self, letter: u8) {
        let mut code = 0;
        while letter != b'$' && LETTERS[code as usize] != letter {
            code += 1;
        }
        self.codes[self.len] = if letter == b'$' { END } else { code };
        self.len += 1;
    }

    /// Joins pairs to groups as long as there are any, those first that come first in the list.
    const fn joined(mut self, joined: &Joined) -> Self {
        loop {
            let (mut group, mut at, mut i) = (END, 0, 1);
            while i < self.len {
                let code = joined[self.codes[i - 1] as usize][self.codes[i] as usize];
                if code < group {
                    (group, at) = (code, i);
                }
                i += 1;
            }
            if group == END {
                return self;
            }
            self.codes[at - 1] = group;
            self.remove(at);
        }
    }

    const fn remove(&mut self, at: usize) {
        self.len -= 1;
        let mut i = at;
        while i < self.len {
            self.codes[i] = self.codes[i + 1];
            i += 1;
        }
    }
}
