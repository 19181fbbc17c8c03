use super::*;

/// Runs a test on a file system with quirks.
macro_rules! on_fuse {
    ($quirks:expr, $body:expr) => {
        in_child(|temp| {
            let point = temp.mkdir("mounted");
            let _mounted = match FuseMount::new(&point, $quirks) {
                Ok(mounted) => mounted,
                Err(reason) => return report_no_fuse(&reason),
            };
            let body: fn(&TempDir, &str) = $body;
            body(temp, &point);
        })
    };
}

#[test]
fn copy_over_a_file_that_claims_size_0_leaves_nothing_of_its_old_content() {
    on_fuse!(Quirks { claims_size_0: true, ..Quirks::default() }, |temp, mounted| {
        let (path, old) = (temp.file("file", "short"), format!("{mounted}/old"));
        for len in [0, 5, 6, 100_000, 300_000] {
            fs::write(&old, random_bytes(len)).unwrap();
            assert_eq!(fs::metadata(&old).unwrap().len(), 0);
            file::copy(&*path, &*old).unwrap();
            assert_eq!(fs::read(&old).unwrap(), b"short");
        }
        // As a source it is read to its end, and so by other operations.
        let bytes = random_bytes(300_000);
        fs::write(&old, &bytes).unwrap();
        file::copy(&*old, &*temp.join("copy")).unwrap();
        assert_same_bytes(&fs::read(temp.join("copy")).unwrap(), &bytes);
        assert_same_bytes(file::read_text(&*old).unwrap().as_bytes(), &bytes);
        file::write_text(&*old, "text").unwrap();
        assert_eq!(fs::read(&old).unwrap(), b"text");
    });
}

#[test]
fn copy_to_a_file_system_that_refuses_chmod_succeeds() {
    on_fuse!(Quirks { refuses_chmod: true, ..Quirks::default() }, |temp, mounted| {
        let (path, new) = (temp.file("file", "content"), format!("{mounted}/new"));
        fs::set_permissions(temp.file("other", ""), fs::metadata(&path).unwrap().permissions()).unwrap();
        for content in ["content", "longer content", ""] {
            fs::write(&path, content).unwrap();
            set_mode(&path, 0o640);
            // A new file first, and then an existing one.
            file::copy(&*path, &*new).unwrap();
            assert_eq!(fs::read(&new).unwrap(), content.as_bytes());
            assert_eq!(mode_of(&new), 0o755, "the file system decides");
        }
    });
}

/// The kernel reports such a file as data from its start to its end.
#[test]
fn copy_from_a_file_system_that_reports_no_holes_leaves_out_blocks_of_zeroes() {
    on_fuse!(Quirks { claims_no_blocks: true, ..Quirks::default() }, |temp, mounted| {
        let (path, copy) = (format!("{mounted}/file"), temp.join("copy"));
        for (len, marks) in
            [(5_000_000, &[0, 2_000_000, 4_000_000][..]), (300_001, &[300_000]), (20_000, &[9]), (3, &[])]
        {
            let mut content = vec![0; len];
            for &mark in marks {
                content[mark] = 1;
            }
            fs::write(&path, &content).unwrap();
            file::copy(&*path, &*copy).unwrap();
            assert_same_bytes(&fs::read(&copy).unwrap(), &content);
            let (blocks, most) = (fs::metadata(&copy).unwrap().blocks(), 8 * (u64::try_from(marks.len()).unwrap() + 2));
            assert!(blocks <= most, "{len} bytes: {blocks} blocks instead of {most}");
        }
        // Content without zeroes is complete too.
        fs::write(&path, random_bytes(300_000)).unwrap();
        file::copy(&*path, &*copy).unwrap();
        assert_same_bytes(&fs::read(&copy).unwrap(), &random_bytes(300_000));
    });
}

#[test]
fn copy_of_a_file_onto_itself_fails_with_einval_where_inode_numbers_change() {
    on_fuse!(Quirks { renumbers: true, ..Quirks::default() }, |temp, mounted| {
        let path = format!("{mounted}/file");
        for len in [0, 10, 100_000] {
            fs::write(&path, random_bytes(len)).unwrap();
            assert_ne!(fs::metadata(&path).unwrap().ino(), fs::metadata(&path).unwrap().ino());
            let link = temp.symlink(&format!("link{len}"), &path);
            for (from, to) in [(&path, &path), (&path, &link), (&link, &path)] {
                assert_eq!(file::copy(&**from, &**to), Err(Errno::EINVAL));
                assert_same_bytes(&fs::read(&path).unwrap(), &random_bytes(len));
            }
        }
        // Different files are copied, and a new file is removed after a failure.
        let other = format!("{mounted}/other");
        for _ in 0..2 {
            file::copy(&*path, &*other).unwrap();
            assert_same_bytes(&fs::read(&other).unwrap(), &random_bytes(100_000));
            fs::write(&other, "shorter").unwrap();
        }
        let new = format!("{mounted}/new");
        limit_file_size();
        assert_eq!(file::copy(&*path, &*new), Err(Errno::EFBIG));
        assert_same_error(file::size(&*new), fs::metadata(&new));
    });
}

/// Files that are written within one tick of the clock have the same times.
#[test]
fn copy_between_files_of_equal_size_and_times_succeeds() {
    let temp = TempDir::new();
    for number in 0..300 {
        let [from, to] =
            ["from", "to"].map(|name| temp.file(&format!("{name}{number}"), name.repeat(4).get(..8).unwrap()));
        file::copy(&*from, &*to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"fromfrom");
    }
}

#[test]
fn copy_whose_close_fails_reports_it_and_removes_the_new_file() {
    on_fuse!(Quirks { fails_close: true, ..Quirks::default() }, |temp, mounted| {
        let (path, new) = (temp.file("file", "content"), format!("{mounted}/new"));
        assert_eq!(file::copy(&*path, &*new), Err(Errno::EDQUOT));
        assert!(!fs::exists(&new).unwrap());
    });
}
