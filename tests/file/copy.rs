use super::*;

#[cfg(target_os = "linux")]
mod file_systems;
mod holes;
pub(super) mod modes;

#[test]
fn copy_of_any_size_replaces_a_file_of_any_size() {
    let temp = TempDir::new();
    let bytes = random_bytes(5_000_000);
    let copy = temp.join("copy");
    let sizes = [0, 1, 2, 4095, 4096, 4097, 65_535, 65_536, 65_537, (1 << 18) - 1, 1 << 18, (1 << 18) + 1];
    for len in sizes.into_iter().chain([bytes.len()]) {
        let path = temp.file("file", &bytes[..len]);
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
fn copy_to_another_file_system_keeps_the_content() {
    let shared_memory = "/dev/shm";
    let Ok(other) = tempfile::tempdir_in(shared_memory) else {
        return report_cannot_run("copies between file systems: make /dev/shm writable");
    };
    let temp = TempDir::new();
    let (path, copy) = (temp.file("file", random_bytes(1_000_000)), other.path().join("copy"));
    let copy = copy.to_str().unwrap();
    file::copy(&*path, copy).unwrap();
    assert_same_bytes(&fs::read(copy).unwrap(), &random_bytes(1_000_000));
    file::copy(copy, &*temp.join("back")).unwrap();
    assert_same_bytes(&fs::read(temp.join("back")).unwrap(), &random_bytes(1_000_000));
}

#[test]
fn copy_over_an_existing_file_keeps_its_inode_and_links() {
    let temp = TempDir::new();
    let path = temp.file("file", "new");
    let old = temp.file("old", "old content");
    fs::hard_link(&old, temp.join("other name")).unwrap();
    let inode = fs::metadata(&old).unwrap().ino();
    file::copy(&*path, &*temp.symlink("link", "old")).unwrap();
    assert_eq!(fs::metadata(&old).unwrap().ino(), inode);
    assert_eq!(fs::read(temp.join("other name")).unwrap(), b"new");
    assert!(fs::symlink_metadata(temp.join("link")).unwrap().is_symlink());
}

/// A file in a lower layer that has two names gets another inode number when it is opened for writing.
#[test]
#[cfg(target_os = "linux")]
fn copy_of_an_overlayfs_file_onto_itself_fails_with_einval() {
    in_child(|temp| {
        if let Err(why) = mount_layers(temp) {
            return report_cannot_run(&format!("a copy on overlayfs: run the tests as root ({why})"));
        }
        for len in [1000, 100_000] {
            let [by_name, by_link, by_other_name] = ["a", "b", "c"].map(|name| {
                (temp.join(&format!("merged/{name}{len}")), temp.join(&format!("merged/other {name}{len}")))
            });
            std::os::unix::fs::symlink(&by_link.0, temp.join(&format!("merged/link{len}"))).unwrap();
            for (source, destination) in [
                (&by_name.0, by_name.0.clone()),
                (&by_link.0, temp.join(&format!("merged/link{len}"))),
                (&by_name.0, by_name.0.clone()),
            ] {
                assert_eq!(file::copy(&**source, &*destination), Err(Errno::EINVAL), "{source} {destination}");
                assert_same_bytes(&fs::read(source).unwrap(), &random_bytes(len));
            }
            // Opening one of two names for writing copied it up, so these are different files now.
            file::copy(&*by_other_name.0, &*by_other_name.1).unwrap();
            assert_same_bytes(&fs::read(&by_other_name.1).unwrap(), &random_bytes(len));
        }
    });
}

/// Mounts an overlayfs, in a mount namespace of its own, with files that have two names each.
#[cfg(target_os = "linux")]
fn mount_layers(temp: &TempDir) -> Result<(), String> {
    enter_mount_namespace()?;
    mount("layers", temp.path(), "tmpfs", 0, "mode=0777")?;
    let [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map(|name| temp.mkdir(name));
    for len in [1000, 100_000] {
        for name in ["a", "b", "c"] {
            let path = temp.file(&format!("lower/{name}{len}"), random_bytes(len));
            fs::hard_link(path, temp.join(&format!("lower/other {name}{len}"))).unwrap();
        }
    }
    mount("layers", &merged, "overlay", 0, &format!("lowerdir={lower},upperdir={upper},workdir={work}"))
}

#[test]
fn copy_of_a_file_onto_itself_fails_with_einval() {
    let temp = TempDir::new();
    for len in [0, 5, 100_000] {
        let content = random_bytes(len);
        let path = temp.file("file", &content);
        let names = [path.clone(), temp.symlink("link", "file"), temp.join("hard"), path_of_length(&path, 3000)];
        fs::hard_link(&path, temp.join("hard")).unwrap();
        for source in &names {
            for destination in &names {
                assert_eq!(file::copy(&**source, &**destination), Err(Errno::EINVAL));
                assert_same_bytes(&fs::read(&path).unwrap(), &content);
            }
        }
        fs::remove_file(temp.join("link")).unwrap();
        fs::remove_file(temp.join("hard")).unwrap();
    }
}

#[test]
fn copy_from_or_to_a_directory_fails_with_eisdir() {
    let temp = TempDir::new();
    let (directory, path) = (temp.mkdir("directory"), temp.file("file", "x"));
    assert_eq!(file::copy(&*directory, &*temp.join("new")), Err(Errno::EISDIR));
    assert_eq!(file::copy(&*directory, &*path), Err(Errno::EISDIR));
    assert_eq!(file::copy(&*directory, &*directory), Err(Errno::EISDIR));
    assert_eq!(file::copy(&*path, &*directory), Err(Errno::EISDIR));
    assert_eq!(fs::read(&path).unwrap(), b"x");
    assert!(!fs::exists(temp.join("new")).unwrap());
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
}

#[test]
fn copy_of_a_missing_source_fails_with_enoent_and_keeps_the_destination() {
    let temp = TempDir::new();
    let path = temp.file("file", "x");
    assert_eq!(file::copy(&*temp.join("missing"), &*path), Err(Errno::ENOENT));
    assert_eq!(fs::read(&path).unwrap(), b"x");
    assert_eq!(file::copy(&*path, &*temp.join("missing/new")), Err(Errno::ENOENT));
}

#[test]
fn copy_reads_proc_files_devices_and_pipes() {
    let temp = TempDir::new();
    let copy = temp.file("copy", "old content");
    for path in ["/proc/version", "/proc/self/limits", "/proc/kallsyms", "/sys/devices/system/cpu/possible"] {
        file::copy(path, &*copy).unwrap();
        assert_same_bytes(&fs::read(&copy).unwrap(), &fs::read(path).unwrap());
    }
    file::copy("/dev/null", &*copy).unwrap();
    assert_eq!(fs::read(&copy).unwrap(), b"");
    let (fifo, content) = (temp.mkfifo("fifo"), random_bytes(500_000));
    thread::scope(|scope| {
        scope.spawn(|| fs::write(&fifo, &content).unwrap());
        file::copy(&*fifo, &*copy).unwrap();
    });
    assert_same_bytes(&fs::read(&copy).unwrap(), &content);
}

/// A read takes one packet, and the rest of a packet that does not fit is lost.
#[test]
#[cfg(target_os = "linux")]
fn copy_of_a_packet_pipe_takes_whole_packets() {
    let temp = TempDir::new();
    let mut ends = [0; 2];
    // SAFETY: the array has room for two descriptors.
    checked(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_DIRECT) });
    // SAFETY: the calls have just opened the descriptors.
    let [reader, writer] = ends.map(|end| unsafe { <fs::File as FromRawFd>::from_raw_fd(end) });
    let (path, content) = (format!("/proc/self/fd/{}", ends[0]), random_bytes(100_000));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = writer;
            for packet in content.chunks(4001) {
                writer.write_all(packet).unwrap();
            }
        });
        file::copy(&*path, &*temp.join("copy")).unwrap();
    });
    drop(reader);
    assert_same_bytes(&fs::read(temp.join("copy")).unwrap(), &content);
}

#[test]
fn copy_writes_to_devices_and_pipes() {
    let temp = TempDir::new();
    for len in [5, 100_000] {
        let content = random_bytes(len);
        let path = temp.file("file", &content);
        let before = fs::metadata("/dev/null").unwrap();
        file::copy(&*path, "/dev/null").unwrap();
        assert_eq!(file::copy(&*path, "/dev/full"), Err(Errno::ENOSPC));
        let after = fs::metadata("/dev/null").unwrap();
        assert_eq!((after.mode(), after.ino()), (before.mode(), before.ino()));
        assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
        let fifo = temp.mkfifo(&format!("fifo{len}"));
        thread::scope(|scope| {
            let reader = scope.spawn(|| fs::read(&fifo).unwrap());
            file::copy(&*path, &*fifo).unwrap();
            assert_same_bytes(&reader.join().unwrap(), &content);
        });
    }
}

#[test]
fn copy_to_a_dangling_symlink_creates_its_target() {
    let temp = TempDir::new();
    let path = temp.file("file", "content");
    set_mode(&path, 0o640);
    file::copy(&*path, &*temp.symlink("link", "target")).unwrap();
    assert_eq!(fs::read(temp.join("target")).unwrap(), b"content");
    assert_eq!(mode_of(&temp.join("target")), 0o640);
    assert!(fs::symlink_metadata(temp.join("link")).unwrap().is_symlink());
    assert_eq!(file::copy(&*path, &*temp.symlink("deep", "missing/target")), Err(Errno::ENOENT));
}

/// Limits the size of files and ignores SIGXFSZ, so that a copy of a larger file fails in the middle.
fn limit_file_size() {
    set_signal_handler(libc::SIGXFSZ, libc::SIG_IGN, 0);
    set_soft_limit(libc::RLIMIT_FSIZE, 10_000);
}

#[test]
fn copy_that_fails_removes_the_file_that_it_created() {
    in_child(|temp| {
        let (small, large) = (temp.file("small", random_bytes(20_000)), temp.file("large", random_bytes(1_000_000)));
        limit_file_size();
        for path in [&small, &large] {
            assert_eq!(file::copy(&**path, &*temp.join("copy")), Err(Errno::EFBIG));
            assert!(!fs::exists(temp.join("copy")).unwrap());
        }
    });
}

/// The name of the target is unknown to the call, so it cannot remove the target. It must not remove the link.
#[test]
fn copy_that_fails_keeps_a_dangling_symlink() {
    in_child(|temp| {
        let path = temp.file("file", random_bytes(20_000));
        let link = temp.symlink("link", "target");
        limit_file_size();
        assert_eq!(file::copy(&*path, &*link), Err(Errno::EFBIG));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    });
}

#[test]
fn copy_that_fails_keeps_an_existing_destination() {
    in_child(|temp| {
        let (small, large) = (temp.file("small", random_bytes(20_000)), temp.file("large", random_bytes(1_000_000)));
        let old = temp.file("old", "old");
        let inode = fs::metadata(&old).unwrap().ino();
        limit_file_size();
        for path in [&small, &large] {
            assert_eq!(file::copy(&**path, &*old), Err(Errno::EFBIG));
            assert_eq!(fs::metadata(&old).unwrap().ino(), inode);
        }
    });
}

#[test]
fn copy_without_permission_fails_with_eacces() {
    as_ordinary_user(|temp| {
        let (secret, fixed) = (temp.file("secret", "secret"), temp.file("fixed", "fixed"));
        set_mode(&secret, 0);
        set_mode(&fixed, 0o444);
        assert_eq!(file::copy(&*secret, &*temp.join("copy")), Err(Errno::EACCES));
        assert!(!fs::exists(temp.join("copy")).unwrap());
        let readable = temp.file("readable", "new");
        assert_eq!(file::copy(&*readable, &*fixed), Err(Errno::EACCES));
        assert_eq!(fs::read(&fixed).unwrap(), b"fixed");
        // The copy of a read-only file is complete, though the copy is read-only too.
        set_mode(&readable, 0o400);
        file::copy(&*readable, &*temp.join("copy")).unwrap();
        assert_eq!(fs::read(temp.join("copy")).unwrap(), b"new");
        assert_eq!(mode_of(&temp.join("copy")), 0o400);
        // It prevents the next one.
        assert_eq!(file::copy(&*readable, &*temp.join("copy")), Err(Errno::EACCES));
        assert_eq!(fs::read(temp.join("copy")).unwrap(), b"new");
    });
}

#[test]
fn copy_by_many_threads_at_once_succeeds() {
    let temp = TempDir::new();
    let content = random_bytes(200_000);
    let path = temp.file("file", &content);
    thread::scope(|scope| {
        for thread in 0..8 {
            let (temp, path, content) = (&temp, &path, &content);
            scope.spawn(move || {
                for _ in 0..20 {
                    let copy = temp.join(&format!("copy{thread}"));
                    file::copy(&**path, &*copy).unwrap();
                    assert_same_bytes(&fs::read(&copy).unwrap(), content);
                    file::delete(&*copy).unwrap();
                }
            });
        }
    });
}
