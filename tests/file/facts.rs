use super::*;

fn set_modified(path: &str, seconds: i64, nanoseconds: i64) {
    let c_path = std::ffi::CString::new(path).unwrap();
    let times = [libc::timespec { tv_sec: seconds, tv_nsec: nanoseconds }; 2];
    // SAFETY: the path is NUL-terminated, and there are two times.
    checked(unsafe { libc::utimensat(libc::AT_FDCWD, c_path.as_ptr(), times.as_ptr(), 0) });
}

#[test]
fn size_is_what_stat_says() {
    let place = Place::new();
    for len in [0, 1, 4096, 1_000_000] {
        let path = place.file("file", noise(len));
        assert_eq!(file::size(&*path), Ok(i64::try_from(len).unwrap()));
    }
    place.link("link", "file");
    place.fifo("fifo");
    for path in [place.path(), &place.at("link"), &place.at("fifo"), "/dev/null", "/proc/version", "/sys/kernel"] {
        let wanted = fs::metadata(path).unwrap();
        assert_eq!(file::size(path), Ok(i64::try_from(wanted.len()).unwrap()), "{path}");
        assert_eq!(file::modified_time(path), Ok(wanted.mtime()), "{path}");
    }
    assert_eq!(file::size(&*place.at("link")), Ok(1_000_000));
}

#[test]
fn a_time_may_lie_before_1970_and_beyond_2038() {
    let place = Place::new();
    let path = place.file("file", "");
    let directory = place.dir("directory");
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

#[test]
fn what_may_not_be_reached() {
    as_ordinary_user(|place| {
        let directory = place.dir("closed");
        let path = place.file("closed/file", "");
        set_mode(&directory, 0);
        assert_eq!(file::size(&*path), Err(Errno::EACCES));
        assert_eq!(file::modified_time(&*path), Err(Errno::EACCES));
        assert_eq!(file::delete(&*path), Err(Errno::EACCES));
        assert_eq!(file::copy(&*path, &*place.at("copy")), Err(Errno::EACCES));
        set_mode(&directory, 0o700);
    });
}

/// Sizes that do not fit 31 or 32 bits, with something to find at the edges of what one call moves.
#[test]
fn files_over_2_gib() {
    const MARKS: [u64; 6] = [0, 0x7fff_f000 - 4, 0x7fff_fffc, 0x8000_1000, 0x8010_0000, 0x8020_0000 - 8];
    let place = large_place(6 << 30);
    let (path, copy) = (place.at("file"), place.at("copy"));
    let large = fs::File::create(&path).unwrap();
    large.set_len(0x8020_0000).unwrap();
    for mark in MARKS {
        large.write_all_at(&(mark + 1).to_be_bytes(), mark).unwrap();
    }
    assert_eq!(file::size(&*path), Ok(0x8020_0000));
    set_modified(&path, -5, 0);
    assert_eq!(file::modified_time(&*path), Ok(-5));
    file::copy(&*path, &*copy).unwrap();
    assert_eq!(file::size(&*copy), Ok(0x8020_0000));
    let copied = fs::File::open(&copy).unwrap();
    let mut buffer = [1; 16];
    for mark in MARKS {
        // The mark and, where there is something behind it, the zeroes.
        let len = copied.read_at(&mut buffer, mark).unwrap();
        assert_eq!(buffer[..8], (mark + 1).to_be_bytes(), "{mark:#x}");
        assert!(buffer[8..len].iter().all(|&byte| byte == 0), "{mark:#x}");
    }
    fs::remove_file(&copy).unwrap();

    let text = file::read_text(&*path).unwrap();
    assert_eq!(text.len(), 0x8020_0000);
    for mark in MARKS {
        let at = usize::try_from(mark).unwrap();
        assert_eq!(text[at..at + 8], (mark + 1).to_be_bytes(), "{mark:#x}");
    }
    drop(text);
    file::append_text(&*path, "end").unwrap();
    assert_eq!(file::size(&*path), Ok(0x8020_0003));
}
