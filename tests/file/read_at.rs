use super::*;

#[test]
fn read_at_returns_the_part_that_pread_returns() {
    let temp = TempDir::new();
    let content = random_bytes(300_000);
    let path = temp.file("file", &content);
    let lengths = [0, 1, 100, 65_535, 65_536, 65_537, 200_000, 299_999, 300_000, 300_001, 1 << 40, usize::MAX];
    for offset in [0, 1, 4096, 100_000, 299_999, 300_000, 300_001, 1 << 40, i64::MAX.cast_unsigned()] {
        for len in lengths {
            let start = usize::try_from(offset).unwrap().min(content.len());
            let wanted = &content[start..start + len.min(content.len() - start)];
            let part = file::read_at(&*path, offset, len).unwrap();
            assert_same_bytes(&part, wanted);
            assert_eq!(byte_after(&part), 0);
        }
    }
}

#[test]
fn read_at_takes_no_memory_for_what_it_does_not_read() {
    if is_emulated() {
        return report_not_in_an_emulator("a limit of memory");
    }
    in_child(|temp| {
        let path = temp.file("file", random_bytes(1000));
        set_soft_limit(libc::RLIMIT_AS, 512 << 20);
        assert_same_bytes(&file::read_at(&*path, 10, 1 << 40).unwrap(), &random_bytes(1000)[10..]);
        // A sparse file of which little is asked for, and one that is too large.
        let sparse = fs::File::create(temp.join("sparse")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        assert_eq!(file::read_at(&*temp.join("sparse"), 1 << 39, 1000).unwrap(), [0; 1000]);
        assert_eq!(file::read_at(&*temp.join("sparse"), (1 << 40) - 10, usize::MAX).unwrap(), [0; 10]);
        assert_eq!(file::read_at(&*temp.join("sparse"), 5, usize::MAX).unwrap_err(), Errno::ENOMEM);
    });
}

#[test]
fn read_at_reads_files_that_report_no_size_and_devices() {
    for path in ["/proc/version", "/proc/self/limits", "/proc/kallsyms"] {
        let wanted = fs::read(path).unwrap();
        for (offset, len) in [(0, usize::MAX), (5, 20), (100, 70_000)] {
            let start = usize::try_from(offset).unwrap().min(wanted.len());
            let wanted = &wanted[start..start + len.min(wanted.len() - start)];
            assert_same_bytes(&file::read_at(path, offset, len).unwrap(), wanted);
        }
    }
    assert_same_bytes(&file::read_at("/dev/zero", 1 << 20, 200_000).unwrap(), &[0; 200_000]);
    assert_eq!(file::read_at("/dev/null", 7, 200_000).unwrap(), "");
}

#[test]
fn read_at_fails_with_the_errors_of_pread() {
    let temp = TempDir::new();
    let (path, fifo) = (temp.file("file", "x"), temp.mkfifo("fifo"));
    let _both_ends = fs::File::options().read(true).write(true).open(&fifo).unwrap();
    for len in [0, 1, usize::MAX] {
        assert_eq!(file::read_at(&*fifo, 0, len).unwrap_err(), Errno::ESPIPE);
        assert_eq!(file::read_at(temp.path(), 0, len).unwrap_err(), Errno::EISDIR);
        assert_eq!(file::read_at(&*path, 1 << 63, len).unwrap_err(), Errno::EINVAL);
        assert_eq!(file::read_at(&*path, u64::MAX, len).unwrap_err(), Errno::EINVAL);
        assert_eq!(file::read_at(&*temp.join("missing"), 0, len).unwrap_err(), Errno::ENOENT);
    }
}
