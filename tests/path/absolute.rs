use super::*;

#[test]
fn absolute_leaves_out_dots_and_needless_slashes_alone() {
    for (text, expected) in [
        ("/", "/"),
        ("//", "/"),
        ("///", "/"),
        ("/.", "/"),
        ("/./", "/"),
        ("/a/", "/a"),
        ("//a", "/a"),
        ("/a//./b/.", "/a/b"),
        ("/..", "/.."),
        ("/a/../b/", "/a/../b"),
        ("/.a/...", "/.a/..."),
    ] {
        assert_eq!(path::absolute(text).unwrap(), expected, "{text}");
    }
    assert_eq!(path::absolute("").unwrap_err(), Errno::ENOENT);
}

#[test]
fn absolute_agrees_with_std_but_for_slashes_at_the_ends() {
    for text in texts(b"a./\xff", 6).into_iter().filter(|text| !text.is_empty()) {
        let theirs = std::path::absolute(std_path(&text)).unwrap().into_os_string().into_vec();
        let theirs = theirs.strip_prefix(b"/").filter(|rest| rest.starts_with(b"/")).unwrap_or(&theirs);
        let theirs = theirs.strip_suffix(b"/").filter(|start| !start.is_empty()).unwrap_or(theirs);
        assert_eq!(path::absolute(&text).unwrap(), theirs, "{:?}", std_path(&text));
    }
}

#[test]
fn absolute_starts_at_the_working_directory() {
    in_child(|temp| {
        let here = fs::canonicalize(temp.path()).unwrap();
        std::env::set_current_dir(&here).unwrap();
        let here = here.to_str().unwrap();
        assert_eq!(path::absolute("a/../b/").unwrap(), format!("{here}/a/../b"));
        assert_eq!(path::absolute(".").unwrap(), here);
        assert_eq!(path::absolute("x".repeat(9000)).unwrap(), format!("{here}/{}", "x".repeat(9000)));
        std::env::set_current_dir("/").unwrap();
        assert_eq!(path::absolute("./").unwrap(), "/");
        assert_eq!(path::absolute("a").unwrap(), "/a");
        let removed = temp.mkdir("removed");
        std::env::set_current_dir(&removed).unwrap();
        fs::remove_dir(&removed).unwrap();
        assert_eq!(path::absolute("a").unwrap_err(), Errno::ENOENT);
        assert_eq!(path::absolute("/a/.").unwrap(), "/a");
    });
}
