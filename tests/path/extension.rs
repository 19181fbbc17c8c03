use super::*;

#[test]
fn extension_is_that_of_the_table() {
    for (text, _, _, extension) in TABLE {
        assert_eq!(path::extension(text), extension, "{:?}", std_path(text));
    }
}

#[test]
fn extension_agrees_with_std() {
    for text in texts(b"a./b\xff", 6) {
        // std leaves out a name `.` at the end.
        if path::basename(&text) != b"." {
            let theirs = std_path(&text).extension().map_or(&b""[..], OsStr::as_bytes);
            assert_eq!(path::extension(&text), theirs, "{:?}", std_path(&text));
        }
    }
}
