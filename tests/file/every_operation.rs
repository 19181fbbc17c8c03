use super::*;

#[test]
fn file_operations_report_path_errors_as_std_does() {
    let temp = TempDir::new();
    temp.file("file", "content");
    temp.symlink("loop", "loop");
    temp.symlink("dangling", "missing/target");
    let name = "x".repeat(256);
    for name in ["missing", "missing/x", "file/x", "file/", "loop", "loop/x", "dangling", &name, ""] {
        let path = if name.is_empty() { String::new() } else { temp.join(name) };
        assert_same_error(file::read_text(&*path), fs::read(&path));
        assert_same_error(file::size(&*path), fs::metadata(&path));
        assert_same_error(file::modified_time(&*path), fs::metadata(&path));
        assert_same_error(file::copy(&*path, &*temp.join("copy")), fs::File::open(&path));
        assert!(!fs::exists(temp.join("copy")).unwrap());
        assert_same_error(file::read_at(&*path, 0, 1), fs::read(&path));
        assert_same_error(file::read_lines(&*path), fs::read(&path));
        assert_same_error(file::mode(&*path), fs::metadata(&path));
        assert_same_error(file::set_mode(&*path, 0o600), fs::metadata(&path));
        assert_same_error(file::set_modified_time(&*path, 0, 0), fs::metadata(&path));
        assert_same_error(file::sync(&*path), fs::File::open(&path));
        if name != "loop" && name != "dangling" {
            assert_same_error(file::delete(&*path), fs::remove_file(&path));
        }
        if name != "missing" {
            assert_same_error(file::write_text(&*path, "x"), fs::write(&path, "x"));
            assert_same_error(file::append_text(&*path, "x"), fs::write(&path, "x"));
            assert_same_error(file::write_at(&*path, 0, "x"), fs::write(&path, "x"));
            // A name that ends in a slash is that of a directory, and this one is missing or none.
            if name != "file/" {
                assert_same_error(file::atomic_write(&*path, "x"), fs::write(&path, "x"));
            }
            assert_same_error(file::copy(&*temp.join("file"), &*path), fs::File::options().write(true).open(&path));
            // A directory can be locked, so a name that ends in a slash is that of one.
            if name != "file/" {
                assert_same_error(file::lock(&*path), fs::write(&path, "x"));
            }
        }
    }
    for path in ["/dev/null\0", "\0"] {
        assert_eq!(file::read_text(path).unwrap_err(), Errno::EINVAL);
        assert_eq!(file::write_text(path, ""), Err(Errno::EINVAL));
        assert_eq!(file::append_text(path, ""), Err(Errno::EINVAL));
        assert_eq!(file::delete(path), Err(Errno::EINVAL));
        assert_eq!(file::size(path), Err(Errno::EINVAL));
        assert_eq!(file::modified_time(path), Err(Errno::EINVAL));
        assert_eq!(file::copy(path, "/dev/null"), Err(Errno::EINVAL));
        assert_eq!(file::copy("/dev/null", path), Err(Errno::EINVAL));
        assert_eq!(file::lock(path).unwrap_err(), Errno::EINVAL);
        assert_eq!(file::atomic_write(path, ""), Err(Errno::EINVAL));
        assert_eq!(file::write_at(path, 0, ""), Err(Errno::EINVAL));
        assert_eq!(file::read_at(path, 0, 0).unwrap_err(), Errno::EINVAL);
        assert_eq!(file::rename(path, "x"), Err(Errno::EINVAL));
        assert_eq!(file::move_to("/dev/null", path), Err(Errno::EINVAL));
        assert_eq!(file::symlink("x", path), Err(Errno::EINVAL));
        assert_eq!(file::read_link(path).unwrap_err(), Errno::EINVAL);
        assert_eq!(file::kind(path).unwrap_err(), Errno::EINVAL);
        assert_eq!(file::mode(path), Err(Errno::EINVAL));
    }
    assert_eq!(fs::read(temp.join("file")).unwrap(), b"content");
}

#[test]
fn file_operations_leak_no_descriptor_and_fail_with_emfile_at_the_limit() {
    in_child(|temp| {
        let path = temp.file("file", "x");
        let before = count_descriptors();
        for _ in 0..100 {
            file::read_text(&*path).unwrap();
            file::read_text(temp.path()).unwrap_err();
            file::copy(&*path, &*path).unwrap_err();
            file::copy(&*path, temp.path()).unwrap_err();
            file::copy(&*path, &*temp.join("copy")).unwrap();
            file::write_text("/dev/full", "x").unwrap_err();
            drop(file::lock(&*path).unwrap());
            file::atomic_write(&*path, "x").unwrap();
            file::write_at(&*path, 0, "x").unwrap();
            file::read_at(&*path, 0, 100).unwrap();
            file::read_lines(&*path).unwrap();
            file::sync(&*path).unwrap();
            file::move_to(&*path, &*path).unwrap();
        }
        assert_eq!(count_descriptors(), before);
        set_soft_limit(libc::RLIMIT_NOFILE, 0);
        assert_eq!(file::read_text(&*path).unwrap_err(), Errno::EMFILE);
        assert_eq!(file::write_text(&*path, "x"), Err(Errno::EMFILE));
        assert_eq!(file::copy(&*path, &*temp.join("copy")), Err(Errno::EMFILE));
        assert_eq!(file::lock(&*path).unwrap_err(), Errno::EMFILE);
        assert_eq!(file::size(&*path), Ok(1));
    });
}

#[test]
fn file_operations_below_an_unsearchable_directory_fail_with_eacces() {
    as_ordinary_user(|temp| {
        let directory = temp.mkdir("closed");
        let path = temp.file("closed/file", "");
        set_mode(&directory, 0);
        assert_eq!(file::size(&*path), Err(Errno::EACCES));
        assert_eq!(file::modified_time(&*path), Err(Errno::EACCES));
        assert_eq!(file::delete(&*path), Err(Errno::EACCES));
        assert_eq!(file::copy(&*path, &*temp.join("copy")), Err(Errno::EACCES));
        set_mode(&directory, 0o700);
    });
}

/// The size exceeds 31 bits and what one call transfers. Marks lie around the limits of read(2) and copy_file_range(2).
#[test]
fn file_operations_handle_files_over_2_gib() {
    const MARKS: [u64; 6] = [0, 0x7fff_f000 - 4, 0x7fff_fffc, 0x8000_1000, 0x8010_0000, 0x8020_0000 - 8];
    let temp = temp_dir_with_space(6 << 30);
    let (path, copy) = (temp.join("file"), temp.join("copy"));
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
        // The mark, and the zeroes that follow it unless it ends the file.
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
