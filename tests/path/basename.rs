use super::*;

#[test]
fn basename_is_that_of_the_table() {
    for (text, basename, ..) in TABLE {
        assert_eq!(path::basename(text), basename, "{:?}", std_path(text));
    }
}

#[test]
fn basename_agrees_with_std_where_that_has_a_name() {
    for text in texts(b"a./b\xff", 6) {
        // std leaves out the names `.` and `..` at the end.
        let ours = path::basename(&text);
        if let Some(name) = std_path(&text).file_name()
            && ours != b"."
        {
            assert_eq!(ours, name.as_bytes(), "{:?}", std_path(&text));
        }
        assert!(text.is_empty() == ours.is_empty());
        assert!(ours == b"/" || !ours.contains(&b'/'));
    }
}

#[test]
fn basename_is_a_part_of_its_argument() {
    let text = b"directory/name/".to_vec();
    assert_eq!(path::basename(&text).as_ptr(), &raw const text[10]);
    assert_eq!(path::basename("directory/name"), b"name");
}
