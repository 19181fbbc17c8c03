use super::atomic_write::{assert_names, limit_file_size};
use super::*;

mod across;

#[test]
fn move_to_renames_and_replaces_within_a_file_system() {
    let temp = TempDir::new();
    let (from, to) = (temp.file("from", "new"), temp.file("to", "old"));
    let inode = fs::metadata(&from).unwrap().ino();
    file::move_to(&*from, &*to).unwrap();
    assert_eq!((fs::read(&to).unwrap(), fs::metadata(&to).unwrap().ino()), (b"new".to_vec(), inode));
    assert_names(temp.path(), &["to"]);
    let (directory, link) = (temp.mkdir("directory"), temp.symlink("link", "missing"));
    temp.file("directory/x", "");
    file::move_to(&*directory, &*temp.join("moved")).unwrap();
    file::move_to(&*link, &*to).unwrap();
    assert_eq!(fs::read_link(&to).unwrap().to_str(), Some("missing"));
    assert_names(temp.path(), &["moved", "to"]);
    assert_names(&temp.join("moved"), &["x"]);
}

#[test]
fn move_to_reports_errors_as_rename_does() {
    let temp = TempDir::new();
    let (path, directory) = (temp.file("file", "x"), temp.mkdir("directory"));
    temp.file("directory/x", "");
    for (from, to) in [
        (temp.join("missing"), path.clone()),
        (path.clone(), temp.join("missing/x")),
        (path.clone(), directory.clone()),
        (path.clone(), temp.join("file/x")),
        (path.clone(), temp.join("new/")),
        (directory.clone(), path.clone()),
        (directory.clone(), temp.join("directory/below")),
        (path.clone(), String::new()),
        (String::new(), path.clone()),
        (path.clone(), temp.join(&"x".repeat(256))),
    ] {
        assert_same_error(file::move_to(&*from, &*to), fs::rename(&from, &to));
        assert_same_error(file::rename(&*from, &*to), fs::rename(&from, &to));
    }
    assert_eq!(file::move_to(&*path, "x\0"), Err(Errno::EINVAL));
    assert_names(temp.path(), &["directory", "file"]);
}

#[test]
fn move_to_of_two_names_of_one_file_removes_the_first() {
    let temp = TempDir::new();
    temp.mkdir("other");
    for to in ["second", "other/second"] {
        let (from, to) = (temp.file("first", "content"), temp.join(to));
        fs::hard_link(&from, &to).unwrap();
        fs::hard_link(&from, temp.join("third")).unwrap();
        file::move_to(&*from, &*to).unwrap();
        assert!(!fs::exists(&from).unwrap());
        assert_eq!(fs::read(&to).unwrap(), b"content");
        assert_eq!(fs::metadata(&to).unwrap().nlink(), 2);
        fs::remove_file(&to).unwrap();
        fs::remove_file(temp.join("third")).unwrap();
        assert_names(temp.path(), &["other"]);
    }
}

#[test]
fn move_to_of_a_name_to_itself_keeps_it() {
    in_child(|temp| {
        let path = temp.file("file", "content");
        let directory = temp.mkdir("directory");
        temp.symlink("self", ".");
        std::env::set_current_dir(temp.path()).unwrap();
        for names in 1..=2 {
            for same in [&*path, "file", "./file", "directory/../file", "self/file", "self/self/file"] {
                file::move_to(&*path, same).unwrap();
                file::move_to(same, &*path).unwrap();
                assert_eq!(fs::metadata(&path).unwrap().nlink(), names, "{same}");
            }
            // With another name the number of names does not show that these are the same one.
            if names == 1 {
                fs::hard_link(&path, temp.join("directory/other")).unwrap();
            }
        }
        file::move_to(&*directory, "./directory").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"content");
        assert_names(temp.path(), &["directory", "file", "self"]);
    });
}

#[test]
fn move_to_by_many_threads_gives_the_file_to_exactly_one() {
    let temp = TempDir::new();
    let rounds = if is_emulated() { 10 } else { 100 };
    for round in 0..rounds {
        let from = temp.file("from", format!("round {round}"));
        let results: Vec<_> = thread::scope(|scope| {
            let start = |number| {
                let (from, to) = (&from, temp.join(&format!("to {number}")));
                scope.spawn(move || (file::move_to(&**from, &*to), to))
            };
            let threads: Vec<_> = (0..4).map(start).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let moved: Vec<_> = results.iter().filter(|(result, _)| result.is_ok()).collect();
        assert_eq!(moved.len(), 1, "{results:?}");
        assert!(results.iter().all(|(result, _)| matches!(result, Ok(()) | Err(Errno::ENOENT))), "{results:?}");
        assert_eq!(fs::read_to_string(&moved[0].1).unwrap(), format!("round {round}"));
        assert!(!fs::exists(&from).unwrap());
        fs::remove_file(&moved[0].1).unwrap();
    }
}
