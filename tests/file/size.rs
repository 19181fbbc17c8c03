use super::*;

#[test]
fn size_matches_stat_for_every_file_type() {
    let temp = TempDir::new();
    for len in [0, 1, 4096, 1_000_000] {
        let path = temp.file("file", random_bytes(len));
        assert_eq!(file::size(&*path), Ok(i64::try_from(len).unwrap()));
    }
    temp.symlink("link", "file");
    temp.mkfifo("fifo");
    for path in [temp.path(), &temp.join("link"), &temp.join("fifo"), "/dev/null", "/proc/version", "/sys/kernel"] {
        let expected = fs::metadata(path).unwrap().len();
        assert_eq!(file::size(path), Ok(i64::try_from(expected).unwrap()), "{path}");
    }
    assert_eq!(file::size(&*temp.join("link")), Ok(1_000_000));
}
