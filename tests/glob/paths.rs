use std::fs;
use std::path::Path;

use super::*;

type Found = Vec<Result<Vec<u8>, i32>>;

fn ours(pattern: &str, options: MatchOptions) -> Found {
    let paths = glob::glob_with(pattern, options).unwrap();
    paths.map(|path| path.map(|path| path.to_vec()).map_err(|error| error.errno().raw())).collect()
}

fn theirs(pattern: &str, options: theirs::MatchOptions) -> Found {
    let bytes = |path: std::path::PathBuf| path.into_os_string().into_encoded_bytes();
    let paths = theirs::glob_with(pattern, options).unwrap();
    paths.map(|path| path.map(bytes).map_err(|error| error.error().raw_os_error().unwrap())).collect()
}

/// Asserts that a pattern leads to the same paths as in the crate, in the same order.
fn assert_same(pattern: &str) -> usize {
    let mut found = 0;
    for hides in [false, true] {
        let options = MatchOptions { require_literal_leading_dot: hides, ..MatchOptions::new() };
        let their_options = theirs::MatchOptions { require_literal_leading_dot: hides, ..theirs::MatchOptions::new() };
        let expected = theirs(pattern, their_options);
        assert_eq!(ours(pattern, options), expected, "{pattern} {hides}");
        found += expected.len();
        if !hides {
            let mut paths: Vec<_> = expected.into_iter().flatten().collect();
            paths.sort();
            paths.dedup();
            let list = glob::paths(pattern).unwrap();
            assert_eq!(list.iter().map(|path| path.to_bytes().to_vec()).collect::<Vec<_>>(), paths, "{pattern}");
        }
    }
    found
}

/// Makes a tree of directories and files with short names.
fn fill(choices: &mut Choices, root: &Path) {
    let mut directories = vec![root.to_owned()];
    for _ in 0..60 {
        let path =
            directories[choices.below(directories.len())].join(choices.of(&["a", "b", "ab", ".a", ".b", "a.b", "c"]));
        match choices.below(4) {
            0 | 1 if fs::create_dir(&path).is_ok() => directories.push(path),
            2 if !path.exists() => fs::write(path, "").unwrap(),
            _ => {}
        }
    }
}

#[test]
fn paths_are_those_of_the_crate_on_random_trees() {
    let mut choices = Choices::new();
    in_child(|temp| {
        let mut found = 0;
        for round in 0..if is_emulated() { 2 } else { 12 } {
            // So deep that `..` leads to nothing of others.
            let root = temp.join(&format!("{round}/1/2/3/4/5"));
            fs::create_dir_all(&root).unwrap();
            std::env::set_current_dir(&root).unwrap();
            fill(&mut choices, Path::new(&root));
            for _ in 0..60 {
                let parts = ["a", "b", "*", "*", "**", "**", "?", "a*", "[ab]", ".*", ".", "..", "*.b", "[!a]*"];
                let count = 1 + choices.below(4);
                let mut pattern = (0..count).map(|_| choices.of(&parts)).collect::<Vec<_>>().join("/");
                match choices.below(5) {
                    0 => pattern += "/",
                    1 => pattern = format!("{root}/{pattern}"),
                    2 => pattern = format!("./{pattern}"),
                    _ => {}
                }
                found += assert_same(&pattern);
            }
        }
        assert!(found > 100, "{found}");
    });
}

#[test]
fn paths_of_odd_patterns_are_those_of_the_crate() {
    in_child(|temp| {
        std::env::set_current_dir(temp.path()).unwrap();
        temp.mkdir("a");
        temp.file("a/b", "");
        temp.file("x", "");
        temp.symlink("link", "a");
        temp.symlink("dangling", "missing");
        for pattern in [
            "",
            ".",
            "..",
            "/",
            "//",
            "./",
            "a",
            "a/",
            "a//",
            "a//b",
            "a/.",
            "a/..",
            "x/",
            "x/.",
            "x/..",
            "link/*",
            "*/b",
            "l*/b",
            "dangling",
            "dangl*",
            "dangling/",
            "*/",
            "./*",
            "*/..",
            "missing/../a",
            "/tmp/../tm[p]",
            "[x]",
            ".*",
            "a/.*",
            "././a",
            "a/./b",
            "a/b/c",
            "[[]",
            "link/",
            "l*/",
        ] {
            assert_same(pattern);
        }
    });
}

#[test]
fn paths_through_links_are_followed_by_one_component_and_not_by_two_stars() {
    in_child(|temp| {
        std::env::set_current_dir(temp.path()).unwrap();
        temp.mkdir("a");
        temp.mkdir("a/b");
        temp.file("a/b/file", "");
        temp.symlink("a/b/up", "..");
        temp.symlink("a/b/again", "..");
        temp.symlink("link", "a");
        let found = |pattern: &str| -> Vec<String> {
            glob::paths(pattern).unwrap().iter().map(|path| path.to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(found("**/file"), ["a/b/file"]);
        assert_eq!(found("link/**/file"), ["link/b/file"]);
        assert_eq!(found("l*/b/file"), ["link/b/file"]);
        assert_eq!(found("**/up"), ["a/b/up"]);
        assert_eq!(found("**"), ["a", "a/b"]);
    });
}

#[test]
fn paths_leave_out_directories_that_cannot_be_read() {
    as_ordinary_user(|temp| {
        std::env::set_current_dir(temp.path()).unwrap();
        for name in ["a", "b", "c"] {
            temp.mkdir(name);
            temp.file(&format!("{name}/file"), "");
        }
        set_mode(&temp.join("b"), 0o111);
        for pattern in ["*/*", "**/file", "b/*", "**", "b/file"] {
            assert_same(pattern);
        }
        assert_eq!(glob::paths("*/*").unwrap().len(), 2);
        assert_eq!(ours("b/*", MatchOptions::new()), [Err(Errno::EACCES.raw())]);
        set_mode(&temp.join("b"), 0o755);
    });
}

#[test]
fn paths_of_malformed_patterns_fail_with_einval() {
    for pattern in ["a**", "***", "[", "a/[b", "[a/b]"] {
        assert_eq!(glob::paths(pattern).unwrap_err(), Errno::EINVAL, "{pattern}");
        assert!(theirs::glob(pattern).is_err());
    }
}
