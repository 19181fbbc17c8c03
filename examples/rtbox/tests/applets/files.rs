//! Applets for files and directories, compared with std and coreutils.

use super::*;

#[test]
fn cat_prints_any_bytes_and_reports_failures() {
    let rtbox = Rtbox::new();
    let strange = OsString::from_vec(b"\xff\xfe name".to_vec());
    let (binary, large) = (every_byte(1000), every_byte(3_000_001));
    rtbox.write(&strange, &binary);
    rtbox.write("large", &large);
    rtbox.write("empty", "");
    assert_eq!(rtbox.run_args([&strange]).2, Some(127));
    assert_eq!(rtbox.run_args([OsStr::new("cat"), &strange]), success(&binary));
    let all = [OsStr::new("cat"), "empty".as_ref(), &strange, "large".as_ref(), &strange];
    assert_eq!(rtbox.run_args(all), success([&binary, &large, &binary].map(Vec::as_slice).concat()));
    assert_eq!(rtbox.run("cat /proc/version"), success(fs::read("/proc/version").unwrap()));

    let (stdout, stderr, code) = rtbox.run("cat large missing . large");
    assert_eq!((stdout, code), ([&large, &large].map(Vec::as_slice).concat(), Some(1)));
    let missing = "rtbox: cat missing: ENOENT: No such file or directory\n";
    assert_eq!(stderr, format!("{missing}rtbox: cat .: EISDIR: Is a directory\n"));
}

#[test]
fn cat_reads_standard_input_for_a_dash_and_without_operands() {
    let rtbox = Rtbox::new();
    let input = every_byte(200_000);
    assert_eq!(rtbox.run_with_input("cat", &input), success(&input));
    rtbox.write("f", "file");
    assert_eq!(rtbox.run_with_input("cat f - f", b"\0in\xff"), success(b"file\0in\xfffile"));
    let missing = "rtbox: cat missing: ENOENT: No such file or directory\n".to_owned();
    assert_eq!(rtbox.run_with_input("cat - missing", b"in"), (b"in".to_vec(), missing, Some(1)));
    let file = File::open(rtbox.path("f")).unwrap();
    assert_eq!(outcome(rtbox.command(["cat", "-"]).stdin(file).output().unwrap()), success("file"));

    for call in ["cat", "write f"] {
        let directory = File::open(rtbox.path("")).unwrap();
        let name = call.split(' ').next().unwrap();
        let message = format!("rtbox: {name}: standard input: EISDIR: Is a directory\n");
        assert_eq!(outcome(rtbox.command(call.split(' ')).stdin(directory).output().unwrap()), failure(1, &message));
    }
    assert_eq!(rtbox.read("f"), b"file");
}

#[test]
fn write_and_append_join_their_texts_to_lines() {
    let rtbox = Rtbox::new();
    assert_eq!(rtbox.run("write f one two"), success(""));
    assert_eq!(rtbox.read("f"), b"one two\n");
    assert_eq!(rtbox.run("append f -n three"), success(""));
    assert_eq!(rtbox.run("append -n f four"), success(""));
    assert_eq!(rtbox.read("f"), b"one two\n-n three\nfour");
    assert_eq!(rtbox.run_args(["write", "-n", "f", "", ""]), success(""));
    assert_eq!(rtbox.read("f"), b" ");
    assert_eq!(rtbox.run_args(["write", "f", ""]), success(""));
    assert_eq!(rtbox.read("f"), b"\n");

    let binary = every_byte(100_000);
    assert_eq!(rtbox.run_with_input("write f", &binary), success(""));
    assert_eq!(rtbox.run_with_input("append f", b"\0"), success(""));
    assert_eq!(rtbox.read("f"), [&binary[..], b"\0"].concat());
    assert_eq!(rtbox.run("write f"), success(""));
    assert_eq!(rtbox.read("f"), b"");
    assert_eq!(rtbox.run("write no/f x"), failure(1, "rtbox: write no/f: ENOENT: No such file or directory\n"));
    assert_eq!(rtbox.run("append . x"), failure(1, "rtbox: append .: EISDIR: Is a directory\n"));
}

#[test]
fn write_and_append_accept_texts_of_any_length() {
    let rtbox = Rtbox::new();
    let (long, short) = ("x".repeat(100_000), "y".repeat(65_535));
    for texts in [vec![&long], vec![&short], vec![&long, &short, &long], vec![&short, &short]] {
        let joined = texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(" ");
        for (options, end) in [(vec![], "\n"), (vec!["-n"], "")] {
            for applet in ["write", "append"] {
                let args = [applet].into_iter().chain(options.iter().copied()).chain(["f"]);
                assert_eq!(rtbox.run_args(args.chain(texts.iter().map(|text| text.as_str()))), success(""));
            }
            assert_eq!(rtbox.read("f"), format!("{joined}{end}{joined}{end}").into_bytes());
        }
    }
}

#[test]
fn append_by_many_processes_keeps_lines_whole() {
    let rtbox = Rtbox::new();
    let lines = ["a", "b", "c", "d", "e", "f"].map(|letter| letter.repeat(20_000));
    std::thread::scope(|scope| {
        for line in &lines {
            scope.spawn(|| (0..20).for_each(|_| assert_eq!(rtbox.run_args(["append", "log", line]), success(""))));
        }
    });
    let log = String::from_utf8(rtbox.read("log")).unwrap();
    assert_eq!(log.lines().count(), 20 * lines.len());
    assert!(log.lines().all(|line| lines.iter().any(|written| written == line)));
}

#[test]
fn cp_copies_content_and_mode() {
    let rtbox = Rtbox::new();
    for (mode, len) in [(0o640, 0), (0o755, 1000), (0o444, 3_000_000)] {
        let source = rtbox.write("source", every_byte(len));
        fs::set_permissions(&source, fs::Permissions::from_mode(mode)).unwrap();
        // An existing destination would keep its mode.
        let _ = fs::remove_file(rtbox.path("copy"));
        assert_eq!(rtbox.run("cp source copy"), success(""));
        assert_eq!(rtbox.read("copy"), every_byte(len));
        assert_eq!(fs::metadata(rtbox.path("copy")).unwrap().mode() & 0o7777, mode);
        assert_eq!(rtbox.oracle("cmp", &["source", "copy"]), b"");
        fs::remove_file(source).unwrap();
    }
    fs::set_permissions(rtbox.path("copy"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::hard_link(rtbox.path("copy"), rtbox.path("link")).unwrap();
    let same = "rtbox: cp copy link: EINVAL: Invalid argument (are they the same file?)\n";
    assert_eq!(rtbox.run("cp copy link"), failure(1, same));
    assert_eq!(rtbox.read("copy").len(), 3_000_000);
    assert_eq!(rtbox.run("cp a b"), failure(1, "rtbox: cp a b: ENOENT: No such file or directory\n"));
    assert_eq!(rtbox.run("cp copy ."), failure(1, "rtbox: cp copy .: EISDIR: Is a directory\n"));
}

#[test]
fn rm_removes_files_and_links_but_no_directories() {
    let rtbox = Rtbox::new();
    fs::create_dir(rtbox.path("d")).unwrap();
    rtbox.write("a", "");
    rtbox.write("b", "");
    rtbox.write("-p", "");
    symlink("d", rtbox.path("link")).unwrap();
    let (_, stderr, code) = rtbox.run("rm a missing d link b");
    let missing = "rtbox: rm missing: ENOENT: No such file or directory\n";
    assert_eq!(stderr, format!("{missing}rtbox: rm d: EISDIR: Is a directory\n"));
    assert_eq!(code, Some(1));
    assert_eq!(rtbox.run("rm -- -p"), success(""));
    assert_eq!(rtbox.run("ls"), success("d\n"));
}

#[test]
fn ls_prints_the_same_names_as_ls_of_coreutils() {
    let rtbox = Rtbox::new();
    fs::create_dir(rtbox.path("empty")).unwrap();
    fs::create_dir(rtbox.path("full")).unwrap();
    for i in 0..3000 {
        rtbox.write(format!("full/{i}{}", "-".repeat(i % 200)), "");
    }
    rtbox.write(OsStr::from_bytes(b"full/\xff\n\x01"), "");
    rtbox.write("full/.hidden", "");
    assert_eq!(rtbox.run("ls full"), success(rtbox.oracle("ls", &["-U", "-A", "full"])));
    assert_eq!(rtbox.run("ls"), success(rtbox.oracle("ls", &["-U", "-A"])));
    assert_eq!(rtbox.run("ls empty"), success(""));
    assert_eq!(rtbox.run("ls empty full"), success(rtbox.oracle("ls", &["-U", "-A", "empty", "full"])));
    let (stdout, stderr, code) = rtbox.run("ls full missing full/0");
    assert_eq!(stdout, [b"full:\n", &rtbox.oracle("ls", &["-U", "-A", "full"])[..]].concat());
    let missing = "rtbox: ls missing: ENOENT: No such file or directory\n";
    assert_eq!((stderr, code), (format!("{missing}rtbox: ls full/0: ENOTDIR: Not a directory\n"), Some(1)));
}

#[test]
fn mkdir_creates_parents_only_with_p() {
    let rtbox = Rtbox::new();
    assert_eq!(rtbox.run("mkdir a b"), success(""));
    assert_eq!(rtbox.run("mkdir a"), failure(1, "rtbox: mkdir a: EEXIST: File exists\n"));
    assert_eq!(rtbox.run("mkdir x/y"), failure(1, "rtbox: mkdir x/y: ENOENT: No such file or directory\n"));
    assert_eq!(rtbox.run("mkdir -p a x/y//z/"), success(""));
    assert!(rtbox.path("x/y/z").is_dir() && rtbox.path("b").is_dir());
    rtbox.oracle("mkdir", &["made"]);
    let mode = |name: &str| fs::metadata(rtbox.path(name)).unwrap().mode();
    assert_eq!(mode("x/y"), mode("made"));
    rtbox.write("f", "");
    assert_eq!(rtbox.run("mkdir -p f"), failure(1, "rtbox: mkdir f: EEXIST: File exists\n"));
}

#[test]
fn size_and_mtime_match_stat() {
    let rtbox = Rtbox::new();
    rtbox.write("f", every_byte(12_345));
    File::create(rtbox.path("sparse")).unwrap().set_len(5_000_000_000).unwrap();
    rtbox.oracle("touch", &["-d", "@-12345", "sparse"]);
    symlink("f", rtbox.path("link")).unwrap();
    for (applet, format) in [("size", "%s"), ("mtime", "%Y")] {
        for path in ["f", "sparse", "link", ".", "/proc/version", "/dev/null"] {
            let expected = rtbox.oracle("stat", &["-L", "-c", format, path]);
            // /proc reports another time at each look.
            if (applet, path) != ("mtime", "/proc/version") {
                assert_eq!(rtbox.run_args([applet, path]), success(expected), "{applet} {path}");
            }
        }
        let several = rtbox.oracle("stat", &["-L", "-c", &format!("{format} %n"), "f", "sparse"]);
        let (stdout, stderr, code) = rtbox.run_args([applet, "f", "missing", "sparse"]);
        assert_eq!((stdout, code), (several, Some(1)));
        assert_eq!(stderr, format!("rtbox: {applet} missing: ENOENT: No such file or directory\n"));
    }
}

#[test]
fn exists_reports_by_its_exit_code() {
    let rtbox = Rtbox::new();
    rtbox.write("f", "");
    symlink("missing", rtbox.path("dangling")).unwrap();
    symlink("loop", rtbox.path("loop")).unwrap();
    assert_eq!(rtbox.run("exists f . /"), success(""));
    for path in ["missing", "dangling", "f/x"] {
        assert_eq!(rtbox.run_args(["exists", "f", path, "."]), failure(1, ""), "{path}");
    }
    let unknown = "rtbox: exists loop: ELOOP: Too many levels of symbolic links (so it cannot be known)\n";
    assert_eq!(rtbox.run("exists loop"), failure(1, unknown));
}
