use super::*;

#[test]
fn map_beyond_the_end_fails_with_einval() {
    let temp = TempDir::new();
    for size in [0_usize, 5, 4096, 100_000] {
        let path = temp.join("file");
        fs::write(&path, random_bytes(size)).unwrap();
        let end = u64::try_from(size).unwrap();
        let cases = [
            (end + 1, None),
            (end + 1, Some(0)),
            (end, Some(1)),
            (0, Some(size + 1)),
            (end / 2, Some(size)),
            (0, Some(usize::MAX)),
            (u64::MAX, None),
            (u64::MAX, Some(1)),
            (1 << 63, Some(0)),
            (end, Some(usize::MAX)),
        ];
        for (offset, len) in cases {
            if (size, offset, len) == (0, 0, Some(0)) {
                continue;
            }
            assert_eq!(map_part(&path, offset, len).unwrap_err(), Errno::EINVAL, "{size}: {offset}, {len:?}");
        }
        assert_eq!(mappings_of(&path), Vec::<String>::new());
    }
}

#[test]
fn map_reports_path_errors_as_std_does() {
    let temp = TempDir::new();
    temp.file("file", "content");
    temp.symlink("loop", "loop");
    for name in ["missing", "missing/x", "file/", "loop"] {
        let path = temp.join(name);
        assert_same_error(map(&path), fs::File::open(&path));
        assert_same_error(map_mut(&path), fs::File::options().read(true).write(true).open(&path));
        assert_same_error(map_copy(&path), fs::File::open(&path));
    }
    assert_eq!(map("file\0").unwrap_err(), Errno::EINVAL);
    assert_eq!(map_mut(temp.path()).unwrap_err(), Errno::EISDIR);
    assert_eq!(map(temp.path()).unwrap_err(), Errno::ENODEV);
}

#[test]
fn map_of_a_pipe_fails_without_blocking() {
    let temp = TempDir::new();
    let path = temp.mkfifo("fifo");
    assert_eq!(map(&path).unwrap_err(), Errno::ENODEV);
    assert_eq!(map_mut(&path).unwrap_err(), Errno::ENODEV);
}

#[test]
fn map_of_a_closed_descriptor_fails_with_ebadf() {
    for fd in [-1, 10_000, i32::MAX, i32::MIN] {
        // SAFETY: nothing is mapped.
        assert_eq!(unsafe { Map::map(fd) }.unwrap_err(), Errno::EBADF);
        assert_eq!(MapRaw::map_raw(fd).unwrap_err(), Errno::EBADF);
    }
}

#[test]
fn map_fails_at_the_limits_of_the_process_and_leaks_nothing() {
    in_child(|temp| {
        let path = temp.join("file");
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let before = count_descriptors();
        set_soft_limit(libc::RLIMIT_AS, 1 << 32);
        assert_eq!(map(&path).unwrap_err(), Errno::ENOMEM);
        assert_eq!(map_mut(&path).unwrap_err(), Errno::ENOMEM);
        assert_eq!(map_copy(&path).unwrap_err(), Errno::ENOMEM);
        assert_eq!(count_descriptors(), before);
        assert_eq!(mappings_of(&path), Vec::<String>::new());
        set_soft_limit(libc::RLIMIT_NOFILE, 0);
        assert_eq!(map(&path).unwrap_err(), Errno::EMFILE);
    });
}

#[test]
fn parts_outside_a_mapping_are_refused() {
    let mapped = MapMut::map_anon(100).unwrap();
    for (offset, len) in [(0, 101), (100, 1), (101, 0), (usize::MAX, 1), (1, usize::MAX)] {
        assert_eq!(mapped.flush_range(offset, len), Err(Errno::EINVAL));
        assert_eq!(mapped.flush_async_range(offset, len), Err(Errno::EINVAL));
        assert_eq!(mapped.advise_range(Advice::Normal, offset, len), Err(Errno::EINVAL));
        // SAFETY: the part is refused.
        let dropped = unsafe { mapped.unchecked_advise_range(UncheckedAdvice::DontNeed, offset, len) };
        assert_eq!(dropped, Err(Errno::EINVAL));
    }
}
