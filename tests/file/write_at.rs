use super::*;

#[test]
fn write_at_changes_the_part_that_pwrite_changes() {
    let temp = TempDir::new();
    for old in [0, 10, 200_000] {
        for (offset, len) in [(0, 0), (0, 5), (3, 5), (8, 100), (150_000, 100_000), (200_000, 3), (300_000, 3)] {
            let (ours, theirs) = (temp.file("ours", random_bytes(old)), temp.file("theirs", random_bytes(old)));
            let content = vec![7; len];
            file::write_at(&*ours, offset, &content).unwrap();
            fs::File::options().write(true).open(&theirs).unwrap().write_all_at(&content, offset).unwrap();
            assert_same_bytes(&fs::read(&ours).unwrap(), &fs::read(&theirs).unwrap());
        }
    }
}

#[test]
fn write_at_creates_a_file_with_0666_less_the_umask() {
    in_child(|temp| {
        set_umask(0o27);
        file::write_at(&*temp.join("new"), 3, "abc").unwrap();
        assert_eq!(fs::read(temp.join("new")).unwrap(), b"\0\0\0abc");
        assert_eq!(mode_of(&temp.join("new")), 0o640);
        file::write_at(&*temp.join("empty"), 3, "").unwrap();
        assert_eq!(fs::read(temp.join("empty")).unwrap(), b"");
    });
}

#[test]
fn write_at_beyond_every_file_fails_and_a_negative_offset_creates_none() {
    let temp = TempDir::new();
    let path = temp.join("file");
    assert_eq!(file::write_at(&*path, 1 << 63, "x"), Err(Errno::EINVAL));
    assert_eq!(file::write_at(&*path, u64::MAX, ""), Err(Errno::EINVAL));
    assert!(!fs::exists(&path).unwrap());
    let last = i64::MAX.cast_unsigned();
    let theirs = fs::File::create(temp.join("theirs")).unwrap();
    assert_same_error(file::write_at(&*path, last, "x"), theirs.write_all_at(b"x", last));
}

#[test]
fn write_at_fails_with_the_errors_of_pwrite() {
    let temp = TempDir::new();
    let fifo = temp.mkfifo("fifo");
    let _both_ends = fs::File::options().read(true).write(true).open(&fifo).unwrap();
    assert_eq!(file::write_at(&*fifo, 0, "x"), Err(Errno::ESPIPE));
    assert_eq!(file::write_at("/dev/full", 0, "x"), Err(Errno::ENOSPC));
    assert_eq!(file::write_at(temp.path(), 0, "x"), Err(Errno::EISDIR));
    in_child(|temp| {
        atomic_write::limit_file_size();
        assert_eq!(file::write_at(&*temp.join("file"), 5000, random_bytes(20_000)), Err(Errno::EFBIG));
        assert_eq!(fs::metadata(temp.join("file")).unwrap().len(), 10_000);
    });
}

#[test]
fn write_at_by_many_threads_fills_a_file() {
    let temp = TempDir::new();
    let (path, content) = (temp.join("file"), random_bytes(400_000));
    thread::scope(|scope| {
        for (number, part) in content.chunks(100_000).enumerate() {
            let path = &path;
            scope.spawn(move || {
                for (step, piece) in part.chunks(5000).enumerate() {
                    let offset = u64::try_from(number * 100_000 + step * 5000).unwrap();
                    file::write_at(&**path, offset, piece).unwrap();
                    assert_eq!(file::read_at(&**path, offset, 5000).unwrap(), piece);
                }
            });
        }
    });
    assert_same_bytes(&fs::read(&path).unwrap(), &content);
}
