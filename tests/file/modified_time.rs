use super::*;

#[test]
fn modified_time_matches_stat_for_every_file_type() {
    let temp = TempDir::new();
    temp.file("file", "");
    temp.symlink("link", "file");
    temp.mkfifo("fifo");
    for path in [temp.path(), &temp.join("link"), &temp.join("fifo"), "/dev/null", "/proc/version", "/sys/kernel"] {
        assert_eq!(file::modified_time(path), Ok(fs::metadata(path).unwrap().mtime()), "{path}");
    }
}

#[test]
fn modified_time_reports_times_before_1970_and_after_2038() {
    let temp = TempDir::new();
    let path = temp.file("file", "");
    let directory = temp.mkdir("directory");
    let year = 86_400 * 365;
    for seconds in [0, 1, -1, -2, -year * 30, 1_700_000_000, (1 << 31) - 1, 1 << 31, 1 << 33] {
        for nanoseconds in [0, 1, 999_999_999] {
            for path in [&path, &directory] {
                set_modified(path, seconds, nanoseconds);
                let wanted = fs::metadata(path).unwrap().mtime();
                assert_eq!(file::modified_time(&**path), Ok(wanted));
                if seconds.abs() < 1 << 31 {
                    assert_eq!(wanted, seconds, "the file system did not keep the time");
                }
            }
        }
    }
}
