use super::*;

#[test]
fn any_size_over_any_size() {
    let place = Place::new();
    let bytes = noise(5_000_000);
    let copy = place.at("copy");
    let sizes = [0, 1, 2, 4095, 4096, 4097, 65_535, 65_536, 65_537, (1 << 18) - 1, 1 << 18, (1 << 18) + 1];
    for len in sizes.into_iter().chain([bytes.len()]) {
        let path = place.file("file", &bytes[..len]);
        for before in [None, Some(0), Some(1), Some(len), Some(len + 1), Some(300_000)] {
            let _ = fs::remove_file(&copy);
            if let Some(before) = before {
                fs::write(&copy, vec![7; before]).unwrap();
            }
            file::copy(&*path, &*copy).unwrap();
            assert_same_bytes(&fs::read(&copy).unwrap(), &bytes[..len]);
        }
        assert_same_bytes(&fs::read(&path).unwrap(), &bytes[..len]);
    }
}

#[test]
fn to_another_file_system() {
    let shared_memory = "/dev/shm";
    let Ok(other) = tempfile::tempdir_in(shared_memory) else {
        return loudly("copies between file systems: no directory can be made in /dev/shm");
    };
    let place = Place::new();
    let (path, copy) = (place.file("file", noise(1_000_000)), other.path().join("copy"));
    let copy = copy.to_str().unwrap();
    file::copy(&*path, copy).unwrap();
    assert_same_bytes(&fs::read(copy).unwrap(), &noise(1_000_000));
    file::copy(copy, &*place.at("back")).unwrap();
    assert_same_bytes(&fs::read(place.at("back")).unwrap(), &noise(1_000_000));
}

#[test]
fn permission_bits_come_along_whatever_the_umask() {
    in_child(|place| {
        for umask in [0, 0o22, 0o77, 0o777] {
            set_umask(umask);
            for (mode, len) in [(0o400, 0), (0o755, 10), (0o600, 10), (0o640, 70_000), (0o666, 10), (0o777, 0)] {
                let path = place.file(&format!("file{umask}{mode}"), noise(len));
                set_mode(&path, mode);
                let (new, old) = (place.at(&format!("new{umask}{mode}")), place.file("old", "old"));
                set_mode(&old, 0o611);
                file::copy(&*path, &*new).unwrap();
                assert_eq!(mode_of(&new), mode, "umask {umask:o}");
                file::copy(&*path, &*old).unwrap();
                assert_eq!(mode_of(&old), mode, "umask {umask:o}");
                assert_same_bytes(&fs::read(&new).unwrap(), &noise(len));
                fs::remove_file(&old).unwrap();
            }
        }
    });
}

/// Content that is gone a moment later is nobody's to see whose it was not.
#[test]
#[cfg(target_os = "linux")]
fn the_old_content_is_shown_to_nobody_new() {
    if is_emulated() {
        return not_in_an_emulator("a system call that is refused: an emulator makes others");
    }
    in_child(|place| {
        let path = place.file("file", "public");
        set_mode(&path, 0o644);
        let modes = [(0o600, 0o600), (0o640, 0o640), (0o755, 0o644), (0o602, 0o600), (0o4711, 0o600)];
        let private: Vec<String> = modes
            .iter()
            .map(|&(mode, _)| {
                let old = place.file(&format!("old{mode}"), "secret");
                set_mode(&old, mode);
                old
            })
            .collect();
        // Whoever looks between the steps sees what is left when one of them fails.
        refuse(libc::SYS_ftruncate);
        for (old, (_, wanted)) in private.iter().zip(modes) {
            assert_eq!(file::copy(&*path, &**old), Err(Errno::EPERM));
            assert_eq!(fs::read(old).unwrap(), b"secret");
            assert_eq!(mode_of(old), wanted);
        }
    });
}

#[test]
fn set_user_id_and_its_like_stay_behind() {
    let place = Place::new();
    let path = place.file("file", "x");
    let old = place.file("old", "old");
    for mode in [0o4755, 0o2755, 0o6711, 0o1644, 0o7777] {
        set_mode(&path, mode);
        set_mode(&old, 0o6755);
        assert_eq!(mode_of(&path), mode);
        file::copy(&*path, &*place.at("new")).unwrap();
        file::copy(&*path, &*old).unwrap();
        assert_eq!(mode_of(&place.at("new")), mode & 0o777);
        assert_eq!(mode_of(&old), mode & 0o777);
        fs::remove_file(place.at("new")).unwrap();
    }
}

#[test]
fn an_existing_destination_keeps_its_identity() {
    let place = Place::new();
    let path = place.file("file", "new");
    let old = place.file("old", "old content");
    fs::hard_link(&old, place.at("other name")).unwrap();
    let inode = fs::metadata(&old).unwrap().ino();
    file::copy(&*path, &*place.link("link", "old")).unwrap();
    assert_eq!(fs::metadata(&old).unwrap().ino(), inode);
    assert_eq!(fs::read(place.at("other name")).unwrap(), b"new");
    assert!(fs::symlink_metadata(place.at("link")).unwrap().is_symlink());
}

/// Where a file is in a lower layer, with another name, it gets another number when it is opened for writing.
#[test]
#[cfg(target_os = "linux")]
fn a_file_of_a_lower_layer_onto_itself_is_refused_and_stays() {
    in_child(|place| {
        if let Err(why) = mount_layers(place) {
            return loudly(&format!("a copy on overlayfs: {why}; what would change it: root's rights"));
        }
        for len in [1000, 100_000] {
            let [by_name, by_link, by_other_name] = ["a", "b", "c"]
                .map(|name| (place.at(&format!("merged/{name}{len}")), place.at(&format!("merged/other {name}{len}"))));
            std::os::unix::fs::symlink(&by_link.0, place.at(&format!("merged/link{len}"))).unwrap();
            for (source, destination) in [
                (&by_name.0, by_name.0.clone()),
                (&by_link.0, place.at(&format!("merged/link{len}"))),
                (&by_name.0, by_name.0.clone()),
            ] {
                assert_eq!(file::copy(&**source, &*destination), Err(Errno::EINVAL), "{source} {destination}");
                assert_same_bytes(&fs::read(source).unwrap(), &noise(len));
            }
            // Where one was opened for writing, these are two files.
            file::copy(&*by_other_name.0, &*by_other_name.1).unwrap();
            assert_same_bytes(&fs::read(&by_other_name.1).unwrap(), &noise(len));
        }
    });
}

/// Layers in a name space of mounts of the process's own, with files that have two names each.
#[cfg(target_os = "linux")]
fn mount_layers(place: &Place) -> Result<(), String> {
    let mount = |what: &str, at: &str, kind: &str, flags, options: &str| {
        let [what, at, kind, options] = [what, at, kind, options].map(|text| std::ffi::CString::new(text).unwrap());
        // SAFETY: NUL-terminated strings.
        let result = unsafe { libc::mount(what.as_ptr(), at.as_ptr(), kind.as_ptr(), flags, options.as_ptr().cast()) };
        if result == 0 { Ok(()) } else { Err(format!("mount(2) of {kind:?}: {}", std::io::Error::last_os_error())) }
    };
    // SAFETY: takes a number.
    if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
        return Err(format!("unshare(2): {}", std::io::Error::last_os_error()));
    }
    mount("none", "/", "", libc::MS_REC | libc::MS_PRIVATE, "")?;
    mount("layers", place.path(), "tmpfs", 0, "mode=0777")?;
    let [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map(|name| place.dir(name));
    for len in [1000, 100_000] {
        for name in ["a", "b", "c"] {
            let path = place.file(&format!("lower/{name}{len}"), noise(len));
            fs::hard_link(path, place.at(&format!("lower/other {name}{len}"))).unwrap();
        }
    }
    mount("layers", &merged, "overlay", 0, &format!("lowerdir={lower},upperdir={upper},workdir={work}"))
}

#[test]
fn a_file_onto_itself_is_refused_and_stays() {
    let place = Place::new();
    for len in [0, 5, 100_000] {
        let content = noise(len);
        let path = place.file("file", &content);
        let names = [path.clone(), place.link("link", "file"), place.at("hard"), stretched(&path, 3000)];
        fs::hard_link(&path, place.at("hard")).unwrap();
        for source in &names {
            for destination in &names {
                assert_eq!(file::copy(&**source, &**destination), Err(Errno::EINVAL));
                assert_same_bytes(&fs::read(&path).unwrap(), &content);
            }
        }
        fs::remove_file(place.at("link")).unwrap();
        fs::remove_file(place.at("hard")).unwrap();
    }
}

#[test]
fn directories_are_refused() {
    let place = Place::new();
    let (directory, path) = (place.dir("directory"), place.file("file", "x"));
    assert_eq!(file::copy(&*directory, &*place.at("new")), Err(Errno::EISDIR));
    assert_eq!(file::copy(&*directory, &*path), Err(Errno::EISDIR));
    assert_eq!(file::copy(&*directory, &*directory), Err(Errno::EISDIR));
    assert_eq!(file::copy(&*path, &*directory), Err(Errno::EISDIR));
    assert_eq!(fs::read(&path).unwrap(), b"x");
    assert!(!fs::exists(place.at("new")).unwrap());
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
}

#[test]
fn a_missing_source_leaves_the_destination() {
    let place = Place::new();
    let path = place.file("file", "x");
    assert_eq!(file::copy(&*place.at("missing"), &*path), Err(Errno::ENOENT));
    assert_eq!(fs::read(&path).unwrap(), b"x");
    assert_eq!(file::copy(&*path, &*place.at("missing/new")), Err(Errno::ENOENT));
}

#[test]
fn sources_that_are_no_regular_files() {
    let place = Place::new();
    let copy = place.file("copy", "old content");
    for path in ["/proc/version", "/proc/self/limits", "/proc/kallsyms", "/sys/devices/system/cpu/possible"] {
        file::copy(path, &*copy).unwrap();
        assert_same_bytes(&fs::read(&copy).unwrap(), &fs::read(path).unwrap());
        assert_eq!(mode_of(&copy), mode_of(path));
        // Which may be that of a file that cannot be written to again.
        fs::remove_file(&copy).unwrap();
    }
    file::copy("/dev/null", &*copy).unwrap();
    assert_eq!(fs::read(&copy).unwrap(), b"");
    let (fifo, content) = (place.fifo("fifo"), noise(500_000));
    thread::scope(|scope| {
        scope.spawn(|| fs::write(&fifo, &content).unwrap());
        file::copy(&*fifo, &*copy).unwrap();
    });
    assert_same_bytes(&fs::read(&copy).unwrap(), &content);
}

#[test]
fn destinations_that_are_no_regular_files() {
    let place = Place::new();
    for len in [5, 100_000] {
        let content = noise(len);
        let path = place.file("file", &content);
        let before = fs::metadata("/dev/null").unwrap();
        file::copy(&*path, "/dev/null").unwrap();
        assert_eq!(file::copy(&*path, "/dev/full"), Err(Errno::ENOSPC));
        let after = fs::metadata("/dev/null").unwrap();
        assert_eq!((after.mode(), after.ino()), (before.mode(), before.ino()));
        assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
        let fifo = place.fifo(&format!("fifo{len}"));
        thread::scope(|scope| {
            let reader = scope.spawn(|| fs::read(&fifo).unwrap());
            file::copy(&*path, &*fifo).unwrap();
            assert_same_bytes(&reader.join().unwrap(), &content);
        });
    }
}

#[test]
fn a_dangling_link_gets_its_target() {
    let place = Place::new();
    let path = place.file("file", "content");
    set_mode(&path, 0o640);
    file::copy(&*path, &*place.link("link", "target")).unwrap();
    assert_eq!(fs::read(place.at("target")).unwrap(), b"content");
    assert_eq!(mode_of(&place.at("target")), 0o640);
    assert!(fs::symlink_metadata(place.at("link")).unwrap().is_symlink());
    assert_eq!(file::copy(&*path, &*place.link("deep", "missing/target")), Err(Errno::ENOENT));
}

/// Limits a file's size and ignores the signal that says so, so that a copy of more fails in the middle.
fn limit_sizes() {
    handle_signal(libc::SIGXFSZ, libc::SIG_IGN, 0);
    set_limit(libc::RLIMIT_FSIZE, 10_000);
}

#[test]
fn a_failure_removes_what_the_call_has_made() {
    in_child(|place| {
        let (small, large) = (place.file("small", noise(20_000)), place.file("large", noise(1_000_000)));
        limit_sizes();
        for path in [&small, &large] {
            assert_eq!(file::copy(&**path, &*place.at("copy")), Err(Errno::EFBIG));
            assert!(!fs::exists(place.at("copy")).unwrap());
        }
    });
}

/// The target's name is not known, so all that can be done is to leave the link alone and report the error.
#[test]
fn a_failure_leaves_a_dangling_link_where_it_was() {
    in_child(|place| {
        let path = place.file("file", noise(20_000));
        let link = place.link("link", "target");
        limit_sizes();
        assert_eq!(file::copy(&*path, &*link), Err(Errno::EFBIG));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    });
}

#[test]
fn a_failure_does_not_remove_what_was_there() {
    in_child(|place| {
        let (small, large) = (place.file("small", noise(20_000)), place.file("large", noise(1_000_000)));
        let old = place.file("old", "old");
        let inode = fs::metadata(&old).unwrap().ino();
        limit_sizes();
        for path in [&small, &large] {
            assert_eq!(file::copy(&**path, &*old), Err(Errno::EFBIG));
            assert_eq!(fs::metadata(&old).unwrap().ino(), inode);
        }
    });
}

#[test]
fn what_may_not_be_read_or_written() {
    as_ordinary_user(|place| {
        let (secret, fixed) = (place.file("secret", "secret"), place.file("fixed", "fixed"));
        set_mode(&secret, 0);
        set_mode(&fixed, 0o444);
        assert_eq!(file::copy(&*secret, &*place.at("copy")), Err(Errno::EACCES));
        assert!(!fs::exists(place.at("copy")).unwrap());
        let readable = place.file("readable", "new");
        assert_eq!(file::copy(&*readable, &*fixed), Err(Errno::EACCES));
        assert_eq!(fs::read(&fixed).unwrap(), b"fixed");
        // A copy of what may only be read may only be read as well, and is complete all the same.
        set_mode(&readable, 0o400);
        file::copy(&*readable, &*place.at("copy")).unwrap();
        assert_eq!(fs::read(place.at("copy")).unwrap(), b"new");
        assert_eq!(mode_of(&place.at("copy")), 0o400);
    });
}

#[test]
fn many_threads_copy_at_once() {
    let place = Place::new();
    let content = noise(200_000);
    let path = place.file("file", &content);
    thread::scope(|scope| {
        for thread in 0..8 {
            let (place, path, content) = (&place, &path, &content);
            scope.spawn(move || {
                for _ in 0..20 {
                    let copy = place.at(&format!("copy{thread}"));
                    file::copy(&**path, &*copy).unwrap();
                    assert_same_bytes(&fs::read(&copy).unwrap(), content);
                    file::delete(&*copy).unwrap();
                }
            });
        }
    });
}
