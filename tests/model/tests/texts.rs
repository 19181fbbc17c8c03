//! The texts of errors, which threads unpack into the same place: src/errno/texts.rs.

extern crate model as core;

#[path = "../../../src/errno/texts.rs"]
mod texts;

/// Short texts: the work of two threads on each of their bytes is tried in either order.
const DECLARED: &[(u32, &str, &str)] = &[(1, "EX", "Ab"), (2, "EIO", "No")];

use std::slice;

use model::sync::atomic::AtomicU8;

/// Asks for the text, and reads it, as C does.
fn read(expected: &'static [u8]) -> usize {
    let text = texts::text_of(2).as_ptr().addr();
    let bytes: Vec<u8> = (0..expected.len()).map(|at| model::read_plain(text + at)).collect();
    assert_eq!(bytes, expected);
    text
}

fn threads_read(others: usize) {
    const TEXT: &[u8] = b"EIO: No";
    // Where it is.
    let place = std::ptr::with_exposed_provenance::<AtomicU8>(texts::text_of(2).as_ptr().expose_provenance());
    // SAFETY: the places of the texts, which are static, are longer than a text.
    model::renew(unsafe { slice::from_raw_parts(place, TEXT.len()) });
    let threads: Vec<_> = (0..others).map(|_| loom::thread::spawn(|| read(TEXT))).collect();
    let own = read(TEXT);
    for thread in threads {
        assert_eq!(thread.join().ok(), Some(own));
    }
}

#[test]
fn two_threads_read_the_same_whole_text() {
    model::check("text of an error, two threads", None, || threads_read(1));
}

#[test]
fn three_threads_read_the_same_whole_text() {
    model::check("text of an error, three threads", Some(2), || threads_read(2));
}
