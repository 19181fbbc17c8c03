use super::*;

#[test]
fn read_lines_splits_as_str_lines_does() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let long = "x".repeat(100_000);
    let texts = [
        "",
        "\n",
        "\r\n",
        "\r",
        "a",
        "a\n",
        "a\r\n",
        "a\r",
        "\n\n",
        "\r\n\r\n",
        "a\n\nb",
        "a\r\r\nb",
        "a\rb\n",
        "\n\r",
        "one\ntwo\r\nthree",
        " \n\t\n",
        "ä\u{85}\u{2028}\n",
        &long,
        &format!("{long}\n{long}\r\n\n"),
    ];
    for text in texts {
        fs::write(&path, text).unwrap();
        let lines = file::read_lines(&*path).unwrap();
        let found: Vec<_> = lines.iter().map(|line| line.to_str().unwrap()).collect();
        assert_eq!(found, text.lines().collect::<Vec<_>>(), "{text:?}");
        assert_eq!(lines.len(), found.len());
    }
}

#[test]
fn read_lines_returns_any_bytes_but_nul() {
    let temp = TempDir::new();
    let path = temp.file("file", b"\xff\xfe\n\x80\r\n\x01");
    let lines = file::read_lines(&*path).unwrap();
    assert!(lines.iter().eq([c"\xff\xfe", c"\x80", c"\x01"]));
    for content in [&b"\0"[..], b"a\0b\n", b"a\nb\n\0", b"\0\n"] {
        fs::write(&path, content).unwrap();
        assert_eq!(file::read_lines(&*path).unwrap_err(), Errno::EILSEQ);
    }
}

#[test]
fn read_lines_returns_every_one_of_many_lines() {
    let temp = TempDir::new();
    let text: String = (0..400_000).map(|number| format!("{number}\n")).collect();
    let lines = file::read_lines(&*temp.file("file", &text)).unwrap();
    assert_eq!(lines.len(), 400_000);
    assert!(lines.iter().zip(text.lines()).all(|(found, wanted)| found.to_bytes() == wanted.as_bytes()));
}

#[test]
fn read_lines_fails_as_read_text_does() {
    let temp = TempDir::new();
    assert_eq!(file::read_lines(temp.path()).unwrap_err(), Errno::EISDIR);
    assert_eq!(file::read_lines(&*temp.join("missing")).unwrap_err(), Errno::ENOENT);
    let lines = file::read_lines("/proc/self/status").unwrap();
    assert!(lines.iter().any(|line| line.to_bytes() == b"Threads:\t1" || line.to_bytes().starts_with(b"Threads:")));
}
