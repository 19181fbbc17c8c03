use super::*;

#[test]
fn removes_the_name() {
    let place = Place::new();
    let path = place.file("file", "x");
    fs::hard_link(&path, place.at("other")).unwrap();
    file::delete(&*path).unwrap();
    assert!(!fs::exists(&path).unwrap());
    assert_eq!(fs::read(place.at("other")).unwrap(), b"x");
    assert_eq!(file::delete(&*path), Err(Errno::ENOENT));
}

#[test]
fn removes_a_link_and_not_what_it_leads_to() {
    let place = Place::new();
    let (path, directory) = (place.file("file", "x"), place.dir("directory"));
    for target in ["file", "directory", "missing", "link"] {
        let link = place.link("link", target);
        file::delete(&*link).unwrap();
        assert!(fs::symlink_metadata(&link).is_err());
    }
    assert!(fs::exists(&path).unwrap());
    assert!(fs::exists(&directory).unwrap());
}

#[test]
fn removes_what_is_neither_file_nor_directory() {
    in_child(|place| {
        // A socket's path is short.
        std::env::set_current_dir(place.path()).unwrap();
        let _listener = UnixListener::bind("socket").unwrap();
        for path in [place.fifo("fifo"), "socket".to_owned()] {
            file::delete(&*path).unwrap();
            assert!(!fs::exists(&path).unwrap());
        }
    });
}

#[test]
fn never_a_directory() {
    let place = Place::new();
    let directory = place.dir("directory");
    place.link("link", "directory");
    assert_eq!(file::delete(&*directory), Err(Errno::EISDIR));
    for name in ["directory/", "directory/.", "link/"] {
        assert_same_error(file::delete(&*place.at(name)), fs::remove_file(place.at(name)));
    }
    assert!(fs::exists(&directory).unwrap());
    assert!(fs::symlink_metadata(place.at("link")).unwrap().is_symlink());
}

#[test]
fn needs_the_right_to_change_the_directory() {
    as_ordinary_user(|place| {
        let directory = place.dir("directory");
        let path = place.file("directory/file", "x");
        set_mode(&directory, 0o555);
        assert_eq!(file::delete(&*path), Err(Errno::EACCES));
        assert!(fs::exists(&path).unwrap());
        set_mode(&directory, 0o755);
        // It needs no right to the file itself.
        set_mode(&path, 0);
        file::delete(&*path).unwrap();
    });
}
