//! The directory operations, compared with std and the kernel's own answers.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, CString, OsStr};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::thread;

use ffi_syscalls::{Errno, dir};

use support::{
    Place, as_ordinary_user, assert_same_error, entry, in_child, meanwhile, mode_of, set_limit, set_mode, set_umask,
    stretched,
};

mod create {
    use super::*;

    #[test]
    fn makes_one_directory() {
        let place = Place::new();
        dir::create(&*place.at("new"), false).unwrap();
        assert!(fs::metadata(place.at("new")).unwrap().is_dir());
        assert_eq!(fs::read_dir(place.at("new")).unwrap().count(), 0);
        dir::create(&*place.at("new/below//"), false).unwrap();
        assert!(fs::metadata(place.at("new/below")).unwrap().is_dir());
    }

    #[test]
    fn says_what_is_wrong_as_mkdir_does() {
        let place = Place::new();
        place.file("file", "");
        place.dir("directory");
        place.link("dangling", "missing");
        place.link("loop", "loop");
        place.link("good", "directory");
        let name = "x".repeat(256);
        let taken = ["file", "directory", "directory/", "directory/.", "dangling", "loop", "good"];
        for name in taken.into_iter().chain(["missing/x", "file/x", "file/", "dangling/x", "loop/x", &name]) {
            assert_same_error(dir::create(&*place.at(name), false), fs::create_dir(place.at(name)));
        }
        assert_eq!(dir::create(&*place.at("directory"), false), Err(Errno::EEXIST));
        assert_eq!(dir::create(&*place.at("missing/x"), false), Err(Errno::ENOENT));
        assert_eq!(dir::create("/", false), Err(Errno::EEXIST));
        assert_eq!(dir::create("", false), Err(Errno::ENOENT));
        assert_same_error(dir::create("/proc/x", false), fs::create_dir("/proc/x"));
    }

    #[test]
    fn nul_is_invalid_and_4096_bytes_are_too_many() {
        let place = Place::new();
        for recursive in [false, true] {
            assert_eq!(dir::create("/tmp/a\0b", recursive), Err(Errno::EINVAL));
            let new = place.at(&format!("new{recursive}"));
            assert_eq!(dir::create(&*stretched(&new, 4096), recursive), Err(Errno::ENAMETOOLONG));
            let long = CString::new(stretched(&new, 4096)).unwrap();
            assert_eq!(dir::create(&*long, recursive), Err(Errno::ENAMETOOLONG));
            assert_eq!(dir::create(&*stretched(&new, 4095), recursive), Ok(()));
            assert!(fs::metadata(&new).unwrap().is_dir());
        }
    }

    #[test]
    fn the_mode_is_0777_less_the_umask() {
        in_child(|place| {
            for (umask, mode) in [(0, 0o777), (0o22, 0o755), (0o27, 0o750), (0o77, 0o700)] {
                set_umask(umask);
                let (plain, deep) = (place.at(&format!("plain{umask}")), place.at(&format!("deep{umask}")));
                dir::create(&*plain, false).unwrap();
                dir::create(&*format!("{deep}/a/b"), true).unwrap();
                for path in [plain, deep.clone(), format!("{deep}/a"), format!("{deep}/a/b")] {
                    assert_eq!(mode_of(&path), mode, "{path}");
                }
            }
        });
    }

    #[test]
    fn needs_the_right_to_write() {
        as_ordinary_user(|place| {
            let directory = place.dir("fixed");
            fs::create_dir(place.at("fixed/old")).unwrap();
            set_mode(&directory, 0o555);
            assert_eq!(dir::create(&*place.at("fixed/new"), false), Err(Errno::EACCES));
            assert_eq!(dir::create(&*place.at("fixed/new/deep"), true), Err(Errno::EACCES));
            assert_eq!(dir::create(&*place.at("fixed/old"), true), Ok(()));
            assert_eq!(dir::create("/root-only", true), Err(Errno::EACCES));
            set_mode(&directory, 0);
            assert_eq!(dir::create(&*place.at("fixed/old"), true), Err(Errno::EACCES));
            set_mode(&directory, 0o755);
        });
    }

    #[test]
    fn an_unused_umask_of_0777_stops_at_the_first_parent() {
        as_ordinary_user(|place| {
            set_umask(0o777);
            assert_eq!(dir::create(&*place.at("a/b"), true), Err(Errno::EACCES));
            assert_eq!(mode_of(&place.at("a")), 0);
            set_mode(&place.at("a"), 0o755);
        });
    }

    #[test]
    fn recursive_makes_every_parent() {
        let place = Place::new();
        let deep = format!("{}/bottom", vec!["d"; 200].join("/"));
        dir::create(&*place.at(&deep), true).unwrap();
        assert!(fs::metadata(place.at(&deep)).unwrap().is_dir());
        dir::create(&*place.at(&deep), true).unwrap();
        dir::create(place.path(), true).unwrap();
        dir::create("/", true).unwrap();
        dir::create(".", true).unwrap();
    }

    /// The deepest path that the kernel takes: 2000 names of one letter.
    #[test]
    fn recursive_takes_paths_of_any_depth() {
        let place = Place::new();
        let deep = place.at(&vec!["d"; (4095 - place.path().len()) / 2].join("/"));
        dir::create(&*deep, true).unwrap();
        assert!(fs::metadata(&deep).unwrap().is_dir());
    }

    #[test]
    fn recursive_takes_paths_as_people_write_them() {
        let place = Place::new();
        place.dir("real");
        place.link("link", "real");
        let paths = [
            ("a//b///c", "a/b/c"),
            ("d/e/", "d/e"),
            ("f/g///", "f/g"),
            ("./h/./i/.", "h/i"),
            ("j/../k", "k"),
            ("l/m/../../n/o", "n/o"),
            ("p/..", "p"),
            ("link/q/r", "real/q/r"),
            (" s /\u{fc}\n/-t", " s /\u{fc}\n/-t"),
        ];
        for (path, made) in paths {
            dir::create(&*place.at(path), true).unwrap();
            assert!(fs::metadata(place.at(made)).unwrap().is_dir(), "{path}");
            dir::create(&*place.at(path), true).unwrap();
        }
    }

    #[test]
    fn recursive_takes_relative_paths() {
        in_child(|place| {
            std::env::set_current_dir(place.dir("inner")).unwrap();
            for path in ["a", "b/c", "./d/e", "b/../f/g", "../x"] {
                dir::create(path, true).unwrap();
                assert!(Path::new(path).is_dir(), "{path}");
            }
            std::env::set_current_dir("a").unwrap();
            fs::remove_dir("../a").unwrap();
            assert_eq!(dir::create("b", true), Err(Errno::ENOENT));
            assert_eq!(dir::create("b/c", true), Err(Errno::ENOENT));
        });
    }

    #[test]
    fn recursive_stops_at_what_is_no_directory() {
        let place = Place::new();
        place.file("file", "content");
        place.link("dangling", "missing");
        place.link("loop", "loop");
        for (name, errno) in [
            ("file", Errno::EEXIST),
            ("file/x", Errno::ENOTDIR),
            ("file/x/y/z", Errno::ENOTDIR),
            ("dangling", Errno::EEXIST),
            ("dangling/", Errno::EEXIST),
            ("loop/x", Errno::ELOOP),
        ] {
            assert_eq!(dir::create(&*place.at(name), true), Err(errno), "{name}");
        }
        assert_eq!(dir::create("", true), Err(Errno::ENOENT));
        assert!(dir::create(&*place.at("dangling/x"), true).is_err());
        assert!(!fs::exists(place.at("missing")).unwrap());
        assert_eq!(dir::create(&*place.at(&format!("a/{}/b", "x".repeat(256))), true), Err(Errno::ENAMETOOLONG));
        assert_eq!(fs::read(place.at("file")).unwrap(), b"content");
    }

    #[test]
    fn recursive_is_content_with_what_exists_where_nothing_can_be_made() {
        for path in ["/proc", "/proc/self", "/proc/sys/kernel", "/sys", "/sys/kernel", "/dev"] {
            assert_eq!(dir::create(path, true), Ok(()), "{path}");
        }
        for path in ["/proc/none", "/proc/none/x", "/proc/self/none"] {
            assert_same_error(dir::create(path, true), fs::create_dir_all(path));
        }
        assert!(dir::create("/sys/none/x", true).is_err());
    }

    #[test]
    fn recursive_by_many_threads_at_once_succeeds_for_all() {
        let place = Place::new();
        for round in 0..20 {
            let path = place.at(&format!("{round}/{}", vec!["d"; 50].join("/")));
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| assert_eq!(dir::create(&*path, true), Ok(())));
                }
            });
            assert!(Path::new(&path).is_dir());
        }
    }

    #[test]
    fn recursive_copes_with_parents_that_are_removed_meanwhile() {
        let place = Place::new();
        let path = place.at("a/b/c");
        let remove = || {
            for name in ["a/b/c", "a/b", "a"] {
                let _ = fs::remove_dir(place.at(name));
            }
            // Who never pauses can win every race on a machine that is busy with other things.
            thread::sleep(std::time::Duration::from_micros(20));
        };
        meanwhile(remove, || {
            for _ in 0..6000 {
                assert_eq!(dir::create(&*path, true), Ok(()));
            }
        });
    }

    #[test]
    fn only_one_of_many_threads_makes_a_directory() {
        let place = Place::new();
        for round in 0..50 {
            let path = place.at(&round.to_string());
            let results = thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| dir::create(&*path, false))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
            });
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
            assert_eq!(results.iter().filter(|&&result| result == Err(Errno::EEXIST)).count(), 7);
        }
    }
}

mod list {
    use super::*;

    /// The names that the library lists. It lists each once.
    fn listed(path: &str) -> BTreeSet<Vec<u8>> {
        let list = dir::list(path).unwrap();
        let names: BTreeSet<_> = list.iter().map(|name| name.to_bytes().to_vec()).collect();
        assert_eq!(names.len(), list.len(), "a name is there twice");
        names
    }

    /// The names that std lists.
    fn wanted(path: &str) -> BTreeSet<Vec<u8>> {
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_vec()).collect()
    }

    fn fill(place: &Place, count: usize) {
        let first = place.file("0", "");
        for i in 1..count {
            fs::hard_link(&first, place.at(&i.to_string())).unwrap();
        }
    }

    #[test]
    fn an_empty_directory() {
        let place = Place::new();
        let list = dir::list(place.path()).unwrap();
        assert!(list.is_empty());
        assert_eq!((list.len(), list.iter().count()), (0, 0));
        assert!(entry(&list, 0).is_null());
    }

    #[test]
    fn any_number_of_entries() {
        for count in [1, 2, 3, 100, 3000, 20_000] {
            let place = Place::new();
            fill(&place, count);
            let names = listed(place.path());
            assert_eq!(names.len(), count);
            assert!(names == wanted(place.path()));
        }
    }

    #[test]
    fn keeps_the_order_of_the_kernel() {
        let place = Place::new();
        fill(&place, 500);
        let ours: Vec<_> = dir::list(place.path()).unwrap().iter().map(CStr::to_owned).collect();
        let theirs: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(ours.iter().map(|name| name.to_bytes()).eq(theirs.iter().map(|name| name.as_bytes())));
    }

    #[test]
    fn names_of_any_kind() {
        let place = Place::new();
        let long = [b'x'; 255];
        let longer = "\u{1f600}".repeat(63) + "abc";
        let names: [&[u8]; 14] = [
            b".hidden",
            b"..",
            b"...",
            b"..x",
            b".x",
            b" ",
            b"new\nline",
            b"\n",
            b"-rf",
            b"\xff\xfe",
            b"a\xc3",
            b"*?[\"'\\",
            &long,
            longer.as_bytes(),
        ];
        for name in names.iter().filter(|&&name| name != b"..") {
            fs::write(Path::new(place.path()).join(OsStr::from_bytes(name)), "").unwrap();
        }
        place.dir("directory");
        place.fifo("fifo");
        place.link("dangling", "missing");
        let found = listed(place.path());
        assert_eq!(found, wanted(place.path()));
        assert_eq!(found.len(), 13 + 3);
        assert!(!found.contains(&b".."[..]) && !found.contains(&b"."[..]));
    }

    #[test]
    fn a_thousand_names_of_255_bytes() {
        let place = Place::new();
        for i in 0..1000 {
            fs::write(place.at(&format!("{i:0>255}")), "").unwrap();
        }
        assert!(listed(place.path()) == wanted(place.path()));
    }

    #[test]
    fn directories_of_the_kernel() {
        for path in ["/proc/self", "/proc/self/ns", "/sys", "/dev", "/", "/proc/sys/kernel"] {
            assert_eq!(listed(path), wanted(path), "{path}");
        }
        assert!(listed("/proc").contains(std::process::id().to_string().as_bytes()));
    }

    #[test]
    fn follows_links_and_takes_paths_as_people_write_them() {
        let place = Place::new();
        place.dir("directory");
        place.file("directory/x", "");
        place.link("link", "directory");
        for name in ["directory", "directory/", "directory//.", "link", "link/", "directory/../link"] {
            assert_eq!(listed(&place.at(name)), BTreeSet::from([b"x".to_vec()]), "{name}");
        }
    }

    #[test]
    fn says_what_is_wrong_as_opendir_does() {
        let place = Place::new();
        place.file("file", "");
        place.fifo("fifo");
        place.link("dangling", "missing");
        place.link("loop", "loop");
        let name = "x".repeat(256);
        for name in ["missing", "missing/x", "file", "file/", "file/x", "fifo", "dangling", "loop", &name] {
            assert_same_error(dir::list(&*place.at(name)), fs::read_dir(place.at(name)));
        }
        assert_eq!(dir::list(&*place.at("missing")).unwrap_err(), Errno::ENOENT);
        assert_eq!(dir::list(&*place.at("file")).unwrap_err(), Errno::ENOTDIR);
        assert_eq!(dir::list("").unwrap_err(), Errno::ENOENT);
        assert_eq!(dir::list("/tmp\0").unwrap_err(), Errno::EINVAL);
        assert_eq!(dir::list(&*stretched("/tmp", 4096)).unwrap_err(), Errno::ENAMETOOLONG);
        assert!(dir::list(&*stretched(place.path(), 4095)).is_ok());
    }

    #[test]
    fn a_directory_that_may_not_be_read() {
        as_ordinary_user(|place| {
            let directory = place.dir("directory");
            set_mode(&directory, 0o311);
            assert_eq!(dir::list(&*directory).unwrap_err(), Errno::EACCES);
            set_mode(&directory, 0o444);
            assert_eq!(listed(&directory), BTreeSet::new());
            set_mode(&directory, 0o755);
        });
    }

    #[test]
    fn a_directory_that_was_removed() {
        in_child(|place| {
            std::env::set_current_dir(place.dir("directory")).unwrap();
            fs::remove_dir(place.at("directory")).unwrap();
            // As for std: it can be opened still, and has no names.
            assert_eq!(fs::read_dir(".").unwrap().count(), 0);
            assert_eq!(listed("."), BTreeSet::new());
            assert_eq!(dir::list("./x").unwrap_err(), Errno::ENOENT);
        });
    }

    #[test]
    fn what_stays_is_listed_once_whatever_else_changes() {
        let place = Place::new();
        for i in 0..2000 {
            place.file(&format!("stays {i}"), "");
        }
        let change = || {
            for i in 0..50 {
                place.file(&format!("comes and goes {i}"), "");
            }
            for i in 0..50 {
                fs::remove_file(place.at(&format!("comes and goes {i}"))).unwrap();
            }
        };
        meanwhile(change, || {
            for _ in 0..50 {
                let mut found = BTreeMap::new();
                for name in dir::list(place.path()).unwrap().iter() {
                    *found.entry(name.to_owned()).or_insert(0) += 1;
                }
                for i in 0..2000 {
                    assert_eq!(found.get(&CString::new(format!("stays {i}")).unwrap()), Some(&1));
                }
            }
        });
    }

    #[test]
    fn no_descriptor_is_left_open() {
        in_child(|place| {
            place.file("file", "");
            let count = || fs::read_dir("/proc/self/fd").unwrap().count();
            let before = count();
            for _ in 0..100 {
                drop(dir::list(place.path()).unwrap());
                dir::list(&*place.at("file")).unwrap_err();
                dir::create(&*place.at("file/x"), true).unwrap_err();
            }
            assert_eq!(count(), before);
            set_limit(libc::RLIMIT_NOFILE, 0);
            assert_eq!(dir::list(place.path()).unwrap_err(), Errno::EMFILE);
        });
    }

    #[test]
    fn the_form_that_c_takes() {
        let place = Place::new();
        fill(&place, 300);
        let list = dir::list(place.path()).unwrap();
        assert_eq!(list.as_ptr().addr() % 16, 0);
        for (i, name) in list.iter().enumerate() {
            // SAFETY: each is a NUL-terminated string.
            assert_eq!(unsafe { CStr::from_ptr(entry(&list, i)) }, name);
        }
        assert!(entry(&list, 300).is_null());
    }
}
