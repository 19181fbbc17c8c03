use super::*;

#[test]
fn dirname_is_that_of_the_table() {
    for (text, _, dirname, _) in TABLE {
        assert_eq!(path::dirname(text), dirname, "{:?}", std_path(text));
    }
}

#[test]
fn dirname_agrees_with_dirname_of_libc() {
    for text in texts(b"a./b", 6) {
        let mut buffer = [text.clone(), vec![0]].concat();
        // SAFETY: the buffer is a NUL-terminated string, which the call may change.
        let theirs = unsafe { libc::dirname(buffer.as_mut_ptr().cast()) };
        // SAFETY: the call returns a NUL-terminated string.
        let theirs = unsafe { std::ffi::CStr::from_ptr(theirs) };
        // Two slashes at the start may be special in POSIX.
        let theirs = if theirs == c"//" { b"/" } else { theirs.to_bytes() };
        assert_eq!(path::dirname(&text), theirs, "{:?}", std_path(&text));
    }
}

#[test]
fn dirname_and_basename_together_lead_to_the_same_place() {
    for text in texts(b"a.b/", 6).into_iter().filter(|text| !text.is_empty()) {
        let joined = path::join(path::dirname(&text), path::basename(&text)).unwrap();
        let same = |path: &[u8]| path::absolute(path).unwrap().to_vec();
        assert_eq!(same(&joined), same(&text), "{:?}", std_path(&text));
    }
}
